import duckdb from '@duckdb/node-bindings'
import { PgError, unsupported } from '../../../error.ts'
import { type ByteWriter, writeBytes, writeUtf8 } from '../../../type/byte-writer.ts'
import { type DateStyle, writeStyledDate, writeStyledTimestamp } from '../../../type/date-style.ts'
import * as datetime from '../../../type/datetime.ts'
import { writeFloat4, writeFloat8 } from '../../../type/float.ts'
import {
  exactInt64,
  int64,
  putBigInt64,
  putInt16,
  putInt32,
  putInt64,
  writeBigInteger,
  writeInt64,
  writeInteger,
} from '../../../type/integer.ts'
import { writeInterval, writeIntervalBinary } from '../../../type/interval.ts'
import { jsonbText } from '../../../type/json.ts'
import { rescale, writeAnyNumeric, writeExactNumeric, writeNumeric, writeNumericBinary } from '../../../type/numeric.ts'
import { padCharacters, writeByteaEscape, writeByteaHex, writeUuid, writeUuidBinary } from '../../../type/text.ts'
import type { TimeZone } from '../../../type/time-zone.ts'
import { type Form, lengthOfTypmod, PG_ELEMENTS, PG_TYPES, scaleOfTypmod, TEXT_OID } from '../../../type/type.ts'
import type { Cell, CellOptions } from '../../encode/cell.ts'
import { type IntegerForm, inRange } from '../../encode/range.ts'
import type { VectorReader } from '../../encode/row.ts'
import { naturalOid } from './natural.ts'
import { arrayCell, recordCell } from './nested-cell.ts'
import { doubles, exactIntegers, numerics, smallIntegers, timestamps, wideIntegers, word64 } from './source.ts'
import type { BoundVector } from './vector.ts'

const T = duckdb.Type

export const VECTORS: VectorReader<BoundVector> = { cellOf, numerics }

export function cellOf(v: BoundVector, oid: number, typmod: number, options: CellOptions): Cell {
  const form = formOf(v, oid)
  if (form === 'array') return arrayCell(v, PG_ELEMENTS.get(oid)?.oid ?? null, typmod, options, cellOf)
  const cell = options.binary ? binaryCell(v, form, typmod, options) : textCell(v, form, typmod, options)
  if (cell !== null) return cell
  if (options.binary && form === 'opaque') throw unsupported(`binary output of type ${PG_TYPES.get(oid)?.name ?? oid}`)
  // The engine's type is not one the column's type is written from: its own text is the next best answer for text types only.
  const natural = naturalOid(v)
  if ((form === 'text' || form === 'bpchar' || form === 'opaque') && natural !== TEXT_OID)
    return cellOf(v, natural, -1, { ...options, binary: false })
  throw new PgError('XX000', `cannot write engine type ${T[v.type.id]} as type ${oid}`)
}

function formOf(v: BoundVector, oid: number): Form | 'array' {
  const type = PG_TYPES.get(oid)
  if (type !== undefined) return type.form
  if (PG_ELEMENTS.has(oid) || v.type.id === T.LIST || v.type.id === T.ARRAY) return 'array'
  // types of the tenant's own: composites, and enums and domains over text
  return v.type.id === T.STRUCT ? 'record' : 'text'
}

function textCell(v: BoundVector, form: Form, typmod: number, { style, zone }: CellOptions): Cell | null {
  switch (form) {
    case 'bool':
      return v.type.id === T.BOOLEAN ? boolText(v) : null
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return integerText(v, form)
    case 'float4': {
      const value = doubles(v)
      return value && ((out, row) => writeFloat4(out, Math.fround(value(row)), style.extraFloatDigits))
    }
    case 'float8': {
      if (v.type.id === T.DOUBLE) return (out, row) => writeFloat8(out, v.f64[row] as number, style.extraFloatDigits)
      const value = doubles(v)
      return value && ((out, row) => writeFloat8(out, value(row), style.extraFloatDigits))
    }
    case 'numeric':
      return numericText(v, typmod)
    case 'text':
    case 'opaque':
      return stringCell(v)
    case 'bpchar':
      return paddedCell(v, typmod)
    case 'bytea': {
      if (!isString(v)) return null
      const write = style.byteaOutput === 'hex' ? writeByteaHex : writeByteaEscape
      return (out, row) => {
        const start = v.stringStart(row)
        write(out, v.stringBytes(row), start, start + v.stringLength(row))
      }
    }
    case 'date': {
      const { dateStyle } = style
      if (v.type.id !== T.DATE) return dayOfTimestamp(v, dateWriter(dateStyle))
      if (dateStyle.form === 'ISO') return (out, row) => datetime.writeDate(out, v.i32[row] as number)
      return (out, row) => writeStyledDate(out, v.i32[row] as number, dateStyle)
    }
    case 'time':
      return v.type.id === T.TIME ? (out, row) => datetime.writeTime(out, word64(v, row)) : null
    case 'timetz':
      return v.type.id === T.TIME_TZ
        ? (out, row) => datetime.writeTimeTz(out, timeOfTz(v, row), offsetOfTz(v, row))
        : null
    case 'timestamp':
      return timestampText(v, null, style.dateStyle)
    case 'timestamptz':
      return timestampText(v, zone, style.dateStyle)
    case 'interval':
      if (v.type.id === T.INTERVAL) return (out, row) => writeInterval(out, intervalAt(v, row), style.intervalStyle)
      return stringCell(v)
    case 'uuid':
      return v.type.id === T.UUID ? uuidCell(v, writeUuid) : stringCell(v)
    case 'jsonb':
      return isString(v) ? (out, row) => writeUtf8(out, jsonbText(v.string(row))) : null
    case 'record':
      return v.type.id === T.STRUCT ? recordCell(v, { binary: false, style, zone }, cellOf) : null
    case 'void':
      return () => {}
  }
}

function binaryCell(v: BoundVector, form: Form, typmod: number, options: CellOptions): Cell | null {
  switch (form) {
    case 'bool':
      if (v.type.id !== T.BOOLEAN) return null
      return (out, row) => {
        out.ensure(1)
        out.bytes[out.at++] = v.bytes[row] as number
      }
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return integerBinary(v, form)
    case 'float4': {
      const value = doubles(v)
      if (value === null) return null
      return (out, row) => {
        out.ensure(4)
        out.view.setFloat32(out.at, value(row))
        out.at += 4
      }
    }
    case 'float8': {
      const value = doubles(v)
      if (value === null) return null
      return (out, row) => {
        out.ensure(8)
        out.view.setFloat64(out.at, value(row))
        out.at += 8
      }
    }
    case 'numeric':
      return numericBinary(v, typmod)
    case 'text':
    case 'bytea':
      return stringCell(v)
    case 'bpchar':
      return paddedCell(v, typmod)
    case 'date':
      if (v.type.id === T.DATE) return (out, row) => datetime.writeDateBinary(out, v.i32[row] as number)
      return dayOfTimestamp(v, datetime.writeDateBinary)
    case 'time':
      return v.type.id === T.TIME ? (out, row) => datetime.writeTimeBinary(out, word64(v, row)) : null
    case 'timetz':
      if (v.type.id !== T.TIME_TZ) return null
      return (out, row) => datetime.writeTimeTzBinary(out, timeOfTz(v, row), offsetOfTz(v, row))
    case 'timestamp':
    case 'timestamptz':
      return timestampBinary(v)
    case 'interval':
      return v.type.id === T.INTERVAL ? (out, row) => writeIntervalBinary(out, intervalAt(v, row)) : null
    case 'uuid':
      return v.type.id === T.UUID ? uuidCell(v, writeUuidBinary) : null
    case 'jsonb':
      if (!isString(v)) return null
      return (out, row) => {
        out.ensure(1)
        out.bytes[out.at++] = JSONB_VERSION
        writeUtf8(out, jsonbText(v.string(row)))
      }
    case 'record':
      return v.type.id === T.STRUCT ? recordCell(v, options, cellOf) : null
    case 'void':
      return () => {}
    case 'opaque':
      return null
  }
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/jsonb.c, jsonb_send */
const JSONB_VERSION = 1
const LETTER_T = 116
const LETTER_F = 102

function boolText(v: BoundVector): Cell {
  return (out, row) => {
    out.ensure(1)
    out.bytes[out.at++] = v.bytes[row] === 0 ? LETTER_F : LETTER_T
  }
}

/** The engine's integers that fit a form whatever their value. */
const FITTING: Readonly<Record<IntegerForm, readonly duckdb.Type[]>> = {
  int2: [T.TINYINT, T.UTINYINT, T.SMALLINT],
  int4: [T.TINYINT, T.UTINYINT, T.SMALLINT, T.USMALLINT, T.INTEGER],
  int8: [T.TINYINT, T.UTINYINT, T.SMALLINT, T.USMALLINT, T.INTEGER, T.UINTEGER],
  oid: [T.UTINYINT, T.USMALLINT, T.UINTEGER],
}

/** Whole numbers of any engine type, checked against the range of the form. */
function checked(v: BoundVector, form: IntegerForm): ((row: number) => bigint) | null {
  const { scale } = v.type
  const wide = wideIntegers(v)
  if (wide === null) return null
  return (row) => inRange(scale === 0 ? wide(row) : rescale(wide(row), scale, 0), form)
}

function integerText(v: BoundVector, form: IntegerForm): Cell | null {
  const small = FITTING[form].includes(v.type.id) ? smallIntegers(v) : null
  if (small !== null) return (out, row) => writeInteger(out, small(row))
  if (v.type.id === T.BIGINT && form === 'int8')
    return (out, row) => writeInt64(out, v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
  const value = checked(v, form)
  return value && ((out, row) => writeBigInteger(out, value(row)))
}

function integerBinary(v: BoundVector, form: IntegerForm): Cell | null {
  const small = FITTING[form].includes(v.type.id) ? smallIntegers(v) : null
  if (form === 'int8') {
    if (v.type.id === T.BIGINT)
      return (out, row) => putInt64(out, v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
    const value = checked(v, form)
    return value && ((out, row) => putBigInt64(out, value(row)))
  }
  const put = form === 'int2' ? putInt16 : putInt32
  if (small !== null) return (out, row) => put(out, small(row))
  const value = checked(v, form)
  return value && ((out, row) => put(out, Number(value(row))))
}

function numericText(v: BoundVector, typmod: number): Cell | null {
  const exact = exactIntegers(v)
  const wide = wideIntegers(v)
  const from = v.type.scale
  const to = wantedScale(typmod, from)
  if (exact === null || wide === null) {
    const value = numerics(v)
    return value && ((out, row) => writeAnyNumeric(out, value(row), false))
  }
  if (from !== to) return (out, row) => writeNumeric(out, rescale(wide(row), from, to), to)
  return (out, row) => {
    const value = exact(row)
    if (Number.isNaN(value)) writeNumeric(out, wide(row), from)
    else writeExactNumeric(out, value, from)
  }
}

function numericBinary(v: BoundVector, typmod: number): Cell | null {
  const wide = wideIntegers(v)
  const from = v.type.scale
  const to = wantedScale(typmod, from)
  if (wide !== null) return (out, row) => writeNumericBinary(out, rescale(wide(row), from, to), to)
  const value = numerics(v)
  return value && ((out, row) => writeAnyNumeric(out, value(row), true))
}

function wantedScale(typmod: number, otherwise: number): number {
  const scale = scaleOfTypmod(typmod)
  return scale === null ? otherwise : Math.max(scale, 0)
}

function isString(v: BoundVector): boolean {
  return v.type.id === T.VARCHAR || v.type.id === T.BLOB
}

function stringCell(v: BoundVector): Cell | null {
  if (isString(v)) return (out, row) => v.writeString(out, row)
  if (v.type.id !== T.ENUM) return null
  const { labels, width } = v.type
  const index = (row: number) =>
    width === 1 ? (v.bytes[row] as number) : width === 2 ? (v.i16[row] as number) & 0xffff : (v.u32[row] as number)
  return (out, row) => {
    const label = labels[index(row)] as Buffer
    writeBytes(out, label, 0, label.length)
  }
}

function paddedCell(v: BoundVector, typmod: number): Cell | null {
  const write = stringCell(v)
  const length = lengthOfTypmod(typmod)
  if (write === null || length === null) return write
  return (out, row) => {
    const start = out.at
    write(out, row)
    padCharacters(out, start, length)
  }
}

function dateWriter(style: DateStyle): (out: ByteWriter, days: number) => void {
  return style.form === 'ISO' ? datetime.writeDate : (out, days) => writeStyledDate(out, days, style)
}

function dayOfTimestamp(v: BoundVector, write: (out: ByteWriter, days: number) => void): Cell | null {
  const micros = timestamps(v)
  if (micros === null) return null
  return (out, row) => write(out, Math.floor(Number(micros(row)) / datetime.MICROS_PER_DAY))
}

function timestampText(v: BoundVector, zone: TimeZone | null, style: DateStyle): Cell | null {
  const far = timestamps(v)
  if (far === null) return null
  if (style.form !== 'ISO') return (out, row) => writeStyledTimestamp(out, far(row), zone, style)
  if (v.type.id !== T.TIMESTAMP && v.type.id !== T.TIMESTAMP_TZ)
    return (out, row) => datetime.writeTimestampFar(out, far(row), zone)
  return (out, row) => {
    const micros = exactInt64(v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
    if (Number.isNaN(micros)) datetime.writeTimestampFar(out, far(row), zone)
    else datetime.writeTimestamp(out, micros, zone)
  }
}

function timestampBinary(v: BoundVector): Cell | null {
  const far = timestamps(v)
  return far && ((out, row) => datetime.writeTimestampBinary(out, far(row)))
}

/** TIME_TZ packs 40 bits of microseconds above 24 bits of 57599 minus the offset in seconds. */
const OFFSET_MAX = 57_599

function timeOfTz(v: BoundVector, row: number): number {
  return (v.u32[2 * row + 1] as number) * 256 + ((v.u32[2 * row] as number) >>> 24)
}

function offsetOfTz(v: BoundVector, row: number): number {
  return OFFSET_MAX - ((v.u32[2 * row] as number) & 0xff_ffff)
}

function intervalAt(v: BoundVector, row: number) {
  const at = 4 * row
  return {
    months: v.i32[at] as number,
    days: v.i32[at + 1] as number,
    micros: int64(v.u32[at + 2] as number, v.i32[at + 3] as number),
  }
}

/** UUIDs are 128-bit integers with the highest bit turned over, so that they sort. */
function uuidCell(v: BoundVector, write: typeof writeUuid): Cell {
  return (out, row) => {
    const at = 4 * row
    const { u32 } = v
    write(
      out,
      ((u32[at + 3] as number) ^ 0x8000_0000) >>> 0,
      u32[at + 2] as number,
      u32[at + 1] as number,
      u32[at] as number,
    )
  }
}
