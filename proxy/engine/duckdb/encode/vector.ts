import duckdb from '@duckdb/node-bindings'
import { type ByteWriter, writeBytes, writeShort } from '../../../type/byte-writer.ts'

/** DuckDB's type of a column, as far as reading its vectors needs it. https://duckdb.org/docs/stable/clients/c/vector */
export type VectorType = {
  readonly id: duckdb.Type
  /** bytes of one value in the vector's data; 0: the values are in the children */
  readonly width: number
  /** DECIMAL only */
  readonly scale: number
  /** ARRAY only */
  readonly size: number
  /** ENUM only */
  readonly labels: readonly Buffer[]
  readonly children: readonly VectorType[]
}

const T = duckdb.Type
/** Strings up to here lie in the vector itself. */
const INLINE_BYTES_MAX = 12
const WORD = 4_294_967_296
/** Up to here four bytes at a time are faster than a native copy. */
const WORDWISE_BYTES_MAX = 96

const WIDTHS: ReadonlyMap<duckdb.Type, number> = new Map([
  [T.BOOLEAN, 1],
  [T.TINYINT, 1],
  [T.UTINYINT, 1],
  [T.SMALLINT, 2],
  [T.USMALLINT, 2],
  [T.INTEGER, 4],
  [T.UINTEGER, 4],
  [T.FLOAT, 4],
  [T.DATE, 4],
  [T.BIGINT, 8],
  [T.UBIGINT, 8],
  [T.DOUBLE, 8],
  [T.TIME, 8],
  [T.TIME_NS, 8],
  [T.TIME_TZ, 8],
  [T.TIMESTAMP, 8],
  [T.TIMESTAMP_S, 8],
  [T.TIMESTAMP_MS, 8],
  [T.TIMESTAMP_NS, 8],
  [T.TIMESTAMP_TZ, 8],
  [T.HUGEINT, 16],
  [T.UHUGEINT, 16],
  [T.UUID, 16],
  [T.INTERVAL, 16],
  [T.VARCHAR, 16],
  [T.BLOB, 16],
  [T.LIST, 16],
])

export function vectorTypeOf(logical: duckdb.LogicalType): VectorType {
  const id = duckdb.get_type_id(logical)
  const plain = { id, width: WIDTHS.get(id) ?? 0, scale: 0, size: 0, labels: [], children: [] }
  switch (id) {
    case T.DECIMAL:
      return {
        ...plain,
        width: WIDTHS.get(duckdb.decimal_internal_type(logical)) ?? 0,
        scale: duckdb.decimal_scale(logical),
      }
    case T.ENUM:
      return {
        ...plain,
        width: WIDTHS.get(duckdb.enum_internal_type(logical)) ?? 0,
        labels: Array.from({ length: duckdb.enum_dictionary_size(logical) }, (_, i) =>
          Buffer.from(duckdb.enum_dictionary_value(logical, i)),
        ),
      }
    case T.LIST:
      return { ...plain, children: [vectorTypeOf(duckdb.list_type_child_type(logical))] }
    case T.ARRAY:
      return {
        ...plain,
        size: duckdb.array_type_array_size(logical),
        children: [vectorTypeOf(duckdb.array_type_child_type(logical))],
      }
    case T.STRUCT:
      return {
        ...plain,
        children: Array.from({ length: duckdb.struct_type_child_count(logical) }, (_, i) =>
          vectorTypeOf(duckdb.struct_type_child_type(logical, i)),
        ),
      }
    default:
      return plain
  }
}

const NO_BYTES = Buffer.alloc(0)

/**
 * The vector of one column, bound to one data chunk after the other. The typed arrays look straight into DuckDB's
 * memory: they are good only while the chunk is.
 */
export class BoundVector {
  readonly type: VectorType
  readonly children: readonly BoundVector[]
  validity: Uint8Array | null = null
  bytes: Uint8Array = NO_BYTES
  i8 = new Int8Array(0)
  i16 = new Int16Array(0)
  i32 = new Int32Array(0)
  u32 = new Uint32Array(0)
  f32 = new Float32Array(0)
  f64 = new Float64Array(0)
  /** Long strings: where each one is, and the runs of memory that hold them. */
  #pointers = new Float64Array(0)
  #runOf = new Int32Array(0)
  #runs: Uint8Array[] = []
  #runViews: DataView[] = []
  #view: DataView = new DataView(NO_BYTES.buffer, 0, 0)
  #runStarts: number[] = []

  constructor(type: VectorType) {
    this.type = type
    this.children = type.children.map((child) => new BoundVector(child))
  }

  bind(vector: duckdb.Vector, count: number): void {
    const { id, width, size } = this.type
    const validityBytes = Math.ceil(count / 64) * 8
    this.validity = id === T.SQLNULL ? new Uint8Array(validityBytes) : duckdb.vector_get_validity(vector, validityBytes)
    if (width > 0) this.#look(duckdb.vector_get_data(vector, width * count))
    if (id === T.VARCHAR || id === T.BLOB) this.#findStrings(count)
    else if (id === T.LIST) {
      this.children[0]?.bind(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector))
    } else if (id === T.ARRAY) this.children[0]?.bind(duckdb.array_vector_get_child(vector), count * size)
    else if (id === T.STRUCT) {
      this.children.forEach((child, i) => {
        child.bind(duckdb.struct_vector_get_child(vector, i), count)
      })
    }
  }

  isNull(row: number): boolean {
    const validity = this.validity
    return validity !== null && ((validity[row >> 3] as number) & (1 << (row & 7))) === 0
  }

  stringLength(row: number): number {
    return this.u32[row * 4] as number
  }

  /** The memory that the string at `row` lies in, from `stringStart(row)` on. */
  stringBytes(row: number): Uint8Array {
    return this.stringLength(row) <= INLINE_BYTES_MAX
      ? this.bytes
      : (this.#runs[this.#runOf[row] as number] as Uint8Array)
  }

  stringStart(row: number): number {
    if (this.stringLength(row) <= INLINE_BYTES_MAX) return row * 16 + 4
    return (this.#pointers[row] as number) - (this.#runStarts[this.#runOf[row] as number] as number)
  }

  writeString(out: ByteWriter, row: number): void {
    const length = this.u32[row * 4] as number
    if (length <= INLINE_BYTES_MAX) {
      // all twelve bytes, of which `length` count
      out.ensure(INLINE_BYTES_MAX)
      const { view, at } = out
      const from = this.#view
      const start = row * 16 + 4
      view.setUint32(at, from.getUint32(start))
      view.setUint32(at + 4, from.getUint32(start + 4))
      view.setUint32(at + 8, from.getUint32(start + 8))
      out.at = at + length
      return
    }
    const run = this.#runOf[row] as number
    const start = (this.#pointers[row] as number) - (this.#runStarts[run] as number)
    if (length <= WORDWISE_BYTES_MAX) writeShort(out, this.#runViews[run] as DataView, start, length)
    else writeBytes(out, this.#runs[run] as Uint8Array, start, start + length)
  }

  string(row: number): string {
    const start = this.stringStart(row)
    const bytes = this.stringBytes(row)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
      'utf8',
      start,
      start + this.stringLength(row),
    )
  }

  #look(data: Uint8Array): void {
    const { buffer, byteOffset, length } = data
    this.bytes = data
    this.#view = new DataView(buffer, byteOffset, length)
    this.i8 = new Int8Array(buffer as ArrayBuffer, byteOffset, length)
    if (this.type.width >= 2) this.i16 = new Int16Array(buffer as ArrayBuffer, byteOffset, length >> 1)
    if (this.type.width >= 4) {
      this.i32 = new Int32Array(buffer as ArrayBuffer, byteOffset, length >> 2)
      this.u32 = new Uint32Array(buffer as ArrayBuffer, byteOffset, length >> 2)
    }
    if (this.type.id === T.FLOAT) this.f32 = new Float32Array(buffer as ArrayBuffer, byteOffset, length >> 2)
    if (this.type.id === T.DOUBLE) this.f64 = new Float64Array(buffer as ArrayBuffer, byteOffset, length >> 3)
  }

  /**
   * A native call for each long string would cost more than everything else together. DuckDB puts the strings of a chunk
   * one behind the other, so that neighbours are fetched as one run. A run never spans memory between strings.
   */
  #findStrings(count: number): void {
    if (this.#pointers.length < count) {
      this.#pointers = new Float64Array(count)
      this.#runOf = new Int32Array(count)
    }
    const u32 = this.u32
    const pointers = this.#pointers
    const runOf = this.#runOf
    const starts: number[] = []
    const ends: number[] = []
    const rowOfStart: number[] = []
    let known: Map<number, number> | null = null
    let run = -1
    let start = -1
    let end = -1
    for (let row = 0; row < count; row++) {
      const length = u32[row * 4] as number
      if (length <= INLINE_BYTES_MAX || this.isNull(row)) continue
      const pointer = (u32[row * 4 + 3] as number) * WORD + (u32[row * 4 + 2] as number)
      pointers[row] = pointer
      if (pointer === end) end += length
      else if (pointer + length === start) {
        start = pointer
        rowOfStart[run] = row
      } else if (!(pointer >= start && pointer + length <= end)) {
        if (run >= 0) {
          starts[run] = start
          ends[run] = end
        }
        // a dictionary's strings come again and again
        known ??= new Map()
        const before = known.get(pointer)
        if (before !== undefined && pointer + length <= (ends[before] ?? -1)) {
          runOf[row] = before
          continue
        }
        run = starts.length
        start = pointer
        end = pointer + length
        starts.push(start)
        ends.push(end)
        rowOfStart.push(row)
        known.set(pointer, run)
      }
      runOf[row] = run
    }
    if (run >= 0) {
      starts[run] = start
      ends[run] = end
    }
    const { buffer, byteOffset } = this.bytes
    this.#runStarts = starts
    this.#runs = starts.map((from, i) =>
      duckdb.get_data_from_pointer(
        buffer as ArrayBuffer,
        byteOffset + (rowOfStart[i] as number) * 16 + 8,
        (ends[i] as number) - from,
      ),
    )
    this.#runViews = this.#runs.map((run) => new DataView(run.buffer, run.byteOffset, run.length))
  }
}
