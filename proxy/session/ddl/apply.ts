import type { Pinned } from '../../compiler/compiler.ts'
import type { LakeChange, RelationName } from '../../lake/lake.ts'
import { quoteIdentifier } from '../../quote.ts'
import type { StatementContext } from '../statement/handler.ts'
import { difference, type LakeSide } from './difference.ts'
import { type RelationState, readState, type TwinState } from './state.ts'
import { readOnCommit, refuseTooMany, TemporarySide } from './temporary.ts'

/**
 * Runs one DDL statement in the twin, inside the transaction's pinned backend, reads from the twin's catalog what has changed,
 * and makes the same change in the transaction's overlay of the lake. Neither is visible to anybody else before the commit.
 */
export async function applyDdl(
  ctx: StatementContext,
  sql: string,
): Promise<{ tag: string; changes: readonly LakeChange[] }> {
  const { session, signal } = ctx
  const { tenant } = session.identity
  // What follows belongs to one transaction: nothing of it may commit, or be run again, by itself.
  session.alone = false
  await session.transaction.takeTurn(signal)
  const overlay = await session.transaction.lake(signal)
  const twin = await session.transaction.twin(signal)
  const before = await readState(twin, signal)
  const temporary = new TemporarySide(session)
  const { tag, notices } = await twin.run(sql, signal)
  let after = await readState(twin, signal)
  if (await makeViewsInvokers(twin, before, after, signal)) after = await readState(twin, signal)
  const touched = [...before.relations.values()].filter((was) => !sameRelation(was, after.relations.get(was.oid)))
  const asked = touched.map((name) => temporary.inLake(name))
  const loaded = asked.length === 0 ? [] : await session.services.lake.load(tenant, overlay, asked, signal)
  const side: LakeSide = (kind, relation) => {
    const { schema, name } = temporary.inLake(relation)
    return loaded.find((relation) => relation.kind === kind && relation.schema === schema && relation.name === name)
  }
  const changes = difference(before, after, side)
  refuseTooMany(after)
  const inLake = temporary.changes(changes, readOnCommit(sql))
  if (inLake.length > 0) await session.services.lake.change(tenant, overlay, inLake, signal)
  for (const notice of notices) ctx.notice(notice)
  return { tag, changes }
}

/** A view runs with its reader's rights unless it says otherwise. True: something was changed. */
async function makeViewsInvokers(
  twin: Pinned,
  before: TwinState,
  after: TwinState,
  signal: AbortSignal,
): Promise<boolean> {
  const created = [...after.relations.values()].filter(
    ({ oid, kind, options }) => kind === 'view' && !before.relations.has(oid) && !options.some(isInvokerOption),
  )
  for (const view of created) await twin.run(`ALTER VIEW ${qualified(view)} SET (security_invoker = true)`, signal)
  return created.length > 0
}

export function qualified({ schema, name }: RelationName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

function isInvokerOption(option: string): boolean {
  return option.startsWith('security_invoker=')
}

function sameRelation(a: RelationState, b: RelationState | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b)
}
