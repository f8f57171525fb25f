import { PgError, unsupported } from '../../error.ts'
import type { Outcome } from '../rows.ts'
import { rowValues, splitRows, textColumn, textOutcome } from '../rows.ts'
import { SETTINGS } from '../setting/table.ts'
import { NO_BIND, type Session } from '../state.ts'
import { TokenReader } from '../token.ts'
import type { StatementContext, StatementHandler } from './handler.ts'
import { readName } from './set.ts'

/** https://www.postgresql.org/docs/18/sql-show.html */
export const show: StatementHandler = {
  readOnly: true,
  command: 'SHOW',
  async describe({ statement }) {
    const name = readShow(statement.sql)
    if (name === null) return statement.columns
    return name === ALL ? ['name', 'setting', 'description'].map(textColumn) : [textColumn(canonicalName(name))]
  },
  async run(ctx) {
    const name = readShow(ctx.statement.sql)
    if (name === null) throw unsupported('this form of SHOW')
    if (name === ALL) return await showAll(ctx)
    const value = await settingValue(ctx.session, name, ctx.signal)
    return textOutcome([textColumn(canonicalName(name))], ctx.bind.resultFormats, [[value]], 'SHOW')
  },
}

const ALL = 'all'

export function readShow(sql: string): string | null {
  const reader = new TokenReader(sql)
  if (!reader.words('show')) return null
  const name = readName(reader)
  return reader.atEnd ? name : null
}

function canonicalName(name: string): string {
  return SETTINGS.get(name.toLowerCase())?.name ?? name
}

export async function settingValue(session: Session, name: string, signal: AbortSignal): Promise<string> {
  const key = name.toLowerCase()
  if (key === 'role') return 'none'
  const known = session.settings.get(key)
  if (known !== undefined) return known
  if (key.startsWith('lakewire.')) throw new PgError('42704', `unrecognized configuration parameter "${name}"`)
  return await session.front.showSetting(name, session.settings.forTwin(), signal)
}

/** What PostgreSQL has, under what the session has set. */
async function showAll(ctx: StatementContext): Promise<Outcome> {
  const { session } = ctx
  const rows = new Map<string, readonly [name: string, setting: string, description: string]>()
  const statement = await ctx.compileText(
    "SELECT name::text, pg_catalog.current_setting(name, true), short_desc FROM pg_catalog.pg_settings WHERE name !~ '^(debug|log|trace)_'",
    [],
  )
  const outcome = await ctx.runStatement(statement, NO_BIND)
  if (outcome.kind === 'rows') {
    for await (const batch of outcome.batches) {
      for (const row of splitRows(batch)) {
        const [name, setting, description] = rowValues(row)
        if (name) rows.set(name.toLowerCase(), [name, session.settings.get(name) ?? setting ?? '', description ?? ''])
      }
    }
  }
  for (const row of SETTINGS.values()) {
    rows.set(row.name.toLowerCase(), [row.name, session.settings.get(row.name) ?? row.default, row.description])
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  return textOutcome(['name', 'setting', 'description'].map(textColumn), ctx.bind.resultFormats, sorted, 'SHOW')
}
