import { unsupported } from '../../error.ts'
import type { Dialect } from '../dialect.ts'
import * as oid from '../oid.ts'
import { raiseText } from '../raise.ts'
import { catalogName } from './catalog-name.ts'
import { DUCKDB_ANSWERS } from './function/answers.ts'
import { fromText, toText } from './function/text-form.ts'
import { literal, padded } from './literal.ts'
import { identifier, quote } from './quote.ts'
import { readColumn, writeColumn } from './storage.ts'
import { DECIMAL_DIGITS_MAX, NUMERIC_UNKNOWN, rowTypeName, typeName } from './type.ts'

/** Digits after the point that a division is computed with, at most. */
const QUOTIENT_SCALE_MAX = 20

/** PostgreSQL's limit of digits after the point. */
const SCALE_MAX = 16_383

const OPPOSITE: Readonly<Record<string, string>> = { '=': '<>', '<>': '=', '<': '>=', '>': '<=', '<=': '>', '>=': '<' }

export const DUCKDB: Dialect = {
  name: 'duckdb',
  answers: DUCKDB_ANSWERS,
  quote,
  identifier,
  typeName,
  rowTypeName,
  arrayTypeName: (element) => `${element}[]`,
  literal,
  relationName: (lakeTransaction, tenant, relation) =>
    `${identifier(catalogName(lakeTransaction))}.${identifier(`${tenant}.${relation.schema}`)}.${identifier(relation.name)}`,
  numeric: {
    digitsMax: DECIMAL_DIGITS_MAX,
    unknown: NUMERIC_UNKNOWN,
    quotientScale: (dividend) => {
      const whole = Math.min(dividend.precision - dividend.scale, 13)
      const scale = Math.min(QUOTIENT_SCALE_MAX, DECIMAL_DIGITS_MAX - 2 - whole)
      return Math.max(scale, Math.min(dividend.scale, QUOTIENT_SCALE_MAX))
    },
    exactQuotients: true,
    quotientText: (dividend, divisor) =>
      `pg_numeric_div(CAST(${dividend} AS VARCHAR), CAST(${divisor} AS VARCHAR), ${SCALE_MAX})`,
    textOfScale: (value, scale) => `pg_numeric_scaled(CAST(${value} AS VARCHAR), ${scale})`,
    minimalScale: (value) => `pg_numeric_min_scale(CAST(${value} AS VARCHAR))`,
  },
  read: readColumn,
  write: writeColumn,
  show: (type, typmod, sql) => (type === oid.BPCHAR ? padded(sql, typmod) : sql),
  toText,
  fromText,
  cast: (sql, name) => `CAST(${sql} AS ${name})`,
  array: (items, name) => (items.length === 0 ? `CAST([] AS ${name()})` : `[${items.join(', ')}]`),
  element: (array, index) => `(CASE WHEN ${index} > 0 THEN ${array}[${index}] END)`,
  slice: (array, from, to) =>
    `array_slice(${array}, ${from === null ? '1' : `greatest(${from}, 1)`}, ${to === null ? `len(${array})` : `greatest(${to}, 0)`})`,
  mapArray: (array, variable, body) => `list_transform(${array}, lambda ${variable}: ${body})`,
  matchArray: (array, variable, body, quantifier) => {
    const decided = quantifier === 'ANY' ? 'true' : 'false'
    const list = `list_transform(${array}, lambda ${variable}: ${body})`
    // list_bool_or of nothing is NULL, and passes over NULLs
    const outcome = `list_${quantifier === 'ANY' ? 'bool_or' : 'bool_and'}(${list})`
    const unknown = `len(list_filter(${list}, lambda lw_m: lw_m IS NULL)) > 0`
    return `(CASE WHEN ${array} IS NULL THEN NULL WHEN ${outcome} = ${decided} THEN ${decided} WHEN ${unknown} THEN NULL ELSE NOT ${decided} END)`
  },
  arrayOfQuery: (query) => `ARRAY(${query})`,
  arrayOfItems: (items, from, name) => `(SELECT COALESCE(list(${items}), CAST([] AS ${name()}))${from})`,
  anyOfArray: (left, operator, array, quantifier) => {
    // DuckDB takes ANY of a NULL list for false, and has no ALL of a list.
    const [compared, not] = quantifier === 'ANY' ? [operator, ''] : [OPPOSITE[operator] ?? operator, 'NOT ']
    return `(CASE WHEN ${array} IS NOT NULL THEN ${not}(${left} ${compared} ANY(${array})) END)`
  },
  row: (fields) => `struct_pack(${fields.map(({ name, sql }) => `${identifier(name)} := ${sql}`).join(', ')})`,
  field: (row, name) => `struct_extract(${row}, ${quote(name)})`,
  unnest: (list, alias, columns, ordinality) =>
    `UNNEST(${list})${ordinality ? ' WITH ORDINALITY' : ''} AS ${alias}(${columns.join(', ')})`,
  unnestRows: (list, alias, columns, ordinality) => {
    const width = ordinality ? columns.length - 1 : columns.length
    const fields = columns.slice(0, width).map((_, index) => `struct_extract(r.s, ${index + 1})`)
    const numbered = ordinality ? ', r.n' : ''
    return `LATERAL (SELECT ${fields.join(', ')}${numbered} FROM UNNEST(${list}) WITH ORDINALITY AS r(s, n)) AS ${alias}(${columns.join(', ')})`
  },
  unnestTogether: (lists, alias, columns, ordinality) => {
    const together = lists.map((list) => `unnest(${list})`).join(', ')
    const numbered = ordinality
      ? `, unnest(generate_series(1, greatest(${lists.map((list) => `len(${list})`).join(', ')})))`
      : ''
    return `LATERAL (SELECT ${together}${numbered}) AS ${alias}(${columns.join(', ')})`
  },
  unnestInPlace: (list) => `unnest(${list})`,
  raise: (code, message) => `error(${quote(raiseText(code, message))})`,
  // Virtual columns of the iceberg extension's scan: a data file never changes.
  rowIdentity: ['filename', 'file_row_number'],
  temporaryTable: (name, query) => `CREATE OR REPLACE TEMPORARY TABLE ${name} AS ${query}`,
  localTime: (instant) => `CAST(${instant} AS TIMESTAMP)`,
  greatest: (args, type) => `greatest(${ordered(args, type)})`,
  least: (args, type) => `least(${ordered(args, type)})`,
  summand: (sql) => sql,
  sortKey: (type, sql) => (type === oid.JSONB ? `pg_jsonb_key(${sql})` : sql),
  comparesPlainly: (_, type) => type !== oid.JSONB,
  identifies: () => true,
  frameOffset: (_, __, sql) => sql(),
  samplePercent: (percent) => `${percent} PERCENT`,
  statement: (sql) => sql,
  abilities: {
    distinctOn: true,
    limitOfExpression: true,
    limitBeforeOffset: true,
    windowFilter: true,
    frameExclusion: true,
    groupingSetsOfExpressions: true,
    recursion: true,
    materializedHint: true,
    repeatableSample: true,
    orderOfSubquery: true,
    joinOfFunction: true,
    temporaryTables: true,
    correlatedAggregate: true,
    correlatedValues: true,
    nullInList: true,
    outerGroup: true,
  },
}

/** jsonb is text to DuckDB. */
function ordered(args: readonly string[], type: number): string {
  if (type === oid.JSONB) throw unsupported('greatest and least of values of this type')
  return args.join(', ')
}
