import { PgError, unsupported } from '../../error.ts'
import { planLake } from '../plan.ts'
import { type Outcome, textColumn, textOutcome } from '../rows.ts'
import type { Bound, Statement } from '../state.ts'
import { TokenReader } from '../token.ts'
import { readCreateTableAs, readSelectInto } from './create-table-as.ts'
import { readDeclare } from './cursor.ts'
import type { StatementContext, StatementHandler } from './handler.ts'
import { preparedOf } from './prepare.ts'

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
    const explained = await planned(ctx, await ctx.compileInner(queryAt, ctx.statement.sql.length))
    const plan = await describePlan(ctx, explained)
    if (!options.costs) for (const name of COSTS) delete plan[name]
    if (options.analyze) Object.assign(plan, await measure(ctx, explained))
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
const COSTS = ['Reason', 'Estimated Bytes', 'Estimated Rows', 'Estimated Files', 'Total Files']

function planColumn(format: ExplainOptions['format']) {
  return format === 'json' ? { ...textColumn('QUERY PLAN'), typeOid: JSON_OID } : textColumn('QUERY PLAN')
}

/** `whole` is what ANALYZE runs, `query` what an engine would get of it. */
type Explained = { readonly whole: Statement; readonly query: Statement; readonly bind: Bound }

async function planned(ctx: StatementContext, inner: Statement): Promise<Explained> {
  const { bind } = ctx
  if (inner.analysis.kind !== 'utility') return { whole: inner, query: inner, bind }
  const { node, sql } = inner.analysis.statement
  switch (node) {
    case 'ExecuteStmt': {
      const execution = await preparedOf(ctx, sql)
      return { whole: execution.statement, query: execution.statement, bind: execution.bind }
    }
    case 'DeclareCursorStmt': {
      const queryAt = readDeclare(sql)?.queryAt
      if (queryAt === undefined) throw unsupported('this form of DECLARE')
      const query = await ctx.compileText(sql.slice(queryAt))
      return { whole: query, query, bind }
    }
    case 'CreateTableAsStmt': {
      const text = readSelectInto(sql) ?? sql
      const parts = readCreateTableAs(text)
      if (parts === null) throw unsupported('this form of CREATE TABLE AS')
      return { whole: inner, query: await ctx.compileText(text.slice(parts.queryStart, parts.queryEnd)), bind }
    }
    default:
      throw unsupported('EXPLAIN of such a statement')
  }
}

async function describePlan(ctx: StatementContext, { query, bind }: Explained): Promise<Plan> {
  const { analysis } = query
  switch (analysis.kind) {
    case 'lake': {
      const { session, signal } = ctx
      const { engine, routed, sql } = await planLake(
        session,
        analysis.compiled,
        bind,
        session.transaction.lakeId,
        signal,
        { fresh: true },
      )
      return {
        'Node Type': 'Lake Query',
        Engine: engine.name,
        Reason: routed.reason,
        'Estimated Bytes': routed.estimate.bytes,
        'Estimated Rows': routed.estimate.rows,
        'Estimated Files': routed.estimate.files,
        'Total Files': routed.estimate.filesTotal,
        'Engine SQL': sql.statements,
      }
    }
    case 'twin':
      return { 'Node Type': 'Result', Reason: 'no table of the lake is read: the catalog answers' }
    case 'empty':
    case 'utility':
      throw unsupported('EXPLAIN of such a statement')
    default:
      return analysis satisfies never
  }
}

async function measure(ctx: StatementContext, { whole, bind }: Explained): Promise<Plan> {
  const start = performance.now()
  const outcome: Outcome = await ctx.runStatement(whole, { ...bind, resultFormats: [] })
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
