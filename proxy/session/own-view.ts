import type { Session } from './state.ts'
import { type Token, tokenise } from './token.ts'

/**
 * The catalog's views of what a session keeps by itself: the tenant's PostgreSQL does not know of it, as a backend of the
 * twin serves several sessions. A query that reads them gets them as common table expressions, which hide the views.
 */
type OwnView = { readonly columns: string; rows(session: Session): readonly Readonly<Record<string, unknown>>[] }

const OWN_VIEWS: Readonly<Record<string, OwnView>> = {
  /** https://www.postgresql.org/docs/18/view-pg-prepared-statements.html */
  pg_prepared_statements: {
    columns:
      'name text, statement text, prepare_time timestamptz, parameter_types regtype[], result_types regtype[], from_sql bool, generic_plans int8, custom_plans int8',
    rows: ({ prepared }) =>
      [...prepared.all()].map((one) => ({
        name: one.name,
        statement: one.text,
        prepare_time: one.preparedAt.toISOString(),
        parameter_types: one.statement.parameterTypes,
        result_types: one.statement.columns?.map((column) => column.typeOid) ?? null,
        from_sql: one.fromSql,
        generic_plans: 0,
        custom_plans: 0,
      })),
  },
  /** https://www.postgresql.org/docs/18/view-pg-cursors.html */
  pg_cursors: {
    columns:
      'name text, statement text, is_holdable bool, is_binary bool, is_scrollable bool, creation_time timestamptz',
    rows: ({ portals }) =>
      [...portals.all()].map(({ name, createdAt, definition: { text, cursor } }) => ({
        name,
        statement: text,
        is_holdable: cursor?.hold ?? false,
        is_binary: cursor?.binary ?? false,
        is_scrollable: cursor?.scroll ?? false,
        creation_time: createdAt.toISOString(),
      })),
  },
}

const MENTIONS = /pg_prepared_statements|pg_cursors/i

/** The statement as the twin is to run it. */
export function withOwnViews(session: Session, sql: string): string {
  if (!MENTIONS.test(sql)) return sql
  const tokens = tokenise(sql) ?? []
  const found = tokens.flatMap((token, at) => (isOwnView(token) ? [{ name: token.value, at }] : []))
  if (found.length === 0) return sql

  let text = sql
  for (const { at } of found.toReversed()) text = withoutSchema(text, tokens, at)
  const names = [...new Set(found.map(({ name }) => name))]
  const expressions = names.map((name) => `${name} AS (${contents(session, name)})`).join(', ')
  const [first, second] = tokens
  if (first?.kind !== 'word' || first.value !== 'with') return `WITH ${expressions} ${text}`
  const isRecursive = second?.kind === 'word' && second.value === 'recursive'
  const at = (isRecursive ? second : first).end
  return `${text.slice(0, at)} ${expressions},${text.slice(at)}`
}

function isOwnView(token: Token): boolean {
  return (token.kind === 'word' || token.kind === 'name') && Object.hasOwn(OWN_VIEWS, token.value)
}

function withoutSchema(text: string, tokens: readonly Token[], at: number): string {
  const [schema, dot, name] = tokens.slice(Math.max(at - 2, 0), at + 1)
  if (schema?.value !== 'pg_catalog' || dot?.value !== '.' || name === undefined) return text
  return text.slice(0, schema.start) + text.slice(name.start)
}

function contents(session: Session, name: string): string {
  const view = OWN_VIEWS[name]
  if (view === undefined) throw new TypeError(`no view ${name}`)
  // E'' means the same whatever standard_conforming_strings says.
  const rows = JSON.stringify(view.rows(session)).replaceAll('\\', '\\\\').replaceAll("'", "''")
  return `SELECT * FROM pg_catalog.json_to_recordset(E'${rows}'::pg_catalog.json) AS own(${view.columns})`
}
