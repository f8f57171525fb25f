import { PG_ELEMENTS, PG_TYPES, TEXT_OID } from '../../proxy/type/type.ts'

/** A type as Trino's answers describe it. https://trino.io/docs/current/language/types.html */
export type TrinoType = {
  /** `decimal`, `timestamp with time zone`, `row` … */
  readonly name: string
  /** digits of a decimal after the point */
  readonly scale: number
  /** the element of an array, the fields of a row */
  readonly children: readonly TrinoType[]
  /** of a row's fields; '' for one without a name */
  readonly fieldNames: readonly string[]
}

/** `typeSignature` of a column. */
export type TypeSignature = { rawType: string; arguments?: readonly TypeArgument[] }
type TypeArgument =
  | { kind: 'LONG'; value: number }
  | { kind: 'TYPE'; value: TypeSignature }
  | { kind: 'NAMED_TYPE'; value: { fieldName?: { name: string }; typeSignature: TypeSignature } }
  | { kind: 'VARIABLE'; value: string }

export function trinoType({ rawType, arguments: args = [] }: TypeSignature): TrinoType {
  const children: TrinoType[] = []
  const fieldNames: string[] = []
  for (const argument of args) {
    if (argument.kind === 'TYPE') children.push(trinoType(argument.value))
    else if (argument.kind === 'NAMED_TYPE') {
      children.push(trinoType(argument.value.typeSignature))
      fieldNames.push(argument.value.fieldName?.name ?? '')
    }
  }
  const scale = args[1]
  return {
    name: rawType,
    scale: rawType === 'decimal' && scale?.kind === 'LONG' ? scale.value : 0,
    children,
    fieldNames,
  }
}

/** OIDs of PostgreSQL's types that values of Trino's are by themselves: for fields of rows, whose types nobody has said. */
const NATURAL: ReadonlyMap<string, number> = new Map([
  ['boolean', 16],
  ['tinyint', 21],
  ['smallint', 21],
  ['integer', 23],
  ['bigint', 20],
  ['real', 700],
  ['double', 701],
  ['decimal', 1700],
  ['char', 1042],
  ['varbinary', 17],
  ['date', 1082],
  ['time', 1083],
  ['timestamp', 1114],
  ['timestamp with time zone', 1184],
  ['uuid', 2950],
  ['row', 2249],
])
const INTERVAL_OID = 1186

/** Trino has no interval of PostgreSQL's kind: the printer makes rows of these fields. */
const INTERVAL_FIELDS = 'months,days,micros'

export function naturalOid(type: TrinoType): number {
  const element = type.children[0]
  if (type.name === 'array' && element !== undefined) {
    const inner = naturalOid(element)
    return PG_ELEMENTS.has(inner) ? inner : (PG_TYPES.get(inner)?.arrayOid ?? TEXT_OID)
  }
  if (type.name === 'row' && type.fieldNames.join() === INTERVAL_FIELDS) return INTERVAL_OID
  return NATURAL.get(type.name) ?? TEXT_OID
}
