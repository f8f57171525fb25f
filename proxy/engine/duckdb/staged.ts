import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PgError } from '../../error.ts'
import type { StagedRows } from '../engine.ts'

/**
 * Rows of a COPY on their way into a table: a CSV file in the child's own temporary folder, which printed SQL reads as the
 * view `staged`.
 */
export type StagedFile = { path: string; columns: number; lineBytesMax: number }

const QUOTE = 34
const NEWLINE = 10
/** DuckDB's own default: a buffer holds sixteen lines of it. */
const LINE_BYTES_LEAST = 2_000_000

export async function writeStaged(
  { columns, rows }: StagedRows,
  folder: string,
  bytesMax: number,
  signal: AbortSignal,
): Promise<StagedFile> {
  const path = join(folder, `staged-${crypto.randomUUID()}.csv`)
  const lines = new LineLengths()
  let bytes = 0
  let file: FileHandle | null = null
  try {
    file = await open(path, 'wx', 0o600)
    for await (const piece of rows) {
      signal.throwIfAborted()
      bytes += piece.length
      if (bytes > bytesMax) throw new PgError('53400', 'temporary file size exceeds the limit', { fault: 'limit' })
      lines.push(piece)
      await file.write(piece)
    }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file?.close()
  }
  return { path, columns, lineBytesMax: Math.max(LINE_BYTES_LEAST, lines.longest + 1) }
}

/** Line ends inside quotes are part of a value. */
class LineLengths {
  longest = 0
  #length = 0
  #quoted = false

  push(piece: Uint8Array): void {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]
      this.#length++
      if (byte === QUOTE) this.#quoted = !this.#quoted
      else if (byte === NEWLINE && !this.#quoted) {
        if (this.#length > this.longest) this.longest = this.#length
        this.#length = 0
      }
    }
    if (this.#length > this.longest) this.longest = this.#length
  }
}

/** NULL is nothing, an empty text is "": only unquoted values may be NULL. */
export function stagedView({ path, columns, lineBytesMax }: StagedFile): string {
  const types = Array.from({ length: columns }, (_, i) => `'c${i + 1}': 'VARCHAR'`).join(', ')
  const options = [
    `columns = {${types}}`,
    'auto_detect = false',
    'header = false',
    `delim = ','`,
    `quote = '"'`,
    `escape = '"'`,
    `nullstr = ''`,
    'allow_quoted_nulls = false',
    `new_line = '\\n'`,
    'strict_mode = true',
    'parallel = false',
    `max_line_size = ${lineBytesMax}`,
    `buffer_size = ${Math.max(2 * lineBytesMax, 32_000_000)}`,
  ]
  return `CREATE TEMPORARY VIEW staged AS SELECT * FROM read_csv('${path.replaceAll("'", "''")}', ${options.join(', ')})`
}
