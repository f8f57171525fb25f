import duckdb from '@duckdb/node-bindings'
import { PgError } from '../../../error.ts'
import type { ByteWriter } from '../../../type/byte-writer.ts'
import { quoteElement, quoteField } from '../../../type/nested.ts'
import { type Cell, type CellOptions, writeSized } from '../../encode/cell.ts'
import { naturalOid } from './natural.ts'
import type { BoundVector } from './vector.ts'

/** How cells of elements and fields are made: cell.ts, which these are a part of. */
type CellMaker = (v: BoundVector, oid: number, typmod: number, options: CellOptions) => Cell

const T = duckdb.Type
const OPEN = 123
const CLOSE = 125
const COMMA = 44
const LEFT = 40
const RIGHT = 41
const NULL_TEXT = Buffer.from('NULL')

type Level = { vector: BoundVector; first(row: number): number; length(row: number): number }

/** Lists inside lists are the dimensions of one array. */
function levelsOf(v: BoundVector): { levels: Level[]; element: BoundVector } {
  const levels: Level[] = []
  let vector = v
  while (vector.type.id === T.LIST || vector.type.id === T.ARRAY) {
    const list = vector
    const { size } = list.type
    levels.push(
      list.type.id === T.LIST
        ? {
            vector: list,
            first: (row) => list.u32[4 * row] as number,
            length: (row) => list.u32[4 * row + 2] as number,
          }
        : { vector: list, first: (row) => row * size, length: () => size },
    )
    vector = vector.children[0] as BoundVector
  }
  return { levels, element: vector }
}

export function arrayCell(
  v: BoundVector,
  elementOid: number | null,
  typmod: number,
  options: CellOptions,
  cellOf: CellMaker,
): Cell {
  const { levels, element } = levelsOf(v)
  if (levels.length === 0) throw new PgError('XX000', `cannot write engine type ${T[v.type.id]} as an array`)
  const oid = elementOid ?? naturalOid(element)
  const cell = cellOf(element, oid, typmod, options)
  return options.binary ? arrayBinary(levels, element, oid, cell) : arrayText(levels, element, cell)
}

function arrayText(levels: readonly Level[], element: BoundVector, cell: Cell): Cell {
  const write = (out: ByteWriter, depth: number, row: number): void => {
    const level = levels[depth] as Level
    const first = level.first(row)
    const length = level.length(row)
    put(out, OPEN)
    for (let i = 0; i < length; i++) {
      if (i > 0) put(out, COMMA)
      if (depth + 1 < levels.length) {
        if ((levels[depth + 1] as Level).vector.isNull(first + i)) throw notRectangular()
        write(out, depth + 1, first + i)
      } else if (element.isNull(first + i)) {
        out.ensure(NULL_TEXT.length)
        out.bytes.set(NULL_TEXT, out.at)
        out.at += NULL_TEXT.length
      } else {
        const start = out.at
        cell(out, first + i)
        quoteElement(out, start)
      }
    }
    put(out, CLOSE)
  }
  return (out, row) => {
    dimensionsOf(levels, row)
    write(out, 0, row)
  }
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c, array_send */
function arrayBinary(levels: readonly Level[], element: BoundVector, oid: number, cell: Cell): Cell {
  return (out, row) => {
    const dimensions = dimensionsOf(levels, row)
    out.ensure(12 + 8 * dimensions.length)
    const flagsAt = out.at + 4
    out.view.setInt32(out.at, dimensions.length)
    out.view.setInt32(flagsAt, 0)
    out.view.setUint32(out.at + 8, oid)
    out.at += 12
    for (const length of dimensions) {
      out.view.setInt32(out.at, length)
      out.view.setInt32(out.at + 4, 1)
      out.at += 8
    }
    const hasNulls = dimensions.length > 0 && writeElements(out, levels, 0, row, element, cell)
    if (hasNulls) out.view.setInt32(flagsAt, 1)
  }
}

function writeElements(
  out: ByteWriter,
  levels: readonly Level[],
  depth: number,
  row: number,
  element: BoundVector,
  cell: Cell,
): boolean {
  const level = levels[depth] as Level
  const first = level.first(row)
  let hasNulls = false
  for (let i = first; i < first + level.length(row); i++) {
    if (depth + 1 < levels.length) hasNulls = writeElements(out, levels, depth + 1, i, element, cell) || hasNulls
    else if (element.isNull(i)) {
      hasNulls = true
      writeLength(out, -1)
    } else writeSized(out, cell, i)
  }
  return hasNulls
}

/** Lengths of the dimensions; none for an array without elements. PostgreSQL's arrays are rectangular. */
function dimensionsOf(levels: readonly Level[], row: number): number[] {
  const lengths: number[] = []
  let rows = [row]
  for (const level of levels) {
    const length = level.length(rows[0] as number)
    if (rows.some((i) => level.vector.isNull(i) || level.length(i) !== length)) throw notRectangular()
    if (length === 0) return []
    lengths.push(length)
    if (lengths.length < levels.length) rows = rows.flatMap((i) => Array.from({ length }, (_, k) => level.first(i) + k))
  }
  return lengths
}

function notRectangular(): PgError {
  return new PgError('2202E', 'multidimensional arrays must have sub-arrays with matching dimensions')
}

export function recordCell(v: BoundVector, options: CellOptions, cellOf: CellMaker): Cell {
  const fields = v.children.map((vector) => {
    const oid = naturalOid(vector)
    return { vector, oid, cell: cellOf(vector, oid, -1, options) }
  })
  if (options.binary) {
    return (out, row) => {
      writeLength(out, fields.length)
      for (const { vector, oid, cell } of fields) {
        writeLength(out, oid)
        if (vector.isNull(row)) writeLength(out, -1)
        else writeSized(out, cell, row)
      }
    }
  }
  return (out, row) => {
    put(out, LEFT)
    fields.forEach(({ vector, cell }, i) => {
      if (i > 0) put(out, COMMA)
      if (vector.isNull(row)) return
      const start = out.at
      cell(out, row)
      quoteField(out, start)
    })
    put(out, RIGHT)
  }
}

function put(out: ByteWriter, byte: number): void {
  out.ensure(1)
  out.bytes[out.at++] = byte
}

function writeLength(out: ByteWriter, length: number): void {
  out.ensure(4)
  out.view.setInt32(out.at, length)
  out.at += 4
}
