import { type PgError, unsupported } from '../../error.ts'
import type { ColumnState } from './state.ts'

/**
 * PARTITION BY as PostgreSQL prints it back → Iceberg partition transforms.
 *   c                                                      identity
 *   year(c), month(c), day(c), hour(c)                     the same; also date_trunc('month', c)
 *   bucket(16, c), truncate(4, c)                          bucket[16], truncate[4]
 * RANGE takes several keys, LIST one. The transform functions are in the twin's pg_catalog (compiler/twin/template).
 * https://iceberg.apache.org/spec/#partition-transforms
 */
export function partitionFields(partitionKey: string, columns: readonly ColumnState[]): PartitionKey[] {
  const match = /^(LIST|RANGE|HASH) \((.*)\)$/s.exec(partitionKey)
  if (!match || match[1] === 'HASH') throw refusedKey(partitionKey)
  return splitKeys(match[2]!).map((key) => partitionField(key, columns))
}

type PartitionKey = { column: string; transform: string }

const KEY_FORMS: readonly { pattern: RegExp; transform: (match: RegExpExecArray) => string; column: number }[] = [
  { pattern: /^(year|month|day|hour)\((.+)\)$/s, transform: (m) => m[1]!, column: 2 },
  { pattern: /^(bucket|truncate)\((\d+), (.+)\)$/s, transform: (m) => `${m[1]}[${m[2]}]`, column: 3 },
  { pattern: /^\(?date_trunc\('(year|month|day|hour)'::text, (.+?)\)\)?$/s, transform: (m) => m[1]!, column: 2 },
  { pattern: /^(.+)$/s, transform: () => 'identity', column: 1 },
]

function partitionField(key: string, columns: readonly ColumnState[]): PartitionKey {
  for (const form of KEY_FORMS) {
    const match = form.pattern.exec(key)
    const column = match && columns.find(({ name }) => quoted(name).includes(match[form.column]!))
    if (column) return { column: column.name, transform: form.transform(match) }
  }
  throw refusedKey(key)
}

function refusedKey(key: string): PgError {
  return unsupported(`partition key ${key}`, {
    hint: 'Use PARTITION BY RANGE with columns, year(c), month(c), day(c), hour(c), bucket(n, c) or truncate(n, c).',
  })
}

/** PostgreSQL quotes a name only where it must, and may cast a varchar to text. */
function quoted(name: string): string[] {
  const forms = [name, `"${name.replaceAll('"', '""')}"`]
  return [...forms, ...forms.map((form) => `(${form})::text`)]
}

/** Splits at top-level commas; quotes and parentheses of PostgreSQL's own printing are respected. */
function splitKeys(text: string): string[] {
  const keys: string[] = []
  let depth = 0
  let quote = ''
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quote) {
      if (c === quote) quote = ''
    } else if (c === "'" || c === '"') quote = c
    else if (c === '(') depth++
    else if (c === ')') depth--
    else if (c === ',' && depth === 0) {
      keys.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  keys.push(text.slice(start).trim())
  return keys
}
