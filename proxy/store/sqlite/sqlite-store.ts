import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PgError } from '../../error.ts'
import { type Collection, LIST_MAX, type ListOptions, type Store, type Stored } from '../store.ts'

/** How long a write waits for another process (the CLI beside a server) that holds the file. */
const BUSY_TIMEOUT_MS = 10_000
/** https://www.sqlite.org/rescode.html#full */
const SQLITE_FULL = 13

/**
 * WAL with synchronous=FULL: the log is synced before a commit returns, so an acknowledged write survives kill -9 and
 * power loss (https://www.sqlite.org/pragma.html#pragma_synchronous). Revisions are drawn from one counter, so that a
 * document that was removed and made anew never shows a revision it had before.
 */
const SETUP = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS document (
    collection TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (collection, id)) STRICT;
  CREATE TABLE IF NOT EXISTS counter (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO counter VALUES (1, 0);
`

const SQL = {
  get: 'SELECT revision, value FROM document WHERE collection = ? AND id = ?',
  revision: 'SELECT revision FROM document WHERE collection = ? AND id = ?',
  list: 'SELECT id, revision, value FROM document WHERE collection = ? AND id >= ? AND id < ? AND id > ? ORDER BY id LIMIT ?',
  ids: 'SELECT id FROM document WHERE collection = ? AND id >= ? AND id < ? AND id > ? ORDER BY id LIMIT ?',
  next: 'UPDATE counter SET revision = revision + 1 RETURNING revision',
  insert: 'INSERT OR IGNORE INTO document VALUES (?, ?, ?, ?)',
  replace: 'UPDATE document SET revision = ?, value = ? WHERE collection = ? AND id = ? AND revision = ?',
  remove: 'DELETE FROM document WHERE collection = ? AND id = ?',
  removeAt: 'DELETE FROM document WHERE collection = ? AND id = ? AND revision = ?',
} as const

/**
 * Documents that a power loss may take: a lake transaction that is open then is rolled back, nothing more. Its writes are
 * not synced by themselves; kill -9 does not touch them, and the next write of another collection syncs them too, as the
 * log is written in order. So the mark "committing" is safe before the commit that it announces is.
 */
const LOSABLE: ReadonlySet<Collection> = new Set<Collection>(['lake_transaction'])

/** Sorts after every character that an id may hold. */
const LAST_CHARACTER = '\u{10FFFF}'

type Row = { id: string; revision: number; value: string }

/** One file holds everything; several processes of one machine may have it open. */
export function openSqliteStore(file: string): Store {
  const database = guarded(() => new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS }))
  guarded(() => database.exec(SETUP))
  const statements = Object.fromEntries(
    Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]),
  ) as Record<keyof typeof SQL, StatementSync>

  let isSynced = true
  function syncFor(collection: Collection): void {
    const wanted = !LOSABLE.has(collection)
    if (wanted !== isSynced) database.exec(`PRAGMA synchronous = ${wanted ? 'FULL' : 'NORMAL'}`)
    isSynced = wanted
  }

  /** The new revision and the change that carries it are one transaction; nothing is kept when the change did not happen. */
  function write(collection: Collection, change: (revision: number) => boolean): boolean {
    syncFor(collection)
    database.exec('BEGIN IMMEDIATE')
    try {
      const done = change((statements.next.get() as { revision: number }).revision)
      database.exec(done ? 'COMMIT' : 'ROLLBACK')
      return done
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  return {
    get: <T>(collection: Collection, id: string, signal?: AbortSignal) =>
      answer(signal, () => {
        const row = statements.get.get(collection, id) as Omit<Row, 'id'> | undefined
        return row === undefined ? null : read<T>({ id, ...row })
      }),
    revision: (collection, id, signal) =>
      answer(signal, () => (statements.revision.get(collection, id) as Row | undefined)?.revision ?? null),
    list: <T>(collection: Collection, options: ListOptions = {}, signal?: AbortSignal) =>
      answer(signal, () => rowsOf(statements.list, collection, options).map((row) => read<T>(row))),
    ids: (collection, options = {}, signal) =>
      answer(signal, () => rowsOf(statements.ids, collection, options).map(({ id }) => id)),
    insert: (collection, id, value, signal) =>
      answer(signal, () =>
        write(
          collection,
          (revision) => statements.insert.run(collection, id, revision, JSON.stringify(value)).changes === 1,
        ),
      ),
    replace: (collection, id, value, revision, signal) =>
      answer(signal, () =>
        write(
          collection,
          (next) => statements.replace.run(next, JSON.stringify(value), collection, id, revision).changes === 1,
        ),
      ),
    remove: (collection, id, revision, signal) =>
      answer(signal, () => {
        syncFor(collection)
        const { changes } =
          revision === undefined
            ? statements.remove.run(collection, id)
            : statements.removeAt.run(collection, id, revision)
        return changes === 1
      }),
    close: async () => {
      if (database.isOpen) database.close()
    },
  }
}

function rowsOf(statement: StatementSync, collection: Collection, options: ListOptions): Row[] {
  const { prefix = '', after = '', limit = LIST_MAX } = options
  return statement.all(collection, prefix, prefix + LAST_CHARACTER, after, limit) as Row[]
}

function read<T>(row: Row): Stored<T> {
  return { id: row.id, revision: row.revision, value: JSON.parse(row.value) as T }
}

async function answer<T>(signal: AbortSignal | undefined, work: () => T): Promise<T> {
  signal?.throwIfAborted()
  return guarded(work)
}

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode === SQLITE_FULL)
      throw new PgError('53100', 'could not write: no space left on device', { fault: 'store', cause })
    throw new PgError('58000', 'the metadata store is not available', { fault: 'store', cause })
  }
}
