import { PgError } from '../error.ts'
import { numericText, parseNumeric } from './numeric.ts'

/**
 * jsonb's own text: keys by length, then by bytes; the last of equal keys; numbers as numeric prints them; one space
 * after every colon and comma. https://www.postgresql.org/docs/18/datatype-json.html
 */
const DEPTH_MAX = 2000

export function jsonbText(source: string): string {
  const reader: Reader = { source, at: 0, depth: 0 }
  const text = readValue(reader)
  skipSpace(reader)
  if (reader.at !== source.length) throw invalid()
  return text
}

type Reader = { source: string; at: number; depth: number }

function invalid(): PgError {
  return new PgError('22P02', 'invalid input syntax for type json')
}

function skipSpace(reader: Reader): void {
  const { source } = reader
  for (;;) {
    const code = source.charCodeAt(reader.at)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    reader.at++
  }
}

function readValue(reader: Reader): string {
  skipSpace(reader)
  switch (reader.source.charCodeAt(reader.at)) {
    case 0x7b:
      return nested(reader, readObject)
    case 0x5b:
      return nested(reader, readArray)
    case 0x22:
      return jsonString(readString(reader))
    default:
      return readScalar(reader)
  }
}

function nested(reader: Reader, read: (reader: Reader) => string): string {
  if (++reader.depth > DEPTH_MAX) throw new PgError('54001', 'stack depth limit exceeded')
  reader.at++
  const text = read(reader)
  reader.depth--
  return text
}

/** After a value of a list: true when another follows. */
function another(reader: Reader, end: number): boolean {
  skipSpace(reader)
  const code = reader.source.charCodeAt(reader.at++)
  if (code === end) return false
  if (code !== 0x2c) throw invalid()
  return true
}

function isEmpty(reader: Reader, end: number): boolean {
  skipSpace(reader)
  if (reader.source.charCodeAt(reader.at) !== end) return false
  reader.at++
  return true
}

function readArray(reader: Reader): string {
  if (isEmpty(reader, 0x5d)) return '[]'
  const items: string[] = []
  do items.push(readValue(reader))
  while (another(reader, 0x5d))
  return `[${items.join(', ')}]`
}

function readObject(reader: Reader): string {
  if (isEmpty(reader, 0x7d)) return '{}'
  const members = new Map<string, string>()
  do {
    skipSpace(reader)
    const key = readString(reader)
    skipSpace(reader)
    if (reader.source.charCodeAt(reader.at++) !== 0x3a) throw invalid()
    members.set(key, readValue(reader))
  } while (another(reader, 0x7d))
  const keys = [...members.keys()].map((key) => ({ key, bytes: Buffer.from(key) }))
  keys.sort((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes))
  return `{${keys.map(({ key }) => `${jsonString(key)}: ${members.get(key)}`).join(', ')}}`
}

function readString(reader: Reader): string {
  const { source } = reader
  if (source.charCodeAt(reader.at) !== 0x22) throw invalid()
  const start = reader.at++
  let plain = true
  for (;;) {
    const code = source.charCodeAt(reader.at++)
    if (code === 0x22) break
    if (Number.isNaN(code) || code < 0x20) throw invalid()
    if (code === 0x5c) {
      plain = false
      reader.at++
    }
  }
  if (plain) return source.slice(start + 1, reader.at - 1)
  try {
    return JSON.parse(source.slice(start, reader.at)) as string
  } catch {
    throw invalid()
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function readScalar(reader: Reader): string {
  for (const word of ['true', 'false', 'null']) {
    if (reader.source.startsWith(word, reader.at)) {
      reader.at += word.length
      return word
    }
  }
  NUMBER.lastIndex = reader.at
  const found = NUMBER.exec(reader.source)
  if (found === null) throw invalid()
  reader.at += found[0].length
  const number = parseNumeric(found[0])
  return number.kind === 'finite' ? numericText(number.unscaled, number.scale) : number.kind
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
}

/** As escape_json writes it: nothing but quotes, backslashes and control characters is escaped. */
function jsonString(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return `"${text.replace(/["\\\u0000-\u001f]/g, (c) => ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}
