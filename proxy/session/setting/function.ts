import type { Bind, TwinStatement } from '../../compiler/compiler.ts'
import type { Batch } from '../../engine/engine.ts'
import { PgError, unsupported } from '../../error.ts'
import { type Outcome, resultFormats, rowValues, splitRows } from '../rows.ts'
import type { Session } from '../state.ts'
import { type Token, tokenise } from '../token.ts'
import { assign } from './assign.ts'

/**
 * set_config() in a query that reads no lake: drivers and pg_dump set settings with it. The settings are the session's, not
 * the twin's, so each call is computed in two steps, both by the tenant's PostgreSQL as the client's own query: first the
 * arguments alone (with the query's FROM and WHERE, so that there is one set per row), which are then assigned as SET would;
 * then the query itself, with the call replaced by its second argument, which is what it returns.
 */
export async function runSettingFunctions(
  session: Session,
  statement: TwinStatement,
  bind: Bind,
  signal: AbortSignal,
): Promise<Outcome> {
  const { sql, columns, parameterTypes } = statement
  const read = readCalls(sql)
  if (read === null || columns === null) throw unsupported('set_config() in such a query')
  const { calls, rest } = read

  const before = session.settings.forTwin()
  const analyse = async (text: string): Promise<TwinStatement> => {
    const analysis = await session.front.analyse(text, parameterTypes, before, signal)
    if (analysis.kind !== 'twin') throw unsupported('set_config() in such a query')
    return analysis.statement
  }
  const itself = await analyse(
    calls.reduceRight((text, call) => `${text.slice(0, call.start)}(${call.value})::text${text.slice(call.end)}`, sql),
  )
  const list = calls.map((call) => `(${call.name})::text, (${call.value})::text, (${call.isLocal})::boolean`)
  const run = await session.front.query(
    await analyse(`SELECT ${list.join(', ')}${rest}`),
    { ...bind, resultFormats: [] },
    before,
    signal,
  )
  const rows: (string | null)[][] = []
  for await (const batch of run.batches) rows.push(...splitRows(batch).map(rowValues))

  const result = await session.front.query(itself, bind, before, signal)
  const to = { settings: session.settings, front: session.front, user: session.identity.user }
  const outsideTransaction = !session.transaction.inBlock && !session.oneOfMany
  async function* batches(): AsyncGenerator<Batch> {
    for (const row of rows) {
      for (let at = 0; at < row.length; at += 3) {
        const [name, value, isLocal] = row.slice(at, at + 3)
        if (name == null) throw new PgError('22004', 'SET requires parameter name')
        if (isLocal === 't' && outsideTransaction) continue
        await assign(to, { name, value: value ?? null, scope: isLocal === 't' ? 'local' : 'session' }, signal)
      }
    }
    yield* result.batches
  }
  const formats = resultFormats(bind.resultFormats, columns.length)
  return { kind: 'rows', columns, formats, batches: batches(), tag: (count) => `SELECT ${count}` }
}

export function usesSetConfig(sql: string): boolean {
  return /set_config/i.test(sql) && (tokenise(sql) ?? []).some(isSetConfig)
}

type Call = { start: number; end: number; name: string; value: string; isLocal: string }

/** Null: a call stands where it may not run once per row (a subquery, WHERE, …). */
function readCalls(sql: string): { calls: Call[]; rest: string } | null {
  const tokens = tokenise(sql.replace(/;\s*$/, ''))
  if (tokens === null || tokens[0]?.value !== 'select') return null
  const restAt = restOf(tokens)
  const calls: Call[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined || !isSetConfig(token)) continue
    if (restAt !== null && token.start >= restAt) return null
    const call = readCall(sql, tokens, at)
    if (call === null) return null
    calls.push(call)
  }
  return { calls, rest: restAt === null ? '' : ` ${sql.slice(restAt).replace(/;\s*$/, '')}` }
}

function isSetConfig(token: Token): boolean {
  return (token.kind === 'word' || token.kind === 'name') && token.value === 'set_config'
}

const CLAUSES: ReadonlySet<string> = new Set([
  'from',
  'where',
  'group',
  'order',
  'limit',
  'offset',
  'union',
  'having',
  'window',
  'fetch',
  'for',
  'intersect',
  'except',
])

/** Where the select list ends. */
function restOf(tokens: readonly Token[]): number | null {
  let depth = 0
  for (const token of tokens) {
    if (token.kind === 'symbol' && '(['.includes(token.value)) depth += 1
    if (token.kind === 'symbol' && ')]'.includes(token.value)) depth -= 1
    if (depth === 0 && token.kind === 'word' && CLAUSES.has(token.value)) return token.start
  }
  return null
}

function readCall(sql: string, tokens: readonly Token[], at: number): Call | null {
  if (tokens[at + 1]?.value !== '(') return null
  const qualified = tokens[at - 1]?.value === '.' && tokens[at - 2]?.value === 'pg_catalog'
  const start = (qualified ? tokens[at - 2] : tokens[at])?.start ?? 0
  const pieces: string[] = []
  let depth = 0
  let from = tokens[at + 1]?.end ?? 0
  for (const token of tokens.slice(at + 1)) {
    if (token.kind !== 'symbol') continue
    if ('(['.includes(token.value)) depth += 1
    if (')]'.includes(token.value)) depth -= 1
    if (depth > 1 || (depth === 1 && token.value !== ',')) continue
    pieces.push(sql.slice(from, token.start))
    from = token.end
    if (depth > 0) continue
    const [name, value, isLocal] = pieces
    if (name === undefined || value === undefined || isLocal === undefined || pieces.length !== 3) return null
    return { start, end: token.end, name, value, isLocal }
  }
  return null
}
