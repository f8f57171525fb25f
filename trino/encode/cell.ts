import type { Cell, CellOptions } from '../../proxy/engine/encode/cell.ts'
import { type IntegerForm, inRange } from '../../proxy/engine/encode/range.ts'
import type { VectorReader } from '../../proxy/engine/encode/row.ts'
import { PgError, unsupported } from '../../proxy/error.ts'
import { type ByteWriter, writeAscii, writeBytes, writeUtf8 } from '../../proxy/type/byte-writer.ts'
import { writeStyledDate, writeStyledTimestamp } from '../../proxy/type/date-style.ts'
import * as datetime from '../../proxy/type/datetime.ts'
import { writeFloat4, writeFloat8 } from '../../proxy/type/float.ts'
import { putBigInt64, putInt16, putInt32, writeBigInteger } from '../../proxy/type/integer.ts'
import { type Interval, writeInterval, writeIntervalBinary } from '../../proxy/type/interval.ts'
import { jsonbText } from '../../proxy/type/json.ts'
import { type Numeric, numericOfDouble, parseNumeric, rescale, writeAnyNumeric } from '../../proxy/type/numeric.ts'
import { padCharacters, writeByteaEscape, writeByteaHex, writeUuidBinary } from '../../proxy/type/text.ts'
import { type Form, lengthOfTypmod, PG_ELEMENTS, PG_TYPES, scaleOfTypmod, TEXT_OID } from '../../proxy/type/type.ts'
import type { Value } from './json.ts'
import { arrayCell, recordCell } from './nested-cell.ts'
import { bigMicros, dateDays, exactMicros, instantOf, timeMicros } from './time.ts'
import { naturalOid, type TrinoType } from './type.ts'

/** Writes a value that is not null, without its length. */
export type ValueCell = (out: ByteWriter, value: Value) => void

/** One column of the rows that are being written. */
export class TrinoVector {
  readonly type: TrinoType
  readonly values: Value[] = []

  constructor(type: TrinoType) {
    this.type = type
  }

  isNull(row: number): boolean {
    return this.values[row] === null
  }
}

export const VECTORS: VectorReader<TrinoVector> = {
  cellOf(vector, oid, typmod, options): Cell {
    const write = valueCell(vector.type, oid, typmod, options)
    const { values } = vector
    return (out, row) => write(out, values[row] as Value)
  },
  numerics(vector) {
    const value = numericOf(vector.type)
    const { values } = vector
    return value && ((row) => value(values[row] as Value))
  },
}

export function valueCell(type: TrinoType, oid: number, typmod: number, options: CellOptions): ValueCell {
  // NULL and nothing else
  if (type.name === 'unknown') return () => {}
  const form = formOf(type, oid)
  if (form === 'array') return arrayCell(type, PG_ELEMENTS.get(oid)?.oid ?? null, typmod, options, valueCell)
  const cell = options.binary ? binaryCell(type, form, typmod, options) : textCell(type, form, typmod, options)
  if (cell !== null) return cell
  if (options.binary && form === 'opaque') throw unsupported(`binary output of type ${PG_TYPES.get(oid)?.name ?? oid}`)
  const natural = naturalOid(type)
  // The engine's type is not one the column's type is written from: its own text is the next best answer for text types only.
  if ((form === 'text' || form === 'bpchar' || form === 'opaque') && natural !== TEXT_OID)
    return valueCell(type, natural, -1, { ...options, binary: false })
  throw new PgError('XX000', `cannot write engine type ${type.name} as type ${oid}`)
}

function formOf(type: TrinoType, oid: number): Form | 'array' {
  const known = PG_TYPES.get(oid)
  if (known !== undefined) return known.form
  if (PG_ELEMENTS.has(oid) || type.name === 'array') return 'array'
  // types of the tenant's own: composites, and enums and domains over text
  return type.name === 'row' ? 'record' : 'text'
}

function textCell(type: TrinoType, form: Form, typmod: number, options: CellOptions): ValueCell | null {
  const { style, zone } = options
  switch (form) {
    case 'bool':
      return type.name === 'boolean' ? (out, value) => writeAscii(out, value === true ? 't' : 'f') : null
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid': {
      if (FITTING[form].includes(type.name)) return (out, value) => writeAscii(out, value as string)
      const whole = wholeNumber(type, form)
      return whole && ((out, value) => writeBigInteger(out, whole(value)))
    }
    case 'float4':
      return isNumber(type)
        ? (out, value) => writeFloat4(out, Math.fround(Number(value)), style.extraFloatDigits)
        : null
    case 'float8':
      return isNumber(type) ? (out, value) => writeFloat8(out, Number(value), style.extraFloatDigits) : null
    case 'numeric':
      return numericCell(type, typmod, false)
    case 'text':
    case 'opaque':
      return stringCell(type)
    case 'bpchar':
      return paddedCell(type, typmod)
    case 'bytea': {
      if (type.name !== 'varbinary') return null
      const write = style.byteaOutput === 'hex' ? writeByteaHex : writeByteaEscape
      return (out, value) => {
        const bytes = bytesOf(value)
        write(out, bytes, 0, bytes.length)
      }
    }
    case 'date':
      if (!isDated(type)) return null
      if (style.dateStyle.form !== 'ISO') return (out, value) => writeStyledDate(out, dayOf(value), style.dateStyle)
      return (out, value) => datetime.writeDate(out, dayOf(value))
    case 'time':
      return type.name === 'time' ? (out, value) => datetime.writeTime(out, timeMicros(value as string)) : null
    case 'timetz':
      return null
    case 'timestamp':
    case 'timestamptz': {
      const shownIn = form === 'timestamp' ? null : zone
      if (!isDated(type)) return null
      if (style.dateStyle.form !== 'ISO')
        return (out, value) =>
          writeStyledTimestamp(out, bigMicros(instantOf(value as string)), shownIn, style.dateStyle)
      return (out, value) => {
        const instant = instantOf(value as string)
        const micros = exactMicros(instant)
        if (Number.isNaN(micros)) datetime.writeTimestampFar(out, bigMicros(instant), shownIn)
        else datetime.writeTimestamp(out, micros, shownIn)
      }
    }
    case 'interval':
      if (type.name === 'row') return (out, value) => writeInterval(out, intervalOf(value), style.intervalStyle)
      return stringCell(type)
    case 'uuid':
      return type.name === 'uuid' ? (out, value) => writeAscii(out, value as string) : stringCell(type)
    case 'jsonb':
      return isString(type) ? (out, value) => writeUtf8(out, jsonbText(value as string)) : null
    case 'record':
      return type.name === 'row' ? recordCell(type, options, valueCell) : null
    case 'void':
      return () => {}
  }
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/jsonb.c, jsonb_send */
const JSONB_VERSION = 1

function binaryCell(type: TrinoType, form: Form, typmod: number, options: CellOptions): ValueCell | null {
  switch (form) {
    case 'bool':
      if (type.name !== 'boolean') return null
      return (out, value) => {
        out.ensure(1)
        out.bytes[out.at++] = value === true ? 1 : 0
      }
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid': {
      const whole = wholeNumber(type, form)
      if (whole === null) return null
      if (form === 'int8') return (out, value) => putBigInt64(out, whole(value))
      const put = form === 'int2' ? putInt16 : putInt32
      return (out, value) => put(out, Number(whole(value)))
    }
    case 'float4':
      if (!isNumber(type)) return null
      return (out, value) => {
        out.ensure(4)
        out.view.setFloat32(out.at, Number(value))
        out.at += 4
      }
    case 'float8':
      if (!isNumber(type)) return null
      return (out, value) => {
        out.ensure(8)
        out.view.setFloat64(out.at, Number(value))
        out.at += 8
      }
    case 'numeric':
      return numericCell(type, typmod, true)
    case 'text':
      return stringCell(type)
    case 'bytea':
      if (type.name !== 'varbinary') return null
      return (out, value) => {
        const bytes = bytesOf(value)
        writeBytes(out, bytes, 0, bytes.length)
      }
    case 'bpchar':
      return paddedCell(type, typmod)
    case 'date':
      return isDated(type) ? (out, value) => datetime.writeDateBinary(out, dayOf(value)) : null
    case 'time':
      return type.name === 'time' ? (out, value) => datetime.writeTimeBinary(out, timeMicros(value as string)) : null
    case 'timetz':
      return null
    case 'timestamp':
    case 'timestamptz':
      if (!isDated(type)) return null
      return (out, value) => datetime.writeTimestampBinary(out, bigMicros(instantOf(value as string)))
    case 'interval':
      return type.name === 'row' ? (out, value) => writeIntervalBinary(out, intervalOf(value)) : null
    case 'uuid':
      return type.name === 'uuid' ? uuidBinary : null
    case 'jsonb':
      if (!isString(type)) return null
      return (out, value) => {
        out.ensure(1)
        out.bytes[out.at++] = JSONB_VERSION
        writeUtf8(out, jsonbText(value as string))
      }
    case 'record':
      return type.name === 'row' ? recordCell(type, options, valueCell) : null
    case 'void':
      return () => {}
    case 'opaque':
      return null
  }
}

const INTEGERS: readonly string[] = ['tinyint', 'smallint', 'integer', 'bigint']

/** Trino's integers that fit a form whatever their value. */
export const FITTING: Readonly<Record<IntegerForm, readonly string[]>> = {
  int2: ['tinyint', 'smallint'],
  int4: ['tinyint', 'smallint', 'integer'],
  int8: INTEGERS,
  oid: [],
}

function wholeNumber({ name, scale }: TrinoType, form: IntegerForm): ((value: Value) => bigint) | null {
  if (INTEGERS.includes(name)) return (value) => inRange(BigInt(value as string), form)
  if (name !== 'decimal') return null
  return (value) => {
    const number = parseNumeric(value as string)
    if (number.kind !== 'finite') throw new PgError('22003', 'value out of range')
    return inRange(rescale(number.unscaled, scale, 0), form)
  }
}

function isNumber({ name }: TrinoType): boolean {
  return name === 'double' || name === 'real' || name === 'decimal' || name === 'varchar' || INTEGERS.includes(name)
}

export function isString({ name }: TrinoType): boolean {
  return name === 'varchar' || name === 'char' || name === 'json'
}

function isDated({ name }: TrinoType): boolean {
  return name === 'date' || name === 'timestamp' || name === 'timestamp with time zone'
}

function stringCell(type: TrinoType): ValueCell | null {
  return isString(type) ? (out, value) => writeUtf8(out, value as string) : null
}

function paddedCell(type: TrinoType, typmod: number): ValueCell | null {
  const length = lengthOfTypmod(typmod)
  if (!isString(type) || length === null) return stringCell(type)
  return (out, value) => {
    const start = out.at
    writeUtf8(out, value as string)
    padCharacters(out, start, length)
  }
}

function numericOf({ name }: TrinoType): ((value: Value) => Numeric) | null {
  if (name === 'double' || name === 'real') return (value) => numericOfDouble(Number(value))
  if (name === 'decimal' || name === 'varchar' || INTEGERS.includes(name))
    return (value) => parseNumeric(value as string)
  return null
}

function numericCell(type: TrinoType, typmod: number, binary: boolean): ValueCell | null {
  const number = numericOf(type)
  if (number === null) return null
  const wanted = scaleOfTypmod(typmod)
  const scale = wanted === null ? null : Math.max(wanted, 0)
  if (!binary && isExactNumeric(type, typmod)) return (out, value) => writeAscii(out, value as string)
  return (out, value) => {
    const given = number(value)
    const isScaled = scale === null || given.kind !== 'finite' || given.scale === scale
    writeAnyNumeric(
      out,
      isScaled ? given : { kind: 'finite', unscaled: rescale(given.unscaled, given.scale, scale), scale },
      binary,
    )
  }
}

/** Trino's text of the number is PostgreSQL's. */
export function isExactNumeric({ name, scale }: TrinoType, typmod: number): boolean {
  const wanted = scaleOfTypmod(typmod)
  return (name === 'decimal' || INTEGERS.includes(name)) && (wanted === null || Math.max(wanted, 0) === scale)
}

function bytesOf(value: Value): Buffer {
  return Buffer.from(value as string, 'base64')
}

function dayOf(value: Value): number {
  const text = value as string
  return text.indexOf(' ') < 0 ? dateDays(text) : Math.floor(instantOf(text).seconds / 86_400)
}

function intervalOf(value: Value): Interval {
  const [months, days, micros] = value as [string | null, string | null, string | null]
  return { months: Number(months ?? 0), days: Number(days ?? 0), micros: BigInt(micros ?? 0) }
}

function uuidBinary(out: ByteWriter, value: Value): void {
  const bytes = Buffer.from((value as string).replaceAll('-', ''), 'hex')
  writeUuidBinary(out, bytes.readUInt32BE(0), bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12))
}
