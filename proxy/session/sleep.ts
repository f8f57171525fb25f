import { setTimeout as pause } from 'node:timers/promises'
import type { Bind, TwinStatement } from '../compiler/compiler.ts'
import type { Batch } from '../engine/engine.ts'
import { unsupported } from '../error.ts'
import { type Outcome, resultFormats, rowValues, splitRows } from './rows.ts'
import type { Session } from './state.ts'
import { tokenise } from './token.ts'

/**
 * SELECT pg_sleep(…) and its kin by themselves. The session waits: in the tenant's PostgreSQL a sleeper would hold one of the
 * backends that all sessions share, so there they may not be called (compiler/twin/revoked.ts).
 * https://www.postgresql.org/docs/18/functions-datetime.html#FUNCTIONS-DATETIME-DELAY
 */
const SECONDS: Readonly<Record<string, (argument: string) => string>> = {
  pg_sleep: (argument) => `(${argument})::pg_catalog.float8`,
  pg_sleep_for: (argument) => `extract(epoch from (${argument})::pg_catalog.interval)::pg_catalog.float8`,
  pg_sleep_until: (argument) =>
    `extract(epoch from (${argument})::pg_catalog.timestamptz - pg_catalog.clock_timestamp())::pg_catalog.float8`,
}
/** What a timer of Node.js can be set to. */
const PAUSE_MS_MAX = 2_147_483_647
const TOKENS_MAX = 200

/** How long to sleep, as an expression; null: not such a statement. */
export function sleepExpression(sql: string): string | null {
  if (!/pg_sleep/i.test(sql)) return null
  const tokens = tokenise(sql.replace(/;\s*$/, ''), TOKENS_MAX)
  if (tokens?.[0]?.value !== 'select') return null
  const at = tokens[1]?.value === 'pg_catalog' && tokens[2]?.value === '.' ? 3 : 1
  const seconds = SECONDS[tokens[at]?.value ?? '']
  if (seconds === undefined || tokens[at + 1]?.value !== '(') return null
  let depth = 0
  for (const [index, token] of tokens.entries()) {
    if (index <= at || token.kind !== 'symbol') continue
    if (token.value === '(') depth += 1
    if (token.value !== ')' || --depth > 0) continue
    const rest = tokens.slice(index + 1)
    const isAlone = rest.length === 0 || (rest.length === 2 && rest[0]?.value === 'as')
    const argument = sql.slice(tokens[at + 1]?.end, token.start)
    return isAlone && !/pg_sleep/i.test(argument) ? seconds(argument) : null
  }
  return null
}

export async function runSleep(
  session: Session,
  statement: TwinStatement,
  seconds: string,
  bind: Bind,
  signal: AbortSignal,
): Promise<Outcome> {
  const { columns, parameterTypes } = statement
  const settings = session.settings.forTwin()
  const ask = async (sql: string, asked: Bind) => {
    const analysis = await session.front.analyse(sql, parameterTypes, settings, signal)
    if (analysis.kind !== 'twin' || columns === null) throw unsupported('pg_sleep() in such a query')
    return await session.front.query(analysis.statement, asked, settings, signal)
  }
  const rows: (string | null)[][] = []
  for await (const batch of (await ask(`SELECT ${seconds}`, { ...bind, resultFormats: [] })).batches)
    rows.push(...splitRows(batch).map(rowValues))
  const duration = rows[0]?.[0] ?? null
  async function* batches(): AsyncGenerator<Batch> {
    if (duration !== null) await sleepUntil(performance.now() + 1000 * Number(duration), signal)
    // void's only value; strict functions give NULL for NULL
    const value = duration === null ? 'NULL' : `''`
    yield* (await ask(`SELECT ${value}::pg_catalog.void`, bind)).batches
  }
  const formats = resultFormats(bind.resultFormats, 1)
  return { kind: 'rows', columns: columns ?? [], formats, batches: batches(), tag: (count) => `SELECT ${count}` }
}

async function sleepUntil(end: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const left = end - performance.now()
    if (!(left > 0)) return
    try {
      await pause(Math.min(Math.ceil(left), PAUSE_MS_MAX), undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }
}
