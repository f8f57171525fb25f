import type { Front } from '../compiler/compiler.ts'
import type { Lake } from '../lake/lake.ts'
import { TEMPORARY_RENEWAL_MS, temporaryExpiry } from '../lake/temporary.ts'
import type { Log } from '../observe/log.ts'

const LAKE_MS = 10_000

type Ports = { readonly tenant: string; readonly lake: Lake; readonly front: Front; readonly log: Log }

/**
 * The temporary tables of one session: tables of the lake in a namespace that nobody else sees, and gone with the session.
 * While it lasts, it says now and then that they are in use; what a killed proxy leaves behind the catalog collects.
 */
export class TemporaryTables {
  private readonly ports: Ports
  private renewal: NodeJS.Timeout | null = null
  /** Something has been made with ON COMMIT DELETE ROWS or DROP. */
  actsOnCommit = false

  constructor(ports: Ports) {
    this.ports = ports
  }

  get namespace(): string {
    return this.ports.front.temporary
  }

  /** There are some, or were. */
  get areInUse(): boolean {
    return this.renewal !== null
  }

  /** From the first one on. */
  use(): void {
    if (this.renewal !== null) return
    this.ports.front.useTemporary()
    this.renewal = setInterval(() => void this.renew(), TEMPORARY_RENEWAL_MS)
    this.renewal.unref()
  }

  async beforeCommit(lakeTransaction: string, signal: AbortSignal): Promise<void> {
    if (!this.actsOnCommit) return
    const { lake, tenant } = this.ports
    await lake.change(tenant, lakeTransaction, [{ kind: 'commitTemporary', name: this.namespace }], signal)
  }

  /** With the session. What cannot be removed now is collected later. */
  async end(): Promise<void> {
    const { lake, tenant, front, log } = this.ports
    front.close()
    if (this.renewal === null) return
    clearInterval(this.renewal)
    this.renewal = null
    await lake
      .change(tenant, null, [{ kind: 'dropTemporary', name: this.namespace }], AbortSignal.timeout(LAKE_MS))
      .catch((error) => log.warn({ error }, 'temporary tables could not be removed'))
  }

  private async renew(): Promise<void> {
    const { lake, tenant, log } = this.ports
    await lake
      .change(
        tenant,
        null,
        [{ kind: 'putTemporary', name: this.namespace, expiresAt: temporaryExpiry() }],
        AbortSignal.timeout(LAKE_MS),
      )
      .catch((error) => log.warn({ error }, 'temporary tables could not be kept'))
  }
}
