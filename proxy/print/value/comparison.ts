import type { Answer } from '../answer.ts'

const OPERATORS = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' } as const
type Suffix = keyof typeof OPERATORS
export type Operator = (typeof OPERATORS)[Suffix]

/** PostgreSQL's six comparisons of each prefix: int4eq, int4ne … for `int4`. */
export function family<const P extends string>(
  prefixes: readonly P[],
  answer: (operator: Operator) => Answer,
): Record<`${P}${Suffix}`, Answer> {
  return Object.fromEntries(
    prefixes.flatMap((prefix) =>
      Object.entries(OPERATORS).map(([suffix, operator]) => [`${prefix}${suffix}`, answer(operator)]),
    ),
  ) as Record<`${P}${Suffix}`, Answer>
}

/** Keys whose suffix stands in the middle: date_eq_timestamp, nameeqtext. */
export function mixed<const L extends string, const R extends string>(
  left: L,
  right: R,
  answer: (operator: Operator) => Answer,
): Record<`${L}${Suffix}${R}`, Answer> {
  return Object.fromEntries(
    Object.entries(OPERATORS).map(([suffix, operator]) => [`${left}${suffix}${right}`, answer(operator)]),
  ) as Record<`${L}${Suffix}${R}`, Answer>
}
