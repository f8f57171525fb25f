import type { ScanFilter } from '../../../proxy/lake/lake.ts'
import type { PartitionSpec } from '../metadata/table-metadata.ts'
import type { Field } from '../metadata/type.ts'
import { type DataFile, field, type PartitionSummary } from './manifest.ts'
import { type Range, type Transform, transformOf } from './transform.ts'
import { compare, decodeBound, partitionValue, readConstant, type Value, type ValueType, valueType } from './value.ts'

/** What is known of the rows behind a file or a manifest. Every answer is "might": false only where it is certain. */
export type Knowledge = {
  mightHold(fieldId: number, range: Range): boolean
  mightBeNull(fieldId: number): boolean
  mightBeNotNull(fieldId: number): boolean
}

/** Whether rows that a filter wants might be there. */
export type Test = (known: Knowledge) => boolean

const ANYTHING: Test = () => true
const NOTHING: Test = () => false

/** A filter of the proxy for the columns that there are now; what it asks of others is not looked at. */
export function compileFilter(filter: ScanFilter, fields: readonly Field[]): Test {
  switch (filter.kind) {
    case 'and': {
      const tests = filter.of.map((part) => compileFilter(part, fields))
      return (known) => tests.every((test) => test(known))
    }
    case 'or': {
      const tests = filter.of.map((part) => compileFilter(part, fields))
      return (known) => tests.some((test) => test(known))
    }
    case 'never':
      return NOTHING
    case 'null':
      return (known) => known.mightBeNull(filter.fieldId)
    case 'notNull':
      return (known) => known.mightBeNotNull(filter.fieldId)
    case 'compare':
    case 'in': {
      const type = typeOf(fields, filter.fieldId)
      const ranges = type === null ? null : rangesOf(filter, type)
      if (ranges === null) return ANYTHING
      return (known) => ranges.some((range) => known.mightHold(filter.fieldId, range))
    }
  }
}

function typeOf(fields: readonly Field[], fieldId: number): ValueType | null {
  return valueType(fields.find(({ id }) => id === fieldId)?.type)
}

/** Null: the constant does not tell. A range whose low end is above its high one holds nothing. */
function rangesOf(filter: Extract<ScanFilter, { kind: 'compare' | 'in' }>, type: ValueType): Range[] | null {
  const texts = filter.kind === 'in' ? filter.values : [filter.value]
  const ranges: Range[] = []
  for (const text of texts) {
    const constant = readConstant(type, text)
    if (constant === null) return null
    const { floor, ceiling } = constant
    const isOne = compare(floor, ceiling) === 0
    switch (filter.kind === 'in' ? '=' : filter.operator) {
      case '=':
        ranges.push({ low: ceiling, high: floor })
        break
      case '<':
        ranges.push({ low: null, high: isOne ? next(floor, -1n) : floor })
        break
      case '<=':
        ranges.push({ low: null, high: floor })
        break
      case '>':
        ranges.push({ low: isOne ? next(ceiling, 1n) : ceiling, high: null })
        break
      case '>=':
        ranges.push({ low: ceiling, high: null })
        break
    }
  }
  return ranges
}

function next(value: Value, step: bigint): Value {
  return typeof value === 'bigint' ? value + step : value
}

function isEmpty({ low, high }: Range): boolean {
  return low !== null && high !== null && compare(low, high) > 0
}

/** NaN is the largest of all values in PostgreSQL, and in no bound of Iceberg. */
function takesNan(type: ValueType, { high }: Range): boolean {
  return type.kind === 'float' && (high === null || high === Number.POSITIVE_INFINITY)
}

/** Null ends: not known. Ends the wrong way round come from a writer that orders otherwise, and tell nothing. */
function overlaps(range: Range, low: Value | null, high: Value | null): boolean {
  if (low !== null && high !== null && compare(low, high) > 0) return true
  if (range.low !== null && high !== null && compare(high, range.low) < 0) return false
  return !(range.high !== null && low !== null && compare(low, range.high) > 0)
}

type SpecField = { readonly sourceId: number; readonly fieldId: number; readonly name: string; readonly of: Transform }

/** The fields of a spec that tell something, by their position in it. */
export function specFields(spec: PartitionSpec | undefined, fields: readonly Field[]): (SpecField | null)[] {
  return (spec?.fields ?? []).map((specField) => {
    const type = typeOf(fields, specField['source-id'])
    const of = type === null ? null : transformOf(specField.transform, type)
    return of === null
      ? null
      : { sourceId: specField['source-id'], fieldId: specField['field-id'], name: specField.name, of }
  })
}

/** What a manifest list tells of a manifest. */
export function knowManifest(summaries: readonly PartitionSummary[], spec: readonly (SpecField | null)[]): Knowledge {
  const told = (fieldId: number) =>
    spec.flatMap((specField, index) => {
      const summary = summaries[index]
      return specField === null || summary === undefined || specField.sourceId !== fieldId
        ? []
        : [{ ...specField, summary }]
    })
  return {
    mightHold: (fieldId, range) =>
      !isEmpty(range) &&
      told(fieldId).every(({ of, summary }) => {
        const projected = of.project(range)
        if (projected === null) return true
        if (summary.containsNan !== false && takesNan(of.result, projected)) return true
        const [low, high] = [summary.lower, summary.upper].map((b) => (b === null ? null : decodeBound(of.result, b)))
        return overlaps(projected, low ?? null, high ?? null)
      }),
    mightBeNull: (fieldId) => told(fieldId).every(({ summary }) => summary.containsNull),
    mightBeNotNull: () => true,
  }
}

/** What a manifest tells of a file: its partition, and the bounds of its columns. */
export function knowFile(
  file: DataFile,
  spec: readonly (SpecField | null)[],
  types: ReadonlyMap<number, ValueType>,
): Knowledge {
  const told = (fieldId: number) =>
    spec.flatMap((specField) => {
      if (specField === null || specField.sourceId !== fieldId) return []
      const value = partitionValue(specField.of.result, field(file.partition, specField.fieldId, specField.name))
      return value === undefined ? [] : [{ of: specField.of, value }]
    })
  const isAllNull = (fieldId: number) => {
    const nulls = file.nullCounts.get(fieldId)
    return nulls !== undefined && file.rows > 0 && nulls >= (file.valueCounts.get(fieldId) ?? file.rows)
  }
  return {
    mightHold: (fieldId, range) => {
      const type = types.get(fieldId)
      if (type === undefined) return true
      if (isEmpty(range) || isAllNull(fieldId)) return false
      const isPartition = told(fieldId).every(({ of, value }) => {
        if (value === null) return false
        const projected = of.project(range)
        if (projected === null) return true
        if (typeof value === 'number' && Number.isNaN(value)) return takesNan(of.result, projected)
        return overlaps(projected, value, value)
      })
      if (!isPartition) return false
      if (takesNan(type, range) && file.nanCounts.get(fieldId) !== 0) return true
      const [low, high] = [file.lower.get(fieldId), file.upper.get(fieldId)].map((bound) =>
        bound === undefined ? null : decodeBound(type, bound),
      )
      return overlaps(range, low ?? null, high ?? null)
    },
    mightBeNull: (fieldId) => file.nullCounts.get(fieldId) !== 0 && told(fieldId).every(({ value }) => value === null),
    mightBeNotNull: (fieldId) => !isAllNull(fieldId) && told(fieldId).every(({ value }) => value !== null),
  }
}
