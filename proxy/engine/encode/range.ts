import { PgError } from '../../error.ts'

export type IntegerForm = 'int2' | 'int4' | 'int8' | 'oid'

const RANGES: Readonly<Record<IntegerForm, { min: bigint; max: bigint; message: string }>> = {
  int2: { min: -0x8000n, max: 0x7fffn, message: 'smallint out of range' },
  int4: { min: -0x8000_0000n, max: 0x7fff_ffffn, message: 'integer out of range' },
  int8: { min: -0x8000_0000_0000_0000n, max: 0x7fff_ffff_ffff_ffffn, message: 'bigint out of range' },
  oid: { min: 0n, max: 0xffff_ffffn, message: 'OID out of range' },
}

/** The value, if PostgreSQL's type holds it. */
export function inRange(value: bigint, form: IntegerForm): bigint {
  const { min, max, message } = RANGES[form]
  if (value < min || value > max) throw new PgError('22003', message)
  return value
}
