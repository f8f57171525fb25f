import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { fail, type Native, strict } from './native.ts'

/** https://www.postgresql.org/docs/18/functions-binarystring.html */

function substring(bytes: Uint8Array, from: number, length: number | null): Uint8Array {
  if (length !== null && length < 0) fail('22011', 'negative substring length not allowed')
  const start = Math.max(from, 1)
  const end = length === null ? bytes.length + 1 : Math.max(start, from + length)
  return bytes.slice(start - 1, end - 1)
}

function overlay(bytes: Uint8Array, replacement: Uint8Array, from: number, length: number): Uint8Array {
  if (from <= 0) fail('22011', 'negative substring length not allowed')
  return Buffer.concat([bytes.subarray(0, from - 1), replacement, bytes.subarray(Math.max(0, from - 1 + length))])
}

function trim(bytes: Uint8Array, set: Uint8Array, side: string): Uint8Array {
  const drop = new Set(set)
  let start = 0
  let end = bytes.length
  if (side !== 'right') while (start < end && drop.has(bytes[start] ?? -1)) start++
  if (side !== 'left') while (end > start && drop.has(bytes[end - 1] ?? -1)) end--
  return bytes.slice(start, end)
}

function checkIndex(index: number | bigint, size: number | bigint): void {
  if (index < 0 || index >= size) fail('2202E', `index ${index} out of valid range, 0..${BigInt(size) - 1n}`)
}

function getBit(bytes: Uint8Array, index: bigint): number {
  checkIndex(index, BigInt(bytes.length) * 8n)
  return ((bytes[Number(index >> 3n)] ?? 0) >> Number(index & 7n)) & 1
}

function setBit(bytes: Uint8Array, index: bigint, bit: number): Uint8Array {
  checkIndex(index, BigInt(bytes.length) * 8n)
  if (bit !== 0 && bit !== 1) fail('22023', 'new bit must be 0 or 1')
  const out = Uint8Array.from(bytes)
  const at = Number(index >> 3n)
  const mask = 1 << Number(index & 7n)
  out[at] = bit === 1 ? (out[at] ?? 0) | mask : (out[at] ?? 0) & ~mask
  return out
}

function setByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  checkIndex(index, bytes.length)
  const out = Uint8Array.from(bytes)
  out[index] = value & 0xff
  return out
}

/** Bytes of a line that encode(…, 'base64') breaks after. */
const BASE64_LINE = 76

function encode(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return Buffer.from(bytes).toString('hex')
    case 'base64': {
      const text = Buffer.from(bytes).toString('base64')
      return text.replace(new RegExp(`(.{${BASE64_LINE}})(?=.)`, 'g'), '$1\n')
    }
    case 'escape': {
      let out = ''
      for (const byte of bytes)
        out +=
          byte === 0 || byte > 127
            ? `\\${byte.toString(8).padStart(3, '0')}`
            : byte === 0x5c
              ? '\\\\'
              : String.fromCharCode(byte)
      return out
    }
    default:
      return fail('22023', `unrecognized encoding: "${format}"`)
  }
}

function decode(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case 'hex':
      return fromHex(text)
    case 'base64': {
      const body = text.replace(/[ \n\t\r]/g, '')
      const bad = /[^A-Za-z0-9+/=]/u.exec(body)
      if (bad !== null) fail('22023', `invalid symbol "${bad[0]}" found while decoding base64 sequence`)
      if (!/^[^=]*={0,2}$/.test(body)) fail('22023', 'unexpected "=" while decoding base64 sequence')
      if (body.length % 4 !== 0) fail('22023', 'invalid base64 end sequence')
      return Buffer.from(body, 'base64')
    }
    case 'escape':
      return fromEscape(text)
    default:
      return fail('22023', `unrecognized encoding: "${format}"`)
  }
}

export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/[ \n\t\r]/g, '')
  const bad = /[^0-9A-Fa-f]/u.exec(digits)
  if (bad !== null) fail('22023', `invalid hexadecimal digit: "${bad[0]}"`)
  if (digits.length % 2 === 1) fail('22023', 'invalid hexadecimal data: odd number of digits')
  return Buffer.from(digits, 'hex')
}

export function fromEscape(text: string): Uint8Array {
  const source = Buffer.from(text)
  const out: number[] = []
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0
    if (byte !== 0x5c) {
      out.push(byte)
      continue
    }
    if (source[at + 1] === 0x5c) {
      out.push(0x5c)
      at++
      continue
    }
    const octal = source.toString('latin1', at + 1, at + 4)
    if (!/^[0-3][0-7]{2}$/.test(octal)) fail('22P02', 'invalid input syntax for type bytea')
    out.push(Number.parseInt(octal, 8))
    at += 3
  }
  return Uint8Array.from(out)
}

function bitCount(bytes: Uint8Array): bigint {
  let count = 0
  for (const byte of bytes) for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return BigInt(count)
}

function toInteger(bytes: Uint8Array, size: number): bigint {
  const name = { 2: 'smallint', 4: 'integer', 8: 'bigint' }[size] ?? 'integer'
  if (bytes.length > size) fail('22003', `${name} out of range`)
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return BigInt.asIntN(size * 8, value)
}

/** CRC-32C, Castagnoli's polynomial reflected */
const CRC32C_POLYNOMIAL = 0x82f63b78

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1
  return value >>> 0
})

function crc32c(bytes: Uint8Array): bigint {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return BigInt((crc ^ 0xffffffff) >>> 0)
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8(bytes: Uint8Array): string {
  if (bytes.includes(0)) fail('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
  try {
    return UTF8.decode(bytes)
  } catch (_) {
    return fail('22021', 'invalid byte sequence for encoding "UTF8"')
  }
}

export const BYTEA_NATIVES: readonly Native[] = [
  strict('pg_bytea_substr', ['BLOB', 'INTEGER', 'INTEGER'], 'BLOB', substring),
  strict('pg_bytea_substr1', ['BLOB', 'INTEGER'], 'BLOB', (bytes, from) => substring(bytes, from, null)),
  strict('pg_bytea_overlay', ['BLOB', 'BLOB', 'INTEGER', 'INTEGER'], 'BLOB', overlay),
  strict('pg_bytea_position', ['BLOB', 'BLOB'], 'INTEGER', (bytes, part) => Buffer.from(bytes).indexOf(part) + 1),
  strict('pg_bytea_trim', ['BLOB', 'BLOB', 'VARCHAR'], 'BLOB', trim),
  strict('pg_get_bit', ['BLOB', 'BIGINT'], 'INTEGER', getBit),
  strict('pg_set_bit', ['BLOB', 'BIGINT', 'INTEGER'], 'BLOB', setBit),
  strict('pg_get_byte', ['BLOB', 'INTEGER'], 'INTEGER', (bytes, index) => {
    checkIndex(index, bytes.length)
    return bytes[index] ?? 0
  }),
  strict('pg_set_byte', ['BLOB', 'INTEGER', 'INTEGER'], 'BLOB', setByte),
  strict('pg_bit_count', ['BLOB'], 'BIGINT', bitCount),
  strict('pg_bytea_reverse', ['BLOB'], 'BLOB', (bytes) => Uint8Array.from(bytes).reverse()),
  strict('pg_bytea_int', ['BLOB', 'INTEGER'], 'BIGINT', toInteger),
  strict('pg_encode', ['BLOB', 'VARCHAR'], 'VARCHAR', encode),
  strict('pg_decode', ['VARCHAR', 'VARCHAR'], 'BLOB', decode),
  strict('pg_sha', ['BLOB', 'VARCHAR'], 'BLOB', (bytes, name) => createHash(name).update(bytes).digest()),
  strict('pg_crc32', ['BLOB'], 'BIGINT', (bytes) => BigInt(crc32(bytes))),
  strict('pg_crc32c', ['BLOB'], 'BIGINT', crc32c),
  strict('pg_utf8', ['BLOB'], 'VARCHAR', utf8),
]
