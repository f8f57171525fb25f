import type { ByteWriter } from '../../type/byte-writer.ts'
import type { TimeZone } from '../../type/time-zone.ts'
import type { OutputStyle } from '../engine.ts'

/** Writes the value of a row that is not null, without its length. */
export type Cell = (out: ByteWriter, row: number) => void

export type CellOptions = { binary: boolean; style: OutputStyle; zone: TimeZone }

/** A value with its length in front. */
export function writeSized(out: ByteWriter, cell: Cell, row: number): void {
  out.ensure(4)
  const lengthAt = out.at
  out.at += 4
  cell(out, row)
  out.view.setInt32(lengthAt, out.at - lengthAt - 4)
}
