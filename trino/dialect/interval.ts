import type { IntervalValue } from '../../proxy/print/value/interval.ts'
import { INTERVAL_TYPE } from './type.ts'

/** An interval of its three fields, printed. */
export function interval(months: string, days: string, micros: string): string {
  return `CAST(ROW(${months}, ${days}, ${micros}) AS ${INTERVAL_TYPE})`
}

export function intervalConstant({ months, days, micros }: IntervalValue): string {
  return interval(String(months), String(days), String(micros))
}

/**
 * What PostgreSQL compares intervals by: months of 30 days, days of 24 hours.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/timestamp.c, interval_cmp_value
 */
export function intervalSpan(value: string): string {
  return `pg_interval_length(${value})`
}
