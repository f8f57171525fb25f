import type { IntervalValue } from '../../proxy/print/value/interval.ts'
import { bindOnce } from './function/helper.ts'
import { INTERVAL_TYPE } from './type.ts'

/** An interval of its three fields, printed. */
export function interval(months: string, days: string, micros: string): string {
  return `CAST(ROW(${months}, ${days}, ${micros}) AS ${INTERVAL_TYPE})`
}

export function intervalConstant({ months, days, micros }: IntervalValue): string {
  return interval(String(months), String(days), String(micros))
}

const DAY_MICROS = 86_400_000_000
const MONTH_DAYS = 30

/**
 * What PostgreSQL compares intervals by: months of 30 days, days of 24 hours.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/timestamp.c, interval_cmp_value
 */
export function intervalSpan(value: string): string {
  return bindOnce([value], ([v = '']) => {
    const days = `(CAST(${v}[1] AS decimal(38, 0)) * ${MONTH_DAYS} + ${v}[2])`
    return `(${days} * ${DAY_MICROS} + ${v}[3])`
  })
}
