import { PgError, unsupported } from '../../error.ts'
import { planLake } from '../plan.ts'
import { type Outcome, textColumn, textOutcome } from '../rows.ts'
import type { Statement } from '../state.ts'
import { TokenReader } from '../token.ts'
import type { StatementContext, StatementHandler } from './handler.ts'

/**
 * Which engine would run the statement, why, how much it would read, and the SQL it would get. With ANALYZE it runs, and
 * the time and rows are told. https://www.postgresql.org/docs/18/sql-explain.html
 */
export const explain: StatementHandler = {
  readOnly: true,
  command: 'EXPLAIN',
  async describe({ statement }) {
    return [planColumn(readExplain(statement.sql)?.options.format ?? 'text')]
  },
  async run(ctx) {
    const command = readExplain(ctx.statement.sql)
    if (command === null) throw unsupported('this form of EXPLAIN')
    const { options, queryAt } = command
    const inner = await ctx.compileInner(queryAt, ctx.statement.sql.length)
    const plan = await describePlan(ctx, inner)
    if (!options.costs) for (const name of COSTS) delete plan[name]
    if (options.analyze) Object.assign(plan, await measure(ctx, inner))
    const column = planColumn(options.format)
    const rows =
      options.format === 'json' ? [[JSON.stringify([{ Plan: plan }], null, 2)]] : lines(plan).map((line) => [line])
    return textOutcome([column], ctx.bind.resultFormats, rows, 'EXPLAIN')
  },
}

type ExplainOptions = { analyze: boolean; costs: boolean; format: 'text' | 'json' }
type Plan = Record<string, string | number | readonly string[] | null>

const JSON_OID = 114
/** What COSTS OFF leaves out: it changes with the data. */
const COSTS = ['Reason', 'Estimated Bytes', 'Estimated Rows']

function planColumn(format: ExplainOptions['format']) {
  return format === 'json' ? { ...textColumn('QUERY PLAN'), typeOid: JSON_OID } : textColumn('QUERY PLAN')
}

async function describePlan(ctx: StatementContext, inner: Statement): Promise<Plan> {
  const { analysis } = inner
  switch (analysis.kind) {
    case 'lake': {
      const { session, bind, signal } = ctx
      const { engine, routed, sql } = await planLake(
        session,
        analysis.compiled,
        bind,
        session.transaction.lakeId,
        signal,
      )
      return {
        'Node Type': 'Lake Query',
        Engine: engine.name,
        Reason: routed.reason,
        'Estimated Bytes': routed.bytesEstimated,
        'Estimated Rows': routed.rowsEstimated,
        'Engine SQL': sql.statements,
      }
    }
    case 'twin':
      return { 'Node Type': 'Result', Reason: 'no table of the lake is read: the catalog answers' }
    case 'empty':
    case 'utility':
      throw unsupported('EXPLAIN of a statement other than SELECT, INSERT, UPDATE, DELETE and MERGE')
    default:
      return analysis satisfies never
  }
}

async function measure(ctx: StatementContext, inner: Statement): Promise<Plan> {
  const start = performance.now()
  const outcome: Outcome = await ctx.runStatement(inner, { ...ctx.bind, resultFormats: [] })
  let rows = 0
  let bytes = 0
  if (outcome.kind === 'done') rows = Number(/\d+$/.exec(outcome.tag)?.[0] ?? 0)
  if (outcome.kind === 'rows') {
    for await (const batch of outcome.batches) {
      rows += batch.rows
      bytes += batch.bytes.byteLength
    }
  }
  return {
    'Actual Rows': rows,
    'Result Bytes': bytes,
    'Execution Time': Math.round((performance.now() - start) * 1000) / 1000,
  }
}

function lines(plan: Plan): string[] {
  const out = [String(plan['Node Type'])]
  for (const [name, value] of Object.entries(plan)) {
    if (name === 'Node Type' || value === null) continue
    if (typeof value === 'string' || typeof value === 'number') {
      out.push(`  ${name}: ${value}${name === 'Execution Time' ? ' ms' : ''}`)
      continue
    }
    out.push(`  ${name}:`)
    for (const text of value) for (const line of text.split('\n')) out.push(`    ${line}`)
  }
  return out
}

function readExplain(sql: string): { options: ExplainOptions; queryAt: number } | null {
  const reader = new TokenReader(sql)
  if (!reader.words('explain')) return null
  const options: ExplainOptions = { analyze: false, costs: true, format: 'text' }
  if (reader.symbol('(')) {
    do readOption(reader, options)
    while (reader.symbol(','))
    if (!reader.symbol(')')) return null
  } else {
    options.analyze = reader.oneOf('analyze', 'analyse') !== null
    reader.words('verbose')
  }
  return { options, queryAt: reader.offset }
}

const FALSE_WORDS: ReadonlySet<string> = new Set(['false', 'off', '0'])

function readOption(reader: TokenReader, options: ExplainOptions): void {
  const name = reader.identifier()
  const next = reader.peek()
  const value = next === undefined || next.value === ',' || next.value === ')' ? null : reader.next()
  switch (name) {
    case 'analyze':
    case 'analyse':
      options.analyze = !FALSE_WORDS.has(value?.value.toLowerCase() ?? '')
      return
    case 'format': {
      const format = value?.value.toLowerCase()
      if (format !== 'text' && format !== 'json') throw unsupported(`EXPLAIN in format ${format}`)
      options.format = format
      return
    }
    case 'costs':
      options.costs = !FALSE_WORDS.has(value?.value.toLowerCase() ?? '')
      return
    case 'verbose':
    case 'settings':
    case 'generic_plan':
    case 'buffers':
    case 'serialize':
    case 'wal':
    case 'timing':
    case 'summary':
    case 'memory':
      // They choose among figures of PostgreSQL's own planner, of which there are none here.
      return
    default:
      throw new PgError('42601', `unrecognized EXPLAIN option "${name ?? ''}"`)
  }
}
