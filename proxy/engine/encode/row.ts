import { PgError } from '../../error.ts'
import { DIVISION_SCALE, MINIMAL_SCALE, type OutputColumn } from '../../print/engine-sql.ts'
import { type ByteWriter, writeAscii } from '../../type/byte-writer.ts'
import { divide, type Numeric, rescale, withDivisionScale, writeAnyNumeric } from '../../type/numeric.ts'
import type { TimeZone } from '../../type/time-zone.ts'
import type { OutputStyle, RowFormat } from '../engine.ts'
import { type Cell, type CellOptions, writeSized } from './cell.ts'
import { type Escape, writeCsvValue, writeTextValue } from './copy.ts'

/** Writes one message for a row: DataRow or CopyData. */
export type RowWriter = (out: ByteWriter, row: number) => void

/** Values of one column of an engine's result, by row of what it is bound to at the moment. */
export interface Vector {
  isNull(row: number): boolean
}

/** What an engine's adapter knows of its vectors. */
export type VectorReader<V extends Vector> = {
  cellOf(vector: V, oid: number, typmod: number, options: CellOptions): Cell
  /** null: the values are no numbers */
  numerics(vector: V): ((row: number) => Numeric) | null
}

/** Null where one of its vectors is. A column of its own has one, a quotient two: the same twice costs less than a loop. */
type Column = { first: Vector; second: Vector; cell: Cell }

const DATA_ROW = 68
const COPY_DATA = 100
const NEWLINE = 10

export function rowWriter<V extends Vector>(
  reader: VectorReader<V>,
  vectors: readonly V[],
  columns: readonly OutputColumn[],
  format: RowFormat,
  style: OutputStyle,
  zone: TimeZone,
): RowWriter {
  const made = columns.map((column, i) =>
    columnOf(reader, vectors, column, { binary: isBinary(format, i), style, zone }),
  )
  switch (format.kind) {
    case 'DataRow':
      return valuesWriter(made, DATA_ROW)
    case 'CopyBinary':
      return valuesWriter(made, COPY_DATA)
    case 'CopyText':
      return copyTextWriter(made, format)
    case 'CopyCsv':
      return copyCsvWriter(made, format)
  }
}

function isBinary(format: RowFormat, column: number): boolean {
  if (format.kind === 'DataRow') return format.formats[column] === 1
  return format.kind === 'CopyBinary'
}

function columnOf<V extends Vector>(
  reader: VectorReader<V>,
  vectors: readonly V[],
  { typeOid, typmod, source }: OutputColumn,
  options: CellOptions,
): Column {
  const numericsOf = (vector: V): ((row: number) => Numeric) => {
    const value = reader.numerics(vector)
    if (value === null) throw new PgError('XX000', 'operand of a numeric division is not a number')
    return value
  }
  switch (source.kind) {
    case 'column': {
      const vector = at(vectors, source.index)
      return { first: vector, second: vector, cell: reader.cellOf(vector, typeOid, typmod, options) }
    }
    case 'quotient': {
      const dividend = at(vectors, source.dividend)
      const divisor = at(vectors, source.divisor)
      const [a, b] = [numericsOf(dividend), numericsOf(divisor)]
      return {
        first: dividend,
        second: divisor,
        cell: (out, row) => writeAnyNumeric(out, divide(a(row), b(row)), options.binary),
      }
    }
    case 'divisionScale': {
      const vector = at(vectors, source.index)
      const value = numericsOf(vector)
      return {
        first: vector,
        second: vector,
        cell: (out, row) => writeAnyNumeric(out, atScale(value(row), DIVISION_SCALE), options.binary),
      }
    }
    case 'minimalScale': {
      const vector = at(vectors, source.index)
      const value = numericsOf(vector)
      return {
        first: vector,
        second: vector,
        cell: (out, row) => writeAnyNumeric(out, atScale(value(row), MINIMAL_SCALE), options.binary),
      }
    }
    case 'rowScale': {
      const vector = at(vectors, source.index)
      const scales = at(vectors, source.scale)
      const [value, scale] = [numericsOf(vector), numericsOf(scales)]
      const scaleAt = (row: number): number => {
        const wanted = scales.isNull(row) ? null : scale(row)
        return wanted?.kind === 'finite' ? Number(wanted.unscaled) : MINIMAL_SCALE
      }
      return {
        first: vector,
        second: vector,
        cell: (out, row) => writeAnyNumeric(out, atScale(value(row), scaleAt(row)), options.binary),
      }
    }
  }
}

/** The same value with the scale that PostgreSQL gives it. */
function atScale(value: Numeric, scale: number): Numeric {
  if (value.kind !== 'finite') return value
  if (scale === DIVISION_SCALE) return { kind: 'finite', ...withDivisionScale(value.unscaled, value.scale) }
  if (scale === MINIMAL_SCALE) return withoutZeros(value)
  return { kind: 'finite', unscaled: rescale(value.unscaled, value.scale, scale), scale }
}

function withoutZeros(value: Extract<Numeric, { kind: 'finite' }>): Numeric {
  let { unscaled, scale } = value
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n
    scale--
  }
  return { kind: 'finite', unscaled, scale }
}

function at<V>(vectors: readonly V[], index: number): V {
  const vector = vectors[index]
  if (vector === undefined) throw new PgError('XX000', `result has no column ${index}`)
  return vector
}

/** DataRow and a tuple of COPY's binary format differ in nothing but their first byte. */
function valuesWriter(columns: readonly Column[], kind: number): RowWriter {
  const count = columns.length
  return (out, row) => {
    out.ensure(7)
    const start = out.at
    out.bytes[start] = kind
    out.view.setInt16(start + 5, count)
    out.at = start + 7
    for (let i = 0; i < count; i++) {
      const column = columns[i] as Column
      if (column.first.isNull(row) || column.second.isNull(row)) {
        out.ensure(4)
        out.view.setInt32(out.at, -1)
        out.at += 4
      } else writeSized(out, column.cell, row)
    }
    out.view.setInt32(start + 1, out.at - start - 1)
  }
}

/** One line of COPY's text or CSV format in a CopyData of its own, as PostgreSQL sends it. */
function lineWriter(columns: readonly Column[], delimiter: string, nullText: string, escapeValue: Escape): RowWriter {
  const separator = delimiter.charCodeAt(0)
  const nullBytes = Buffer.from(nullText).toString('latin1')
  return (out, row) => {
    out.ensure(5)
    const start = out.at
    out.bytes[start] = COPY_DATA
    out.at = start + 5
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column
      if (i > 0) {
        out.ensure(1)
        out.bytes[out.at++] = separator
      }
      if (column.first.isNull(row) || column.second.isNull(row)) writeAscii(out, nullBytes)
      else {
        const from = out.at
        column.cell(out, row)
        escapeValue(out, from, i)
      }
    }
    out.ensure(1)
    out.bytes[out.at++] = NEWLINE
    out.view.setInt32(start + 1, out.at - start - 1)
  }
}

function copyTextWriter(columns: readonly Column[], format: Extract<RowFormat, { kind: 'CopyText' }>): RowWriter {
  return lineWriter(columns, format.delimiter, format.null, writeTextValue(format.delimiter))
}

function copyCsvWriter(columns: readonly Column[], format: Extract<RowFormat, { kind: 'CopyCsv' }>): RowWriter {
  return lineWriter(columns, format.delimiter, format.null, writeCsvValue(format, columns.length === 1))
}
