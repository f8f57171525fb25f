import type { CellOptions } from '../../proxy/engine/encode/cell.ts'
import { PgError } from '../../proxy/error.ts'
import { type ByteWriter, writeAscii } from '../../proxy/type/byte-writer.ts'
import { quoteElement, quoteField } from '../../proxy/type/nested.ts'
import type { ValueCell } from './cell.ts'
import type { Value } from './json.ts'
import { naturalOid, type TrinoType } from './type.ts'

/** How cells of elements and fields are made: cell.ts, which these are a part of. */
type CellMaker = (type: TrinoType, oid: number, typmod: number, options: CellOptions) => ValueCell

/** Arrays inside arrays are the dimensions of one array. */
export function arrayCell(
  type: TrinoType,
  elementOid: number | null,
  typmod: number,
  options: CellOptions,
  cellOf: CellMaker,
): ValueCell {
  let depth = 0
  let element = type
  for (; element.name === 'array' && element.children[0] !== undefined; element = element.children[0]) depth++
  if (depth === 0) throw new PgError('XX000', `cannot write engine type ${type.name} as an array`)
  const oid = elementOid ?? naturalOid(element)
  const cell = cellOf(element, oid, typmod, options)
  return options.binary ? arrayBinary(depth, oid, cell) : arrayText(depth, cell)
}

function arrayText(depth: number, cell: ValueCell): ValueCell {
  const write = (out: ByteWriter, value: Value, level: number): void => {
    writeAscii(out, '{')
    for (const [i, item] of (value as Value[]).entries()) {
      if (i > 0) writeAscii(out, ',')
      if (level < depth) write(out, item, level + 1)
      else if (item === null) writeAscii(out, 'NULL')
      else {
        const start = out.at
        cell(out, item)
        quoteElement(out, start)
      }
    }
    writeAscii(out, '}')
  }
  return (out, value) => {
    if (dimensionsOf(value, depth).length === 0) writeAscii(out, '{}')
    else write(out, value, 1)
  }
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c, array_send */
function arrayBinary(depth: number, oid: number, cell: ValueCell): ValueCell {
  return (out, value) => {
    const dimensions = dimensionsOf(value, depth)
    const elements = dimensions.length === 0 ? [] : flattened(value as Value[], depth - 1)
    writeInt32(out, dimensions.length)
    writeInt32(out, elements.includes(null) ? 1 : 0)
    writeInt32(out, oid)
    for (const length of dimensions) {
      writeInt32(out, length)
      writeInt32(out, 1)
    }
    for (const element of elements) writeSizedValue(out, cell, element)
  }
}

/** Lengths of the dimensions; none for an array without elements. PostgreSQL's arrays are rectangular. */
function dimensionsOf(value: Value, depth: number): number[] {
  const lengths: number[] = []
  let items: Value[] = [value]
  for (let level = 0; level < depth; level++) {
    const length = (items[0] as Value[]).length
    if (items.some((item) => item === null || (item as Value[]).length !== length)) throw notRectangular()
    if (length === 0) return []
    lengths.push(length)
    if (level + 1 < depth) {
      items = flattened(items, 1)
      if (items[0] === null) throw notRectangular()
    }
  }
  return lengths
}

function flattened(items: readonly Value[], levels: number): Value[] {
  return levels === 0
    ? [...items]
    : flattened(
        items.flatMap((item) => item as Value[]),
        levels - 1,
      )
}

function notRectangular(): PgError {
  return new PgError('2202E', 'multidimensional arrays must have sub-arrays with matching dimensions')
}

export function recordCell(type: TrinoType, options: CellOptions, cellOf: CellMaker): ValueCell {
  const fields = type.children.map((child) => {
    const oid = naturalOid(child)
    return { oid, cell: cellOf(child, oid, -1, options) }
  })
  if (options.binary) {
    return (out, value) => {
      writeInt32(out, fields.length)
      for (const [i, { oid, cell }] of fields.entries()) {
        writeInt32(out, oid)
        writeSizedValue(out, cell, (value as Value[])[i] ?? null)
      }
    }
  }
  return (out, value) => {
    writeAscii(out, '(')
    for (const [i, { cell }] of fields.entries()) {
      if (i > 0) writeAscii(out, ',')
      const field = (value as Value[])[i] ?? null
      if (field === null) continue
      const start = out.at
      cell(out, field)
      quoteField(out, start)
    }
    writeAscii(out, ')')
  }
}

function writeInt32(out: ByteWriter, value: number): void {
  out.ensure(4)
  out.view.setInt32(out.at, value)
  out.at += 4
}

function writeSizedValue(out: ByteWriter, cell: ValueCell, value: Value): void {
  writeInt32(out, -1)
  if (value === null) return
  const start = out.at
  cell(out, value)
  out.view.setInt32(start - 4, out.at - start)
}
