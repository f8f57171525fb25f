import { PgError } from '../../error.ts'
import type { RelationName } from '../../lake/lake.ts'
import { quoteIdentifier, quoteLiteral } from '../../quote.ts'
import { rowValues, splitRows } from '../rows.ts'
import { NO_BIND } from '../state.ts'
import { TokenReader } from '../token.ts'
import type { StatementContext } from './handler.ts'

/** `kind` is pg_class.relkind. */
export type NamedRelation = RelationName & {
  readonly kind: string
  readonly isTemporary: boolean
  /** the session's own temporary relation that is called the same */
  readonly namesake: 'table' | 'view' | null
}

/** The relation that a name means to this session; 42P01 as PostgreSQL's utility commands give it: without a position. */
export async function relationNamed(ctx: StatementContext, written: string): Promise<NamedRelation> {
  const reader = new TokenReader(written)
  const parts: string[] = []
  do parts.push(quoteIdentifier(reader.identifier() ?? ''))
  while (reader.symbol('.'))
  const query = `SELECT c.relkind::text, n.nspname::text, c.relname::text,
      (n.oid = pg_catalog.pg_my_temp_schema())::text,
      (SELECT t.relkind::text FROM pg_catalog.pg_class t
       WHERE t.relnamespace = pg_catalog.pg_my_temp_schema() AND t.relname = c.relname AND t.oid <> c.oid) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ${quoteLiteral(parts.join('.'))}::pg_catalog.regclass`
  const statement = await withoutPosition(() => ctx.compileText(query, []))
  const outcome = await withoutPosition(() => ctx.runStatement(statement, NO_BIND))
  const rows: (string | null)[][] = []
  if (outcome.kind === 'rows') for await (const batch of outcome.batches) rows.push(...splitRows(batch).map(rowValues))
  const [kind, schema, name, isTemporary, other] = rows[0] ?? []
  if (kind == null || schema == null || name == null) throw new PgError('42P01', `relation "${written}" does not exist`)
  const namesake = other == null ? null : other === 'v' ? 'view' : 'table'
  return { kind, schema, name, isTemporary: isTemporary === 'true', namesake }
}

/** For a text that the client has not sent, positions in it say nothing. */
export async function withoutPosition<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PgError) || error.fields.position === undefined) throw error
    const { position: _, ...rest } = error.fields
    throw new PgError(error.code, error.message, rest)
  }
}
