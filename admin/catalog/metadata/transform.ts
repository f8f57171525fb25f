import type { IcebergType } from '../../../proxy/lake/lake.ts'
import { badRequest } from '../problem.ts'

const INTEGERS = /^(int|long)$/
const DAYS = /^(date|timestamp|timestamptz|timestamp_ns|timestamptz_ns)$/
const HOURS = /^(timestamp|timestamptz|timestamp_ns|timestamptz_ns)$/
const BUCKETS =
  /^(int|long|decimal\(.*\)|date|time|timestamp|timestamptz|timestamp_ns|timestamptz_ns|string|uuid|fixed\[.*\]|binary)$/
const TRUNCATES = /^(int|long|decimal\(.*\)|string|binary)$/

/** Which source types a transform takes: https://iceberg.apache.org/spec/#partition-transforms */
const TRANSFORMS: readonly { pattern: RegExp; takes: (type: string) => boolean }[] = [
  { pattern: /^identity$/, takes: (type) => !/^(variant|unknown|geo.*)$/.test(type) },
  { pattern: /^void$/, takes: () => true },
  { pattern: /^bucket\[[1-9]\d{0,8}\]$/, takes: (type) => BUCKETS.test(type) },
  { pattern: /^truncate\[[1-9]\d{0,8}\]$/, takes: (type) => TRUNCATES.test(type) || INTEGERS.test(type) },
  { pattern: /^(year|month|day)$/, takes: (type) => DAYS.test(type) },
  { pattern: /^hour$/, takes: (type) => HOURS.test(type) },
]

export function checkTransform(transform: string, source: IcebergType, what: string): void {
  const known = TRANSFORMS.find(({ pattern }) => pattern.test(transform))
  if (known === undefined) throw badRequest(`Unknown transform: ${transform}`)
  if (typeof source !== 'string') throw badRequest(`Cannot ${what} by non-primitive source field`)
  if (!known.takes(source)) throw badRequest(`Invalid source type ${source} for transform: ${transform}`)
}
