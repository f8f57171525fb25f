import { PgError } from '../../proxy/error.ts'

/**
 * Where metadata files live. Locations are what engines and tools are told: an absolute path for a local folder,
 * s3://bucket/… for an object store. Every adapter passes test/catalog/file-io-contract.ts.
 * Errors: PgError 58000 with fault "lake".
 */
export interface FileIo {
  /** The folder of a tenant; every location that the catalog hands out or accepts lies below it. */
  tenantRoot(tenant: string): string
  /** Null when there is no such file. */
  read(location: string, signal?: AbortSignal): Promise<string | null>
  /** Whether a file is there, where it costs next to nothing to ask; left out elsewhere. */
  isThere?(location: string): Promise<boolean>
  /** The same of a file that is not text (a manifest) and is a client's: PgError 54000 when it has more bytes. */
  readBytes(location: string, bytesMax: number, signal?: AbortSignal): Promise<Uint8Array | null>
  /**
   * Whole and durable when it resolves: a crash leaves the file as it was to be, or none. A name is written once: where
   * another text lies already it fails.
   */
  write(location: string, text: string, signal?: AbortSignal): Promise<void>
  /** Best effort: a file that is not there is no error. */
  remove(location: string): Promise<void>
  /** Makes what engines expect to be there before they write. */
  prepareFolder(location: string): Promise<void>
  /** Removes a folder with all that is in it. */
  removeFolder(location: string): Promise<void>
  /** Every file in a folder and the folders below it, in no order. */
  list(folder: string, signal?: AbortSignal): AsyncIterable<ListedFile>
}

export type ListedFile = { location: string; bytes: number; modifiedMs: number }

export function tooLarge(): PgError {
  return new PgError('54000', 'a file of the lake is larger than what may be read', { fault: 'lake' })
}
