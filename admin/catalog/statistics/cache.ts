/**
 * What was read of manifests, which never change: kept up to so many bytes in all. When there is too much, the tenant that
 * holds most gives up what it has not used for longest, so that none pushes out another's.
 */
export class TenantCache<T extends object> {
  private readonly tenants = new Map<string, { entries: Map<string, { value: T; bytes: number }>; bytes: number }>()
  private readonly bytesMax: number
  private bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get(tenant: string, key: string): T | undefined {
    const entries = this.tenants.get(tenant)?.entries
    const entry = entries?.get(key)
    if (entries === undefined || entry === undefined) return undefined
    // Last used goes last.
    entries.delete(key)
    entries.set(key, entry)
    return entry.value
  }

  set(tenant: string, key: string, value: T, bytes: number): void {
    if (bytes > this.bytesMax) return
    const own = this.tenants.get(tenant) ?? { entries: new Map(), bytes: 0 }
    this.tenants.set(tenant, own)
    const before = own.entries.get(key)?.bytes ?? 0
    own.entries.delete(key)
    own.entries.set(key, { value, bytes })
    own.bytes += bytes - before
    this.bytes += bytes - before
    while (this.bytes > this.bytesMax) this.dropOne()
  }

  private dropOne(): void {
    let name = ''
    let most: { entries: Map<string, { value: T; bytes: number }>; bytes: number } | null = null
    for (const [tenant, one] of this.tenants) {
      if (most === null || one.bytes > most.bytes) {
        most = one
        name = tenant
      }
    }
    const oldest = most?.entries.entries().next().value
    if (most === null || oldest === undefined) return
    const [key, { bytes }] = oldest
    most.entries.delete(key)
    most.bytes -= bytes
    this.bytes -= bytes
    if (most.entries.size === 0) this.tenants.delete(name)
  }
}
