import type { NumericShape } from '../answer.ts'

/** Bytes of a varlena header, which typmods of text and numeric types count in. */
const HEADER_BYTES = 4

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c, make_numeric_typmod */
export function numericTypmod(typmod: number): NumericShape | null {
  if (typmod < HEADER_BYTES) return null
  const packed = typmod - HEADER_BYTES
  return { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024 }
}

/** Characters that varchar(n) or char(n) allows; null: any number. */
export function lengthTypmod(typmod: number): number | null {
  return typmod < HEADER_BYTES ? null : typmod - HEADER_BYTES
}
