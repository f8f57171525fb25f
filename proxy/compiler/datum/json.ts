import { unsupported } from '../../error.ts'
import { utf8, varlena, view } from './bytes.ts'
import { numericText } from './number.ts'

const COUNT = 0x0fffffff
const SCALAR = 0x10000000
const OBJECT = 0x20000000
const HAS_OFFSET = 0x80000000
const ENTRY_STRING = 0
const ENTRY_NUMERIC = 1
const ENTRY_FALSE = 2
const ENTRY_TRUE = 3
const ENTRY_NULL = 4
const ENTRY_CONTAINER = 5

/**
 * jsonb as jsonb_out prints it. A container is a header, one entry a key or value with its length (or, now and then, its
 * end), and then the values, numbers and containers on a multiple of four.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/jsonb.h
 */
export function jsonbText(value: Uint8Array): string {
  return container(value, view(value), 0)
}

function container(value: Uint8Array, data: DataView, at: number): string {
  const header = data.getUint32(at, true)
  const count = header & COUNT
  const entries = header & OBJECT ? 2 * count : count
  const valuesAt = at + 4 + 4 * entries
  const texts: string[] = []
  let offset = 0
  for (let index = 0; index < entries; index++) {
    const entry = data.getUint32(at + 4 + 4 * index, true)
    const length = entry & HAS_OFFSET ? (entry & COUNT) - offset : entry & COUNT
    texts.push(entryText(value, data, (entry >>> 28) & 7, valuesAt + offset, length))
    offset += length
  }
  if (header & SCALAR) return texts[0] ?? 'null'
  if (!(header & OBJECT)) return `[${texts.join(', ')}]`
  return `{${texts
    .slice(0, count)
    .map((key, index) => `${key}: ${texts[count + index]}`)
    .join(', ')}}`
}

function entryText(value: Uint8Array, data: DataView, kind: number, at: number, length: number): string {
  switch (kind) {
    case ENTRY_STRING:
      return JSON.stringify(utf8(value.subarray(at, at + length)))
    case ENTRY_NUMERIC:
      return numericText(varlena(value.subarray(aligned(at))))
    case ENTRY_FALSE:
      return 'false'
    case ENTRY_TRUE:
      return 'true'
    case ENTRY_NULL:
      return 'null'
    case ENTRY_CONTAINER:
      return container(value, data, aligned(at))
    default:
      throw unsupported('this kind of jsonb value')
  }
}

const aligned = (at: number): number => (at + 3) & ~3
