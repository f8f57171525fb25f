import { unsupported } from '../../../proxy/error.ts'
import { ANGLE_ROUTINES } from './routine/angle.ts'
import { FLOAT_ROUTINES } from './routine/float.ts'
import { JSON_ROUTINES } from './routine/json.ts'
import { JSON_EDIT_ROUTINES } from './routine/json-edit.ts'
import { NUMBER_ROUTINES } from './routine/number.ts'
import { TEXT_ROUTINES } from './routine/text.ts'
import { TIME_ROUTINES } from './routine/time.ts'

/**
 * What no expression of Trino says is a SQL routine, declared in front of the query that calls it. A routine calls only
 * those that are declared before it. https://trino.io/docs/current/udf/introduction.html#inline-user-defined-functions
 */
export type Routine = { readonly name: string; readonly sql: string; readonly calls: readonly string[] }

const CALL = /\b(pg_[a-z0-9_]+)\(/g

function routine(sql: string): Routine {
  const name = /^(pg_[a-z0-9_]+)\(/.exec(sql)?.[1] ?? ''
  const calls = [...sql.matchAll(CALL)].map((found) => found[1] ?? '').filter((called) => called !== name)
  return { name, sql: `FUNCTION ${sql}`, calls: [...new Set(calls)] }
}

/** In an order in which each comes after those that it calls. */
export const ROUTINES: readonly Routine[] = [
  ...TEXT_ROUTINES,
  ...NUMBER_ROUTINES,
  ...FLOAT_ROUTINES,
  ...ANGLE_ROUTINES,
  ...TIME_ROUTINES,
  ...JSON_ROUTINES,
  ...JSON_EDIT_ROUTINES,
].map(routine)

const BY_NAME: ReadonlyMap<string, Routine> = new Map(ROUTINES.map((one) => [one.name, one]))

/** `query.max-length`, as Trino has it. https://trino.io/docs/current/admin/properties-query-management.html */
const STATEMENT_CHARACTERS_MAX = 1_000_000

/** The statement with the routines that it calls. */
export function withRoutines(statement: string): string {
  return ofLength(routinesAdded(ofLength(statement)))
}

/** Before it is searched too: a text of megabytes is more than a pattern can be held against. */
function ofLength(statement: string): string {
  if (statement.length > STATEMENT_CHARACTERS_MAX) throw unsupported('a statement of so many characters')
  return statement
}

function routinesAdded(statement: string): string {
  const needed = new Set<string>()
  const add = (name: string) => {
    const found = BY_NAME.get(name)
    if (found === undefined || needed.has(name)) return
    needed.add(name)
    found.calls.forEach(add)
  }
  for (const found of withoutTexts(statement).matchAll(CALL)) add(found[1] ?? '')
  if (needed.size === 0) return statement
  const declared = ROUTINES.filter(({ name }) => needed.has(name)).map(({ sql }) => sql)
  const at = queryStart(statement)
  return `${statement.slice(0, at)}WITH ${declared.join(', ')} ${statement.slice(at)}`
}

/** Text constants and quoted names hold no calls. */
function withoutTexts(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "''")
}

const QUOTED_NAME = '(?:"(?:[^"]|"")*"|[a-z_0-9]+)'
const HEAD = new RegExp(
  `^(?:EXPLAIN (?:ANALYZE )?(?:VERBOSE )?(?:\\([^)]*\\) )?)?(?:INSERT INTO ${QUOTED_NAME}(?:\\.${QUOTED_NAME})* (?:\\((?:${QUOTED_NAME}(?:, )?)*\\) )?|CREATE (?:OR REPLACE )?TABLE [^(]*? AS )?`,
)

/** Routines stand in front of a whole query: of a SELECT, or of what is inserted. */
function queryStart(statement: string): number {
  const at = HEAD.exec(statement)?.[0].length ?? 0
  if (/^(SELECT|WITH|VALUES|TABLE|\()/.test(statement.slice(at))) return at
  throw unsupported('this function in UPDATE, DELETE or MERGE', {
    detail: 'It takes a routine, which is declared in front of a query.',
  })
}
