import { unsupported } from '../error.ts'
import { float4Text, float8Text } from '../type/float.ts'
import type { CatalogSnapshot, TypeInfo } from './compiled.ts'
import { cString, utf8, varlena, varlenaBytes, view } from './datum/bytes.ts'
import { jsonbText } from './datum/json.ts'
import { inetText, macaddrText } from './datum/network.ts'
import { moneyText, numericText } from './datum/number.ts'
import { dateText, intervalOf, intervalText, timestampText, timeText, timetzText } from './datum/time.ts'

export { type Interval, intervalOf, intervalText } from './datum/time.ts'

type Types = Pick<CatalogSnapshot, 'type'>

/**
 * The bytes of a Const become the text that the type's output function would give, under ISO dates, time zone UTC,
 * IntervalStyle postgres and bytea_output hex. Types whose bytes we do not know are refused.
 */
const TEXT_OF_TYPE: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  bool: (bytes) => (bytes[0] ? 't' : 'f'),
  char: (bytes) => charText(bytes[0] ?? 0),
  name: cString,
  int2: (bytes) => String(view(bytes).getInt16(0, true)),
  int4: (bytes) => String(view(bytes).getInt32(0, true)),
  int8: (bytes) => String(view(bytes).getBigInt64(0, true)),
  oid: oidText,
  // As numbers: what they name is in the catalog.
  regproc: oidText,
  regprocedure: oidText,
  regoper: oidText,
  regoperator: oidText,
  regclass: oidText,
  regtype: oidText,
  regrole: oidText,
  regnamespace: oidText,
  regcollation: oidText,
  regconfig: oidText,
  regdictionary: oidText,
  float4: (bytes) => float4Text(view(bytes).getFloat32(0, true)),
  float8: (bytes) => float8Text(view(bytes).getFloat64(0, true)),
  numeric: (bytes) => numericText(varlena(bytes)),
  money: (bytes) => moneyText(view(bytes).getBigInt64(0, true)),
  text: varlenaText,
  varchar: varlenaText,
  bpchar: varlenaText,
  xml: varlenaText,
  json: varlenaText,
  unknown: cString,
  cstring: cString,
  bytea: (bytes) => `\\x${Buffer.from(varlena(bytes)).toString('hex')}`,
  uuid: (bytes) =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  date: (bytes) => dateText(view(bytes).getInt32(0, true)),
  time: (bytes) => timeText(view(bytes).getBigInt64(0, true)),
  timetz: timetzText,
  timestamp: (bytes) => timestampText(view(bytes).getBigInt64(0, true), ''),
  timestamptz: (bytes) => timestampText(view(bytes).getBigInt64(0, true), '+00'),
  interval: (bytes) => intervalText(intervalOf(bytes)),
  bit: bitText,
  varbit: bitText,
  inet: (bytes) => inetText(varlena(bytes), false),
  cidr: (bytes) => inetText(varlena(bytes), true),
  macaddr: macaddrText,
  macaddr8: macaddrText,
  point: (bytes) => `(${float8Text(view(bytes).getFloat64(0, true))},${float8Text(view(bytes).getFloat64(8, true))})`,
  jsonb: (bytes) => jsonbText(varlena(bytes)),
}

/** `oid` is Const.consttype, `bytes` its constvalue (never null here). */
export function datumText(types: Types, oid: number, bytes: Uint8Array): string {
  const type = typeOf(types, oid)
  if (isArray(type)) return arrayText(types, type, bytes)
  const text = Object.hasOwn(TEXT_OF_TYPE, type.name) ? TEXT_OF_TYPE[type.name] : undefined
  if (!text || (type.kind !== 'b' && type.kind !== 'p')) throw unsupported(`a constant of type ${type.name}`)
  return text(bytes)
}

/** The base type of a domain, at any depth. */
function typeOf(types: Types, oid: number): TypeInfo {
  const type = types.type(oid)
  if (!type) throw unsupported(`a constant of type ${oid}`)
  return type.kind === 'd' ? typeOf(types, type.base) : type
}

function isArray(type: TypeInfo): boolean {
  return type.element !== 0 && type.length === -1
}

export type DatumArray = {
  elementType: number
  /** sizes, outermost first; empty: the empty array */
  dimensions: readonly number[]
  lowerBounds: readonly number[]
  /** in row-major order */
  elements: readonly (string | null)[]
}

const ARRAY_HEADER_BYTES = 16
const ALIGN_BYTES: Readonly<Record<TypeInfo['align'], number>> = { c: 1, s: 2, i: 4, d: 8 }
const DATUM_BYTES = 8

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/array.h */
export function datumArray(types: Types, oid: number, bytes: Uint8Array): DatumArray {
  const type = typeOf(types, oid)
  if (!isArray(type)) throw unsupported(`an array of type ${type.name}`)
  const data = view(bytes)
  const depth = data.getInt32(4, true)
  const valuesAt = data.getInt32(8, true)
  const elementType = data.getUint32(12, true)
  const int = (index: number): number => data.getInt32(ARRAY_HEADER_BYTES + 4 * index, true)
  const dimensions = Array.from({ length: depth }, (_, index) => int(index))
  const lowerBounds = Array.from({ length: depth }, (_, index) => int(depth + index))
  const element = typeOf(types, elementType)
  const align = ALIGN_BYTES[element.align]
  const count = depth === 0 ? 0 : dimensions.reduce((product, size) => product * size, 1)
  const nullsAt = ARRAY_HEADER_BYTES + 8 * depth
  let at = valuesAt || (nullsAt + 7) & ~7
  const elements: (string | null)[] = []
  for (let index = 0; index < count; index++) {
    if (valuesAt !== 0 && !((bytes[nullsAt + (index >> 3)] ?? 0) & (1 << (index & 7)))) {
      elements.push(null)
      continue
    }
    if (element.length !== -1 || !((bytes[at] ?? 0) & 1)) at = (at + align - 1) & ~(align - 1)
    const length = element.length === -1 ? varlenaBytes(bytes, at) : element.length
    if (length <= 0 || at + length > bytes.length) throw unsupported(`an array of ${element.name}`)
    const value = new Uint8Array(element.byValue ? DATUM_BYTES : length)
    value.set(bytes.subarray(at, at + length))
    elements.push(datumText(types, elementType, value))
    at += length
  }
  return { elementType, dimensions, lowerBounds, elements }
}

const NEEDS_QUOTES = /^$|^null$|[{}",\\ \t\n\r\v\f]/i

/** As array_out. */
function arrayText(types: Types, type: TypeInfo, bytes: Uint8Array): string {
  const { dimensions, lowerBounds, elements } = datumArray(types, type.oid, bytes)
  if (dimensions.length === 0) return '{}'
  const quoted = elements.map((text) => {
    if (text === null) return 'NULL'
    return NEEDS_QUOTES.test(text) ? `"${text.replace(/[\\"]/g, '\\$&')}"` : text
  })
  const nested = dimensions.reduceRight<string[]>((inner, size) => {
    const outer: string[] = []
    for (let at = 0; at < inner.length; at += size) outer.push(`{${inner.slice(at, at + size).join(',')}}`)
    return outer
  }, quoted)
  const bounds = dimensions.map((size, index) => `[${lowerBounds[index]}:${(lowerBounds[index] ?? 1) + size - 1}]`)
  return `${lowerBounds.some((bound) => bound !== 1) ? `${bounds.join('')}=` : ''}${nested.join('')}`
}

function oidText(bytes: Uint8Array): string {
  return String(view(bytes).getUint32(0, true))
}

function varlenaText(bytes: Uint8Array): string {
  return utf8(varlena(bytes))
}

/** "char": one byte; beyond ASCII an octal escape, zero the empty string. */
function charText(byte: number): string {
  if (byte === 0) return ''
  return byte < 128 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`
}

/** bit and varbit: how many bits, then the bits. */
function bitText(bytes: Uint8Array): string {
  const value = varlena(bytes)
  const bits = view(value).getInt32(0, true)
  return Array.from(value.subarray(4), (byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, bits)
}
