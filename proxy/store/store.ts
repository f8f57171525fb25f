/**
 * The metadata store: small JSON documents with single-document atomicity and nothing more, so that SQLite (embedded)
 * and any MongoDB-protocol server (full stack) serve alike. Every adapter passes test/store/contract.ts.
 * Integers beyond 2^53 must be stored as strings. Errors: PgError 58000 with fault "store".
 */
export interface Store {
  get<T>(collection: Collection, id: string, signal?: AbortSignal): Promise<Stored<T> | null>
  /** Only the revision: the cheap question "has it changed since?". */
  revision(collection: Collection, id: string, signal?: AbortSignal): Promise<number | null>
  /** In order of id; ids starting with `prefix`, strictly after `after`; at most `limit` (default LIST_MAX). */
  list<T>(collection: Collection, options?: ListOptions, signal?: AbortSignal): Promise<Stored<T>[]>
  /** The ids alone of what `list` gives. */
  ids(collection: Collection, options?: ListOptions, signal?: AbortSignal): Promise<string[]>
  /** False when the id is taken. */
  insert<T>(collection: Collection, id: string, value: T, signal?: AbortSignal): Promise<boolean>
  /** Compare and swap: false when the document is gone or its revision is no longer `revision`. */
  replace<T>(collection: Collection, id: string, value: T, revision: number, signal?: AbortSignal): Promise<boolean>
  /** With a revision: false when it has moved. Without: true when there was one to remove. */
  remove(collection: Collection, id: string, revision?: number, signal?: AbortSignal): Promise<boolean>
  close(): Promise<void>
}

export type Collection =
  | 'tenant'
  | 'user'
  | 'token'
  | 'secret'
  | 'lake'
  | 'lake_transaction'
  | 'lake_folder'
  | 'lake_answer'
  | 'lease'
  | 'history'
  /** proxies that share this store (proxy/cluster) */
  | 'member'
  | 'bulletin'

export type Stored<T> = { id: string; revision: number; value: T }

export type ListOptions = { prefix?: string; after?: string; limit?: number }

export const LIST_MAX = 1000
