import { inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { CatalogError } from '../problem.ts'

/**
 * Reads Avro object container files, as Iceberg's manifests are. Files come from whatever writer a tenant uses, so that
 * nothing in them is believed: lengths and counts are held against the bytes that are there.
 * https://avro.apache.org/docs/1.12.0/specification/
 *
 * Records are maps by field id, as Iceberg names the fields (https://iceberg.apache.org/spec/#avro), or by name where a
 * writer gives no id. Longs are bigints.
 */
export type AvroValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly AvroValue[]
  | AvroRecord
  | ReadonlyMap<string, AvroValue>
export type AvroRecord = ReadonlyMap<number | string, AvroValue>

export type AvroFile = { readonly metadata: ReadonlyMap<string, string>; readonly records: readonly AvroRecord[] }

const MAGIC = [0x4f, 0x62, 0x6a, 0x01]
const SYNC_BYTES = 16
/** What the blocks of a file may become when they are decompressed, all together. */
const FILE_BYTES_MAX = 256 * 1024 * 1024
/** Values in all, each of which takes memory though it be of no bytes: some 10 000 files with statistics of 100 columns. */
const VALUES_MAX = 8_000_000
const NESTING_MAX = 32

export function readAvro(bytes: Uint8Array): AvroFile {
  const budget: Budget = { bytes: FILE_BYTES_MAX, values: VALUES_MAX }
  const input = new Input(bytes, budget)
  if (MAGIC.some((byte) => input.byte() !== byte)) throw broken('it does not begin as an Avro file')
  const metadata = new Map<string, string>()
  const header = new Map<string, AvroValue>()
  readBlocks(input, () => header.set(input.text(), input.bytes()))
  for (const [name, value] of header) metadata.set(name, Buffer.from(value as Uint8Array).toString())
  const sync = input.take(SYNC_BYTES)
  const codec = metadata.get('avro.codec') ?? 'null'
  const read = reader(JSON.parse(metadata.get('avro.schema') ?? 'null') as Schema, new Map(), 0)
  const records: AvroRecord[] = []
  while (!input.atEnd) {
    const count = Number(input.long())
    const plain = decompressed(codec, input.bytes(), budget.bytes)
    budget.bytes -= plain.length
    const block = new Input(plain, budget)
    if (count < 0 || count > block.left) throw broken('a block counts more records than it holds')
    block.spend(count)
    for (let index = 0; index < count; index += 1) records.push(read(block) as AvroRecord)
    const mark = input.take(SYNC_BYTES)
    if (Buffer.compare(mark, sync) !== 0) throw broken('a block does not end where it says')
  }
  return { metadata, records }
}

/** What may still be made of a file. */
type Budget = { bytes: number; values: number }

type Schema = string | readonly Schema[] | { readonly type: Schema; readonly [member: string]: unknown }
type Reader = (input: Input) => AvroValue

const PRIMITIVES: Readonly<Record<string, Reader>> = {
  null: () => null,
  boolean: (input) => input.byte() !== 0,
  int: (input) => Number(input.long()),
  long: (input) => input.long(),
  float: (input) => input.view(4).getFloat32(0, true),
  double: (input) => input.view(8).getFloat64(0, true),
  bytes: (input) => input.bytes(),
  string: (input) => input.text(),
}

function reader(schema: Schema, named: Map<string, Reader>, depth: number): Reader {
  if (depth > NESTING_MAX) throw broken('its schema is nested too deep')
  if (typeof schema === 'string') {
    const known = PRIMITIVES[schema] ?? named.get(schema)
    if (known === undefined) throw broken('its schema names a type that it does not define')
    return known
  }
  if (isUnion(schema)) {
    const branches = schema.map((branch) => reader(branch, named, depth + 1))
    return (input) => {
      const branch = branches[Number(input.long())]
      if (branch === undefined) throw broken('a union has no such branch')
      return branch(input)
    }
  }
  if (schema === null || typeof schema !== 'object') throw broken('its schema cannot be read')
  switch (schema.type) {
    case 'record':
      return recordReader(schema, named, depth)
    case 'array': {
      const item = reader(schema.items as Schema, named, depth + 1)
      return (input) => {
        const items: AvroValue[] = []
        readBlocks(input, () => items.push(item(input)))
        return items
      }
    }
    case 'map': {
      const value = reader(schema.values as Schema, named, depth + 1)
      return (input) => {
        const entries = new Map<string, AvroValue>()
        readBlocks(input, () => entries.set(input.text(), value(input)))
        return entries
      }
    }
    case 'fixed': {
      const size = Number(schema.size)
      return define(schema, named, (input) => input.take(size))
    }
    case 'enum':
      return define(schema, named, (input) => Number(input.long()))
    default:
      return reader(schema.type, named, depth + 1)
  }
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema)
}

type RecordField = { readonly name: string; readonly type: Schema; readonly 'field-id'?: number }

function recordReader(schema: Exclude<Schema, string>, named: Map<string, Reader>, depth: number): Reader {
  const record = schema as { readonly type: Schema; readonly fields?: readonly RecordField[] }
  if (!Array.isArray(record.fields)) throw broken('its schema cannot be read')
  // A record may name itself; the reader of its fields is filled in afterwards.
  const fields: { key: number | string; read: Reader }[] = []
  const read = define(record, named, (input) => {
    input.spend(fields.length)
    const values = new Map<number | string, AvroValue>()
    for (const field of fields) values.set(field.key, field.read(input))
    return values
  })
  for (const field of record.fields as readonly RecordField[]) {
    fields.push({ key: field['field-id'] ?? field.name, read: reader(field.type, named, depth + 1) })
  }
  return read
}

function define(schema: Exclude<Schema, string>, named: Map<string, Reader>, read: Reader): Reader {
  const { name, namespace } = schema as { name?: string; namespace?: string }
  if (name !== undefined) {
    named.set(name, read)
    if (namespace !== undefined) named.set(`${namespace}.${name}`, read)
  }
  return read
}

/** Arrays and maps: blocks of a count and so many items; a negative count is followed by the block's size. */
function readBlocks(input: Input, readItem: () => void): void {
  for (;;) {
    let count = Number(input.long())
    if (count === 0) return
    if (count < 0) {
      count = -count
      input.long()
    }
    if (count > input.left) throw broken('a list counts more items than it holds')
    input.spend(count)
    for (let index = 0; index < count; index += 1) readItem()
  }
}

function decompressed(codec: string, bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length > bytesMax || bytesMax === 0) throw tooLarge()
  try {
    switch (codec) {
      case 'null':
        return bytes
      case 'deflate':
        return inflateRawSync(bytes, { maxOutputLength: bytesMax })
      case 'zstandard':
        return zstdDecompressSync(bytes, { maxOutputLength: bytesMax })
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge()
      : broken('a block cannot be decompressed')
  }
  throw broken('its codec is not known')
}

function tooLarge(): CatalogError {
  return broken('it holds more than can be kept')
}

class Input {
  private readonly whole: Buffer
  private readonly budget: Budget
  private at = 0

  constructor(bytes: Uint8Array, budget: Budget) {
    this.budget = budget
    this.whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.whole.length - this.at
  }

  get atEnd(): boolean {
    return this.left === 0
  }

  spend(values: number): void {
    this.budget.values -= values
    if (this.budget.values < 0) throw tooLarge()
  }

  byte(): number {
    const byte = this.whole[this.at]
    if (byte === undefined) throw broken('it ends too soon')
    this.at += 1
    return byte
  }

  /** Zigzag, seven bits a byte, the lowest first. */
  long(): bigint {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return BigInt((low >>> 1) ^ -(low & 1))
    }
    let value = BigInt(low)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw broken('a number has too many digits')
  }

  take(count: number): Uint8Array {
    if (!(count >= 0) || count > this.left) throw broken('it ends too soon')
    const start = this.at
    this.at += count
    return this.whole.subarray(start, this.at)
  }

  bytes(): Uint8Array {
    return this.take(Number(this.long()))
  }

  text(): string {
    const bytes = this.bytes()
    return this.whole.toString('utf8', this.at - bytes.length, this.at)
  }

  view(count: number): DataView {
    const bytes = this.take(count)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}

function broken(what: string): CatalogError {
  return new CatalogError(400, 'BadRequestException', `A manifest cannot be read: ${what}`)
}
