import type { Differential, Said } from '../harness/differential.ts'

/** What came of one statement on both sides. */
export type Outcome =
  | { readonly kind: 'same' }
  /** not ours: a statement that PostgreSQL itself cannot do */
  | { readonly kind: 'invalid'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** one of ACCEPTED */
  | { readonly kind: 'accepted'; readonly why: string }
  | { readonly kind: 'different'; readonly postgres: readonly string[]; readonly lakewire: readonly string[] }

const NOT_SUPPORTED = '0A000'
/** "data exception": only of rows that are computed, and SQL does not say which those are.
 *  https://www.postgresql.org/docs/18/sql-expressions.html#SYNTAX-EXPRESS-EVAL */
const DATA_EXCEPTION = /^22/
const NUMERIC_OID = 1700

/** Differences that are known and stay, each with the form in which both sides must agree all the same. */
const ACCEPTED: readonly { readonly why: string; readonly form: (numeric: string) => string }[] = [
  { why: 'one column has one scale: trailing zeros of a numeric', form: withoutZeros },
  { why: 'a quotient of a quotient is computed as a double, exact to 15 digits', form: (value) => rounded(value) },
]
const DIGITS = 15

export async function compare(both: Differential, sql: string): Promise<Outcome> {
  const said = await both.run({ parameters: null, timeZone: null, sql })
  const { postgres, lakewire } = said
  if (postgres.error === NOT_SUPPORTED || postgres.error?.startsWith('42'))
    return { kind: 'invalid', why: postgres.lines.at(-1) ?? '' }
  if (lakewire.error === NOT_SUPPORTED) return { kind: 'refused', why: lakewire.lines.at(-1) ?? '' }
  if (postgres.error !== null && lakewire.error !== null) {
    if (postgres.error === lakewire.error) return { kind: 'same' }
    if (DATA_EXCEPTION.test(postgres.error) && DATA_EXCEPTION.test(lakewire.error))
      return { kind: 'accepted', why: 'another of several data exceptions came first' }
  }
  if (postgres.error !== null || lakewire.error !== null)
    return { kind: 'different', postgres: postgres.lines, lakewire: lakewire.lines }
  if (equal(postgres, lakewire, (value) => value)) return { kind: 'same' }
  for (const { why, form } of ACCEPTED) if (equal(postgres, lakewire, form)) return { kind: 'accepted', why }
  return { kind: 'different', postgres: postgres.lines, lakewire: lakewire.lines }
}

function equal(one: Said, other: Said, form: (numeric: string) => string): boolean {
  return formed(one, form) === formed(other, form)
}

function formed({ lines }: Said, form: (numeric: string) => string): string {
  const [header = '', ...rows] = lines
  const numeric = header.split(' | ').map((column) => column.endsWith(`:${NUMERIC_OID}`))
  const cells = (row: string) => row.split(' | ').map((cell, index) => (numeric[index] === true ? form(cell) : cell))
  return [header, ...rows.map((row) => cells(row).join(' | '))].join('\n')
}

function withoutZeros(value: string): string {
  return value.includes('.') ? value.replace(/\.?0+$/, '') : value
}

function rounded(value: string): string {
  return Number.isFinite(Number(value)) ? Number(Number(value).toPrecision(DIGITS)).toString() : value
}
