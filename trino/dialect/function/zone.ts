import type { Call } from '../../../proxy/print/answer.ts'
import { type Zone, zoneNamed } from '../../../proxy/print/duckdb/function/native/zone.ts'
import { bindOnce, constantText, quote, raise, unlessNull } from './helper.ts'

/**
 * Values of timestamptz are in UTC; what asks for fields, or adds days, goes through the local time of a zone and back.
 * An hour that the clocks repeat is the later one in PostgreSQL and the earlier in Trino: pg_instant (routines.ts) mends it.
 */
export const LOCAL = 'TIMESTAMP(6)'
export const INSTANT = 'TIMESTAMP(6) WITH TIME ZONE'

/** A constant zone: a name of the IANA database, or an abbreviation or POSIX offset that is a fixed offset. */
export type AnyZone = Zone | { readonly kind: 'unknown'; readonly name: string }

export function zoneConstant(call: Call, index: number): AnyZone {
  const name = constantText(call, index, 'a time zone')
  const zone = name === null ? null : zoneNamed(name)
  if (zone !== null) return zone
  // rules of daylight saving spelled out in POSIX's way have digits or a comma
  return name !== null && /^[A-Za-z_/]+$/.test(name) ? { kind: 'unknown', name } : call.unsupported(`time zone ${name}`)
}

/** The session's zone. */
export function sessionZoneOf(call: Call): Zone {
  const name = call.timeZone.slice(1, -1).replaceAll("''", "'")
  return zoneOfName(name) ?? call.unsupported(`time zone ${name}`)
}

export function zoneOfName(name: string): Zone | null {
  return zoneNamed(name)
}

export const isUtc = (zone: AnyZone) => zone.kind === 'name' && /^(UTC|GMT|Etc\/UTC|Etc\/GMT)$/.test(zone.name)

export function localOf(call: Call, instant: string): string {
  return localIn(sessionZoneOf(call), instant)
}

export function instantOf(call: Call, local: string): string {
  return instantIn(sessionZoneOf(call), local)
}

const notRecognized = (zone: string) => raise('22023', `time zone "${zone}" not recognized`)

export function localIn(zone: AnyZone, instant: string): string {
  if (zone.kind === 'unknown')
    return bindOnce([instant], ([x = '']) => `CAST(${unlessNull(x, notRecognized(zone.name))} AS ${LOCAL})`)
  if (zone.kind === 'offset') return `(CAST(${instant} AS ${LOCAL}) + INTERVAL '${zone.seconds}' SECOND)`
  return isUtc(zone) ? `CAST(${instant} AS ${LOCAL})` : `CAST(at_timezone(${instant}, ${quote(zone.name)}) AS ${LOCAL})`
}

export function instantIn(zone: AnyZone, local: string): string {
  if (zone.kind === 'unknown')
    return bindOnce([local], ([x = '']) => `CAST(${unlessNull(x, notRecognized(zone.name))} AS ${INSTANT})`)
  if (zone.kind === 'offset') return `with_timezone(${local} - INTERVAL '${zone.seconds}' SECOND, 'UTC')`
  return isUtc(zone) ? `with_timezone(${local}, 'UTC')` : `pg_instant(${local}, ${quote(zone.name)})`
}

/** Seconds east of UTC at an instant. */
export function offsetAt(call: Call, instant: string): string {
  return bindOnce(
    [instant],
    ([x = '']) => `date_diff('second', CAST(${x} AS ${LOCAL}), ${localIn(sessionZoneOf(call), x)})`,
  )
}
