import { unsupported } from '../error.ts'
import type { IcebergType } from './lake.ts'

/** PostgreSQL's type (as format_type prints it) and Iceberg's primitive that holds just its values: no more need be kept. */
const PEERS: readonly (readonly [pgType: string, icebergType: string])[] = [
  ['boolean', 'boolean'],
  ['integer', 'int'],
  ['bigint', 'long'],
  ['real', 'float'],
  ['double precision', 'double'],
  ['date', 'date'],
  ['time without time zone', 'time'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamp with time zone', 'timestamptz'],
  ['text', 'string'],
  ['uuid', 'uuid'],
  ['bytea', 'binary'],
]

/**
 * PostgreSQL's types without a peer → the nearest that every engine reads. The table keeps the PostgreSQL type as a
 * property. Modifiers are of no account here: timestamp(3) is a timestamp.
 *
 * Plain numeric, which has no scale of its own, is decimal(38, 9): a number to every engine and tool, and wide enough that
 * sums and products of it stay within the 38 digits that DuckDB, Trino and Iceberg have. As a string it would keep every
 * digit, and compare and sum wrongly wherever PostgreSQL is not in between. Digits after the ninth are rounded.
 */
const NEAREST: Readonly<Record<string, string>> = {
  smallint: 'int',
  oid: 'long',
  numeric: 'decimal(38, 9)',
  'character varying': 'string',
  character: 'string',
  name: 'string',
  json: 'string',
  jsonb: 'string',
  interval: 'string',
  'time with time zone': 'string',
}

/** Iceberg's types that only others write → what PostgreSQL shows. Structs, maps and lists of such read as jsonb. */
const READ_AS: Readonly<Record<string, string>> = {
  timestamp_ns: 'timestamp without time zone',
  timestamptz_ns: 'timestamp with time zone',
  unknown: 'text',
  variant: 'jsonb',
}

const ICEBERG_OF = new Map<string, string>([...PEERS, ...Object.entries(NEAREST)])
const PG_OF = new Map<string, string>(PEERS.map(([pgType, icebergType]) => [icebergType, pgType]))
const DECIMAL_DIGITS_MAX = 38
const ARRAY = /\[\]$/

/** A type as format_type prints it: name, numbers in parentheses, what follows them. */
export function splitType(pgType: string): { name: string; modifiers: number[] } {
  const match = /^([^(]*?) ?\((-?\d+)(?:, ?(-?\d+))?\)(.*)$/.exec(pgType)
  if (match === null) return { name: pgType, modifiers: [] }
  const modifiers = [match[2], match[3]].flatMap((digits) => (digits === undefined ? [] : [Number(digits)]))
  return { name: `${match[1]}${match[4]}`, modifiers }
}

/** Throws 0A000 for what Iceberg cannot hold. `nextId` gives ids to what is below a list. */
export function icebergTypeOf(pgType: string, nextId: () => number): IcebergType {
  if (ARRAY.test(pgType)) {
    const id = nextId()
    const element = icebergTypeOf(pgType.replace(ARRAY, ''), nextId)
    return { type: 'list', 'element-id': id, element, 'element-required': false }
  }
  const { name, modifiers } = splitType(pgType)
  if (name === 'numeric' && modifiers.length > 0) return decimalOf(pgType, modifiers[0]!, modifiers[1] ?? 0)
  const plain = name.startsWith('interval') ? 'interval' : name
  const found = ICEBERG_OF.get(plain)
  if (found === undefined) throw unsupported(`a column of type ${pgType}`)
  return found
}

function decimalOf(pgType: string, precision: number, scale: number): string {
  if (precision > DECIMAL_DIGITS_MAX || scale < 0 || scale > precision)
    throw unsupported(`a column of type ${pgType}`, {
      hint: `Iceberg's decimals have at most ${DECIMAL_DIGITS_MAX} digits and a scale between 0 and their precision.`,
    })
  return `decimal(${precision}, ${scale})`
}

export function pgTypeOf(type: IcebergType): string {
  if (typeof type !== 'string') {
    const element = type.type === 'list' && typeof type.element === 'string' ? pgTypeOf(type.element) : 'jsonb'
    return element === 'jsonb' ? 'jsonb' : `${element}[]`
  }
  const decimal = /^decimal\((\d+), ?(\d+)\)$/.exec(type)
  if (decimal !== null) return `numeric(${decimal[1]},${decimal[2]})`
  if (type.startsWith('fixed[')) return 'bytea'
  return PG_OF.get(type) ?? READ_AS[type] ?? 'text'
}

/** Whether the PostgreSQL type must be kept beside the Iceberg type to be known again. */
export function mustBeKept(pgType: string, type: IcebergType): boolean {
  return pgTypeOf(type) !== pgType
}

/** The kept type counts as long as the column is stored as it would be: another tool may have changed the column since. */
export function columnPgType(type: IcebergType, kept: string | undefined): string {
  if (kept === undefined) return pgTypeOf(type)
  try {
    return sameShape(
      icebergTypeOf(kept, () => 0),
      type,
    )
      ? kept
      : pgTypeOf(type)
  } catch {
    return pgTypeOf(type)
  }
}

/** Equal but for the ids. */
export function sameShape(a: IcebergType, b: IcebergType): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b
  if (a.type === 'list' && b.type === 'list') return sameShape(a.element, b.element)
  if (a.type === 'map' && b.type === 'map') return sameShape(a.key, b.key) && sameShape(a.value, b.value)
  if (a.type !== 'struct' || b.type !== 'struct' || a.fields.length !== b.fields.length) return false
  return a.fields.every(
    (field, index) => field.name === b.fields[index]!.name && sameShape(field.type, b.fields[index]!.type),
  )
}

/** Type promotion without touching data files: https://iceberg.apache.org/spec/#schema-evolution */
export function canPromote(from: IcebergType, to: IcebergType): boolean {
  if (typeof from !== 'string' || typeof to !== 'string') return sameShape(from, to)
  if (from === to) return true
  if ((from === 'int' && to === 'long') || (from === 'float' && to === 'double')) return true
  const [old, now] = [/^decimal\((\d+), (\d+)\)$/.exec(from), /^decimal\((\d+), (\d+)\)$/.exec(to)]
  return old !== null && now !== null && old[2] === now[2] && Number(old[1]) <= Number(now[1])
}

/** Names whose stored values are also values of `text`, to the character. */
const TEXTUAL: ReadonlySet<string> = new Set(['text', 'character varying', 'character', 'name', 'json', 'xml'])

/**
 * Whether every stored value of one PostgreSQL type is a value of another that is stored alike, so that ALTER … TYPE needs
 * no look at the data.
 */
export function canRetype(from: string, to: string): boolean {
  if (from === to) return true
  if (ARRAY.test(from) || ARRAY.test(to))
    return ARRAY.test(from) && ARRAY.test(to) && canRetype(from.replace(ARRAY, ''), to.replace(ARRAY, ''))
  const [old, now] = [splitType(from), splitType(to)]
  const noNarrower = now.modifiers.length === 0 || (old.modifiers.length > 0 && now.modifiers[0]! >= old.modifiers[0]!)
  if (now.name === 'text') return TEXTUAL.has(old.name)
  if (now.name === 'character varying')
    return TEXTUAL.has(old.name) && noNarrower && now.modifiers.length <= old.modifiers.length
  if (old.name === 'smallint') return now.name === 'integer' || now.name === 'bigint'
  if (old.name === 'integer') return now.name === 'bigint'
  if (old.name === 'real') return now.name === 'double precision'
  if (old.name === 'numeric' && now.name === 'numeric') return true
  return old.name === now.name && /^time(stamp)? /.test(old.name) && noNarrower
}
