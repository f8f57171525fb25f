import duckdb from '@duckdb/node-bindings'
import type { Native, NativeType } from '../../print/duckdb/function/native/native.ts'
import { int64 } from '../../type/integer.ts'
import { BoundVector, vectorTypeOf } from './encode/vector.ts'

/**
 * Functions of printed SQL that run in JavaScript. DuckDB calls them from its own threads, a chunk at a time, and waits
 * until the main thread has answered.
 */
export function registerNative(connection: duckdb.Connection, native: Native): void {
  const { name, parameters, returns, strict, volatile } = native
  const body = native.body as (...args: unknown[]) => unknown
  const types = parameters.map(logicalType)
  const inputs = types.map((type) => new BoundVector(vectorTypeOf(type)))
  const readers = parameters.map((type, i) => readerOf(type, inputs[i] as BoundVector))
  const write = writerOf(returns)

  const made = duckdb.create_scalar_function()
  duckdb.scalar_function_set_name(made, name)
  for (const type of types) duckdb.scalar_function_add_parameter(made, type)
  duckdb.scalar_function_set_return_type(made, logicalType(returns))
  // without it DuckDB answers NULL for a NULL argument by itself, but not for a NULL inside the chunk
  duckdb.scalar_function_set_special_handling(made)
  if (volatile) duckdb.scalar_function_set_volatile(made)
  duckdb.scalar_function_set_function(made, (info, input, output) => {
    try {
      const count = duckdb.data_chunk_get_size(input)
      for (const [i, vector] of inputs.entries()) vector.bind(duckdb.data_chunk_get_vector(input, i), count)
      const results: unknown[] = new Array(count)
      for (let row = 0; row < count; row++) {
        const args = readers.map((read) => read(row))
        results[row] = strict && args.includes(null) ? null : body(...args)
      }
      write(output, results)
    } catch (error) {
      duckdb.scalar_function_set_error(info, error instanceof Error ? error.message : String(error))
    }
  })
  duckdb.register_scalar_function(connection, made)
  duckdb.destroy_scalar_function_sync(made)
}

const T = duckdb.Type

type ListType = Extract<NativeType, `${string}[]`>
type PlainType = Exclude<NativeType, ListType>

const PLAIN: Readonly<Record<PlainType, duckdb.Type>> = {
  VARCHAR: T.VARCHAR,
  JSON: T.VARCHAR,
  INTEGER: T.INTEGER,
  BIGINT: T.BIGINT,
  DOUBLE: T.DOUBLE,
  BOOLEAN: T.BOOLEAN,
  BLOB: T.BLOB,
  INTERVAL: T.INTERVAL,
}

function isList(type: NativeType): type is ListType {
  return type.endsWith('[]')
}

function elementOf(type: ListType): NativeType {
  return type.slice(0, -2) as NativeType
}

function logicalType(type: NativeType): duckdb.LogicalType {
  if (isList(type)) return duckdb.create_list_type(logicalType(elementOf(type)))
  const plain = duckdb.create_logical_type(PLAIN[type])
  if (type === 'JSON') duckdb.logical_type_set_alias(plain, 'JSON')
  return plain
}

type Reader = (row: number) => unknown

function readerOf(type: NativeType, v: BoundVector): Reader {
  const read = valueReader(type, v)
  return (row) => (v.isNull(row) ? null : read(row))
}

function valueReader(type: NativeType, v: BoundVector): Reader {
  if (!isList(type)) return plainReader(type, v)
  const items = readerOf(elementOf(type), v.children[0] as BoundVector)
  return (row) => {
    const first = v.u32[4 * row] as number
    return Array.from({ length: v.u32[4 * row + 2] as number }, (_, i) => items(first + i))
  }
}

function plainReader(type: PlainType, v: BoundVector): Reader {
  switch (type) {
    case 'VARCHAR':
    case 'JSON':
      return (row) => v.string(row)
    case 'INTEGER':
      return (row) => v.i32[row]
    case 'BIGINT':
      return (row) => int64(v.u32[2 * row] as number, v.i32[2 * row + 1] as number)
    case 'DOUBLE':
      return (row) => v.f64[row]
    case 'BOOLEAN':
      return (row) => v.bytes[row] !== 0
    case 'BLOB':
      // a copy: the memory is DuckDB's, and good for this call only
      return (row) => {
        const start = v.stringStart(row)
        return Uint8Array.prototype.slice.call(v.stringBytes(row), start, start + v.stringLength(row))
      }
    case 'INTERVAL':
      return (row) => ({
        months: v.i32[4 * row],
        days: v.i32[4 * row + 1],
        micros: int64(v.u32[4 * row + 2] as number, v.i32[4 * row + 3] as number),
      })
  }
}

type Writer = (vector: duckdb.Vector, values: readonly unknown[]) => void

function writerOf(type: NativeType): Writer {
  const write = isList(type) ? listWriter(elementOf(type)) : plainWriter(type)
  return (vector, values) => {
    if (values.includes(null)) writeNulls(vector, values)
    write(vector, values)
  }
}

function writeNulls(vector: duckdb.Vector, values: readonly unknown[]): void {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8)
  for (const [row, value] of values.entries())
    if (value !== null) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7))
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.length)
}

function plainWriter(type: PlainType): Writer {
  switch (type) {
    case 'VARCHAR':
    case 'JSON':
      return (vector, values) => {
        for (const [row, value] of values.entries()) {
          if (value !== null) duckdb.vector_assign_string_element(vector, row, value as string)
        }
      }
    case 'BLOB':
      return (vector, values) => {
        for (const [row, value] of values.entries()) {
          if (value !== null) duckdb.vector_assign_string_element_len(vector, row, value as Uint8Array)
        }
      }
    case 'INTEGER':
      return copied((values) => Int32Array.from(values as number[], (value) => value ?? 0))
    case 'BIGINT':
      return copied((values) => BigInt64Array.from(values as bigint[], (value) => value ?? 0n))
    case 'DOUBLE':
      return copied((values) => Float64Array.from(values as number[], (value) => value ?? 0))
    case 'BOOLEAN':
      return copied((values) => Uint8Array.from(values as boolean[], (value) => (value === true ? 1 : 0)))
    case 'INTERVAL':
      return copied(intervalBytes)
  }
}

function copied(bytesOf: (values: readonly unknown[]) => ArrayBufferView<ArrayBuffer>): Writer {
  return (vector, values) => {
    const { buffer, byteOffset, byteLength } = bytesOf(values)
    duckdb.copy_data_to_vector(vector, 0, buffer, byteOffset, byteLength)
  }
}

function intervalBytes(values: readonly unknown[]): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(values.length * 16))
  for (const [row, value] of values.entries()) {
    if (value === null) continue
    const { months, days, micros } = value as { months: number; days: number; micros: bigint }
    view.setInt32(16 * row, months, true)
    view.setInt32(16 * row + 4, days, true)
    view.setBigInt64(16 * row + 8, micros, true)
  }
  return view
}

/** Entries of a list vector are offset and length into its one child. */
function listWriter(element: NativeType): Writer {
  const writeItems = writerOf(element)
  return (vector, values) => {
    const lists = values.map((value) => (value ?? []) as readonly unknown[])
    const items = lists.flat(1)
    const entries = new BigUint64Array(lists.length * 2)
    let offset = 0
    for (const [row, list] of lists.entries()) {
      entries[2 * row] = BigInt(offset)
      entries[2 * row + 1] = BigInt(list.length)
      offset += list.length
    }
    duckdb.list_vector_reserve(vector, items.length)
    duckdb.list_vector_set_size(vector, items.length)
    writeItems(duckdb.list_vector_get_child(vector), items)
    duckdb.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength)
  }
}
