import duckdb from '@duckdb/node-bindings'

/**
 * For each table of each statement the Iceberg extension makes a secret of the keys that the catalog has given, and leaves it
 * there (1.5.5 drops another name). Of several for one folder DuckDB takes an old one, whose keys expire: so they are removed
 * once no statement runs that could have made them.
 */
export type SecretSweeper = {
  /** Before a statement; resolves when none of those before it is in its way. */
  began(connection: duckdb.Connection): Promise<void>
  ended(connection: duckdb.Connection): void
}

const MADE_BY_EXTENSION = '__internal_ic_'
/** A string of DuckDB's: its length, then either itself or, beyond so many bytes, a pointer to it. */
const STRING_BYTES = 16
const INLINE_BYTES_MAX = 12

export const NO_SECRETS: SecretSweeper = { began: async () => {}, ended: () => {} }

export function secretSweeper(main: duckdb.Connection): SecretSweeper {
  const running = new Set<duckdb.Connection>()
  /** Found at one time, and the statements that ran at that time and still do. */
  let found: { names: readonly string[]; users: Set<duckdb.Connection> } | null = null
  let sweeping: Promise<void> | null = null

  async function sweep(): Promise<void> {
    // Whoever runs when the names have been read is taken for a user of them.
    found ??= { names: await secretNames(main), users: new Set(running) }
    if (found.users.size > 0) return
    for (const name of found.names) await duckdb.query(main, `DROP SECRET IF EXISTS "${name.replaceAll('"', '""')}"`)
    found = null
  }

  return {
    began: async (connection) => {
      await sweeping
      running.add(connection)
    },
    ended: (connection) => {
      running.delete(connection)
      found?.users.delete(connection)
      // What stays is removed after the next statement.
      sweeping ??= sweep()
        .catch(() => {})
        .finally(() => {
          sweeping = null
        })
    },
  }
}

async function secretNames(main: duckdb.Connection): Promise<string[]> {
  const sql = `SELECT name FROM duckdb_secrets() WHERE starts_with(name, '${MADE_BY_EXTENSION}')`
  const result = await duckdb.query(main, sql)
  const names: string[] = []
  for (;;) {
    const chunk = await duckdb.fetch_chunk(result)
    const count = chunk === null ? 0 : duckdb.data_chunk_get_size(chunk)
    if (chunk === null || count === 0) return names
    const bytes = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk, 0), count * STRING_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let row = 0; row < count; row++) {
      const start = row * STRING_BYTES
      const length = view.getUint32(start, true)
      const text =
        length <= INLINE_BYTES_MAX
          ? bytes.subarray(start + 4, start + 4 + length)
          : duckdb.get_data_from_pointer(bytes.buffer as ArrayBuffer, bytes.byteOffset + start + 8, length)
      names.push(Buffer.from(text).toString())
    }
  }
}
