import { linesOfRows } from '../../proxy/engine/encode/lines.ts'
import type { OutputStyle } from '../../proxy/engine/engine.ts'
import type { OutputColumn } from '../../proxy/print/engine-sql.ts'
import { ByteWriter } from '../../proxy/type/byte-writer.ts'
import { timeZone } from '../../proxy/type/time-zone.ts'
import { lengthOfTypmod, PG_TYPES } from '../../proxy/type/type.ts'
import { FITTING, isExactNumeric, isString, type ValueCell, valueCell } from './cell.ts'
import { RowReader } from './json.ts'
import { BATCH_BYTES, type Encoding, type PageEncoder, type PageEncoding } from './rows.ts'
import { COLUMNS_MAX, type HostCell, KIND, type Kind, transcode } from './transcoder.ts'
import type { TrinoType } from './type.ts'

/** Of a page, at a time: about as much as a batch is. */
const WINDOW_BYTES = BATCH_BYTES
/** Rows beyond this are the plain way's. */
const WINDOW_BYTES_MAX = 4 * 1024 * 1024
const SCRATCH_BYTES = 4096
const UTC = timeZone('UTC', [])

/**
 * DataRow messages straight from the bytes of JSON, and from these the lines of COPY. Values that the transcoder does not
 * know are written by the cells of the plain way, one by one. Null: the plain way is better.
 */
export function fastEncoder(types: readonly TrinoType[], encoding: Encoding, plain: PageEncoding): PageEncoding | null {
  const { columns, format, style, zone } = encoding
  if (format.kind === 'CopyBinary' || columns.length !== types.length || columns.length > COLUMNS_MAX) return null
  if (columns.some(({ source }, i) => source.kind !== 'column' || source.index !== i)) return null
  const binary = columns.map((_, i) => format.kind === 'DataRow' && format.formats[i] === 1)
  const lines = format.kind === 'DataRow' ? null : linesOfRows(format, columns.length)
  const kinds = Uint8Array.from(columns, (column, i) =>
    binary[i] ? KIND.host : kindOf(column, types[i] as TrinoType, style, zone === UTC),
  )
  if (2 * kinds.filter((kind) => kind === KIND.host).length > kinds.length) return null
  const cells: ValueCell[] = columns.map(({ typeOid, typmod }, i) =>
    valueCell(types[i] as TrinoType, typeOid, typmod, { binary: binary[i] === true, style, zone }),
  )
  const scratch = new ByteWriter(SCRATCH_BYTES)
  const hostCell: HostCell = (memory, column, start, end, out) => {
    scratch.at = 0
    ;(cells[column] as ValueCell)(scratch, new RowReader(memory.bytes, start, end).value())
    memory.reserve(out + scratch.at)
    scratch.bytes.copy(memory.bytes, out, 0, scratch.at)
    return scratch.at
  }

  return (body, start, end): PageEncoder => {
    let at = start
    let window = WINDOW_BYTES
    let rest: PageEncoder | null = null
    let isEnded = false
    return {
      next(rowsMax) {
        while (rest === null && !isEnded) {
          const to = Math.min(at + window, end)
          const { rows, bytesRead, bytes, state } = transcode(body, at, to, kinds, BATCH_BYTES, rowsMax, hostCell)
          at += bytesRead
          isEnded = state === 'ended'
          if (rows > 0) {
            window = WINDOW_BYTES
            return { bytes: lines === null ? bytes : lines(bytes), rows }
          }
          if (isEnded) break
          window *= 2
          if (state === 'malformed' || to === end || window > WINDOW_BYTES_MAX) rest = plain(body, at, end)
        }
        return rest?.next(rowsMax) ?? null
      },
    }
  }
}

function kindOf({ typeOid, typmod }: OutputColumn, type: TrinoType, style: OutputStyle, isUtc: boolean): Kind {
  const { name } = type
  const isIso = style.dateStyle.form === 'ISO'
  if (name === 'unknown') return KIND.raw
  // types of the tenant's own: enums and domains over text
  const form = PG_TYPES.get(typeOid)?.form ?? (name === 'varchar' ? 'text' : 'record')
  switch (form) {
    case 'bool':
      return name === 'boolean' ? KIND.bool : KIND.host
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return FITTING[form].includes(name) ? KIND.raw : KIND.host
    case 'numeric':
      return isExactNumeric(type, typmod) ? KIND.raw : KIND.host
    case 'float4':
      return name === 'real' && style.extraFloatDigits > 0 ? KIND.float4 : KIND.host
    case 'float8':
      return name === 'double' && style.extraFloatDigits > 0 ? KIND.float8 : KIND.host
    case 'text':
    case 'opaque':
      return isString(type) ? KIND.raw : KIND.host
    case 'bpchar':
      return isString(type) && lengthOfTypmod(typmod) === null ? KIND.raw : KIND.host
    case 'uuid':
      return name === 'uuid' ? KIND.raw : KIND.host
    case 'bytea':
      return name === 'varbinary' && style.byteaOutput === 'hex' ? KIND.bytea : KIND.host
    case 'date':
      return name === 'date' && isIso ? KIND.date : KIND.host
    case 'time':
      return name === 'time' ? KIND.time : KIND.host
    case 'timestamp':
      return name === 'timestamp' && isIso ? KIND.timestamp : KIND.host
    case 'timestamptz':
      return name === 'timestamp with time zone' && isUtc && isIso ? KIND.timestamptz : KIND.host
    default:
      return KIND.host
  }
}
