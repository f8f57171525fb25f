import type { FrameOrder } from '../../proxy/print/dialect.ts'
import * as oid from '../../proxy/print/oid.ts'
import { parseInterval } from '../../proxy/print/value/interval.ts'
import { zoneOfName } from './function/zone.ts'

const MILLI_MICROS = 1000n
const SECOND_MICROS = 1_000_000n

/**
 * The offset of a RANGE frame. Intervals are Trino's own here: of months, or of days, or of milliseconds. Null: there is
 * none that says the same.
 */
export function frameOffset(
  type: number,
  value: string | null | undefined,
  sql: () => string,
  order: FrameOrder,
): string | null {
  if (order.type === oid.FLOAT8 || order.type === oid.FLOAT4) return null
  if (type !== oid.INTERVAL) return sql()
  const interval = typeof value === 'string' ? parseInterval(value) : null
  if (interval === null) return null
  const { months, days, micros } = interval
  const counts = [months !== 0, days !== 0, micros !== 0n].filter(Boolean).length
  if (counts > 1 || months < 0 || days < 0 || micros < 0n || micros % MILLI_MICROS !== 0n) return null
  const zone = zoneOfName(order.timeZone)
  const isUtc = zone?.kind === 'name' && zone.name === 'UTC'
  // A day of a timestamptz is not always 24 hours.
  if (order.type === oid.TIMESTAMPTZ && micros === 0n && !isUtc) return null
  if (months !== 0) return `INTERVAL '${months}' MONTH`
  if (micros === 0n) return `INTERVAL '${days}' DAY`
  const fraction = String((micros % SECOND_MICROS) / MILLI_MICROS).padStart(3, '0')
  return `INTERVAL '${micros / SECOND_MICROS}.${fraction}' SECOND`
}
