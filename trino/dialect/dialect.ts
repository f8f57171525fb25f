import { unsupported } from '../../proxy/error.ts'
import type { Dialect } from '../../proxy/print/dialect.ts'
import * as oid from '../../proxy/print/oid.ts'
import { raiseText } from '../../proxy/print/raise.ts'
import { comparesPlainly, greatest, identifies, least, sortKey } from './compare.ts'
import { TRINO_ANSWERS } from './function/answers.ts'
import { bindOnce } from './function/helper.ts'
import { withRoutines } from './function/routine.ts'
import { fromText, toText } from './function/text-form.ts'
import { localIn, zoneOfName } from './function/zone.ts'
import { literal, padded } from './literal.ts'
import { identifier, quote } from './quote.ts'
import { columnIdentifier, readColumn, tableName, writeColumn } from './storage.ts'
import { arrayTypeName, DECIMAL_DIGITS_MAX, decimal, NUMERIC_UNKNOWN, rowTypeName, typeName } from './type.ts'
import { frameOffset } from './window.ts'

/** Digits after the point that a division is computed with, at most. */
const QUOTIENT_SCALE_MAX = 20

/** Digits before the point that a dividend is given room for. */
const QUOTIENT_WHOLE_MAX = 13

/** How Trino's SQL is written; `catalog` is what Trino calls our Iceberg catalog. */
export function trinoDialect(catalog: string): Dialect {
  return {
    name: 'trino',
    answers: TRINO_ANSWERS,
    quote,
    identifier: columnIdentifier,
    typeName,
    rowTypeName,
    arrayTypeName,
    literal,
    relationName: (lakeTransaction, tenant, { schema, name }) => {
      const first = lakeTransaction === null ? tenant : `${tenant}~${lakeTransaction}`
      return [catalog, `${first}.${tableName(schema)}`, tableName(name)].map(identifier).join('.')
    },
    numeric: {
      digitsMax: DECIMAL_DIGITS_MAX,
      unknown: NUMERIC_UNKNOWN,
      quotientScale: (dividend) => {
        const whole = Math.min(dividend.precision - dividend.scale, QUOTIENT_WHOLE_MAX)
        const scale = Math.min(QUOTIENT_SCALE_MAX, DECIMAL_DIGITS_MAX - 2 - whole)
        return Math.max(scale, Math.min(dividend.scale, QUOTIENT_SCALE_MAX))
      },
      exactQuotients: false,
      quotientText: () => {
        throw unsupported('a quotient as text')
      },
      textOfScale,
      minimalScale,
    },
    read: readColumn,
    write: writeColumn,
    show: (type, typmod, sql) => (type === oid.BPCHAR ? padded(sql, typmod) : sql),
    toText,
    fromText,
    cast: (sql, name) => `CAST(${sql} AS ${name})`,
    localTime: (instant, timeZone) => {
      const zone = zoneOfName(timeZone)
      if (zone === null) throw unsupported(`time zone ${timeZone}`)
      return localIn(zone, instant)
    },
    array: (items, name) => (items.length === 0 ? `CAST(ARRAY[] AS ${name()})` : `ARRAY[${items.join(', ')}]`),
    element: (array, index) =>
      /^[1-9]\d*$/.test(index)
        ? `element_at(${array}, ${index})`
        : bindOnce([index], ([at = '']) => `(CASE WHEN ${at} > 0 THEN element_at(${array}, ${at}) END)`),
    slice: (array, from, to) =>
      bindOnce([array, from ?? '1', to ?? 'NULL'], ([list = '', first = '', last = '']) => {
        const start = from === null ? '1' : `greatest(${first}, 1)`
        const end = to === null ? `cardinality(${list})` : `least(${last}, cardinality(${list}))`
        return `slice(${list}, ${start}, greatest(${end} - ${start} + 1, 0))`
      }),
    mapArray: (array, variable, body) => `transform(${array}, ${variable} -> ${body})`,
    arrayOfQuery: (query, name, ordinal) => {
      const columns = ordinal === null ? 'c1' : `c1, ${ordinal}`
      const order = ordinal === null ? '' : ` ORDER BY lw_a.${ordinal}`
      const type = name()
      return `(SELECT COALESCE(CAST(array_agg(lw_a.c1${order}) AS ${type}), CAST(ARRAY[] AS ${type})) FROM (${query}) AS lw_a(${columns}))`
    },
    arrayOfItems: (items, from, name) => {
      const type = name()
      return `(SELECT COALESCE(CAST(array_agg(${items}) AS ${type}), CAST(ARRAY[] AS ${type}))${from})`
    },
    anyOfArray: () => null,
    matchArray: (array, variable, body, quantifier) =>
      `${quantifier === 'ANY' ? 'any_match' : 'all_match'}(${array}, ${variable} -> ${body})`,
    row: (fields) => {
      if (fields.length === 0) throw unsupported('a row without columns')
      return `ROW(${fields.map(({ sql }) => sql).join(', ')})`
    },
    field: (row, _, place) => `(${row})[${place}]`,
    unnest: (list, alias, columns, ordinality) =>
      `UNNEST(${asRows(list)})${ordinality ? ' WITH ORDINALITY' : ''} AS ${alias}(${columns.join(', ')})`,
    unnestRows: (list, alias, columns, ordinality) =>
      `UNNEST(${list})${ordinality ? ' WITH ORDINALITY' : ''} AS ${alias}(${columns.join(', ')})`,
    unnestTogether: (lists, alias, columns, ordinality) =>
      `UNNEST(${lists.map(asRows).join(', ')})${ordinality ? ' WITH ORDINALITY' : ''} AS ${alias}(${columns.join(', ')})`,
    unnestInPlace: () => null,
    raise: (code, message) => `fail(${quote(raiseText(code, message))})`,
    rowIdentity: [],
    temporaryTable: () => {
      throw unsupported('a temporary table')
    },
    greatest,
    least,
    summand: (sql, isWhole) =>
      isWhole ? `CAST(${sql} AS ${decimal({ precision: DECIMAL_DIGITS_MAX, scale: 0 })})` : sql,
    sortKey,
    comparesPlainly,
    identifies,
    frameOffset,
    samplePercent: String,
    statement: withRoutines,
    abilities: {
      distinctOn: false,
      limitOfExpression: false,
      limitBeforeOffset: false,
      windowFilter: false,
      frameExclusion: false,
      groupingSetsOfExpressions: false,
      recursion: false,
      materializedHint: false,
      repeatableSample: false,
      orderOfSubquery: false,
      joinOfFunction: false,
      temporaryTables: false,
      correlatedAggregate: false,
      correlatedValues: false,
      nullInList: false,
      outerGroup: false,
    },
  }
}

/** UNNEST spreads a row over several columns: one around each keeps it, and anything else, in one. */
function asRows(list: string): string {
  return `transform(${list}, lw_u -> ROW(lw_u))`
}

function textOfScale(value: string, scale: string): string {
  return bindOnce([`CAST(${value} AS varchar)`, scale], ([text = '', digits = '']) => {
    const whole = `regexp_extract(${text}, '^-?[0-9]+')`
    const fraction = `COALESCE(regexp_extract(${text}, '\\.([0-9]*)', 1), '')`
    return `(${whole} || CASE WHEN ${digits} > 0 THEN '.' || rpad(${fraction}, ${digits}, '0') ELSE '' END)`
  })
}

function minimalScale(value: string): string {
  return `COALESCE(length(regexp_extract(CAST(${value} AS varchar), '\\.([0-9]*?)0*$', 1)), 0)`
}
