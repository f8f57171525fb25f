/**
 * Where metadata files live. Locations are what engines and tools are told: an absolute path for a local folder, later
 * s3://bucket/… for an object store.
 */
export interface FileIo {
  /** The folder of a tenant; every location that the catalog hands out or accepts lies below it. */
  tenantRoot(tenant: string): string
  /** Null when there is no such file. */
  read(location: string, signal?: AbortSignal): Promise<string | null>
  /** The same of a file that is not text (a manifest). */
  readBytes(location: string, signal?: AbortSignal): Promise<Uint8Array | null>
  /** Whole and durable when it resolves: a crash leaves the file as it was to be, or none. */
  write(location: string, text: string, signal?: AbortSignal): Promise<void>
  /** Best effort: a file that is not there is no error. */
  remove(location: string): Promise<void>
  /** Makes what engines expect to be there before they write. */
  prepareFolder(location: string): Promise<void>
  /** Removes a folder with all that is in it. */
  removeFolder(location: string): Promise<void>
}
