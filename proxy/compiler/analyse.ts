import { PgError, unsupported } from '../error.ts'
import type { Lake } from '../lake/lake.ts'
import { type Catalog, isOfTenant } from './catalog.ts'
import type { Analysis, Settings } from './compiler.ts'
import type { Query } from './tree/node.ts'
import { readDump } from './tree/reader.ts'
import { nodesOf, queries } from './tree/walk.ts'
import type { Backend } from './twin/backend.ts'
import { utilityNode } from './utility.ts'

export const STATEMENT_CHARS_MAX = 4_000_000

export type AnalysisRequest = {
  sql: string
  parameterTypes: readonly number[]
  settings: Settings
  tenant: string
  lake: Lake
  /** the lake transaction in which tables are loaded; null: the committed state */
  lakeTransaction: string | null
}

export type Analysed = {
  analysis: Analysis
  /** what it costs to keep, roughly */
  bytes: number
  /** the relations in it, views included */
  relations: readonly number[]
}

/** What PostgreSQL would misread, or we could not afford to read, is refused before it is sent. */
export function checkText(sql: string): void {
  if (sql.length > STATEMENT_CHARS_MAX) {
    throw new PgError('54000', 'statement is too long', {
      detail: `The limit is ${STATEMENT_CHARS_MAX} characters.`,
      fault: 'limit',
    })
  }
  if (sql.includes('\0')) throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
  if (!sql.isWellFormed()) throw new PgError('22021', 'invalid byte sequence for encoding "UTF8"')
}

/** One statement, in one backend, under one catalog. */
export async function analyseIn(
  backend: Backend,
  catalog: Catalog,
  request: AnalysisRequest,
  signal: AbortSignal,
): Promise<Analysed> {
  const { sql, parameterTypes, settings } = request
  const described = await backend.describe(sql, parameterTypes, settings, signal)
  const { tree, notices, columns } = described
  const bytes = 2 * sql.length + 4 * (tree?.length ?? 0) + ENTRY_BYTES
  if (tree === null) return { analysis: { kind: 'empty' }, bytes, relations: [] }
  const dump = readDump(tree)
  const statement = { sql, parameterTypes: described.parameterTypes, columns }
  if (dump.kind === 'utility') {
    const node = utilityNode(dump.node)
    if (node === undefined) throw unsupported('this statement')
    return { analysis: { kind: 'utility', statement: { ...statement, node }, notices }, bytes, relations: [] }
  }
  const { query } = dump
  const relations = relationsOf(query)
  const read = (text: string): Promise<(string | null)[][]> => backend.rows(text, settings, signal)
  if (!relations.inFrom.some(isOfTenant)) {
    await refuseWriting(query, read)
    return { analysis: { kind: 'twin', statement, notices }, bytes, relations: [] }
  }
  if (!relations.inFrom.every(isOfTenant)) {
    throw unsupported('a query over both the system catalog and other tables', {
      hint: 'Query the system catalog by itself.',
    })
  }
  await catalog.know(relations.all, backend.user, read)
  await loadTables(catalog, relations.all, request, signal)
  return {
    analysis: { kind: 'lake', compiled: { ...statement, query, catalog }, notices },
    bytes,
    relations: relations.all,
  }
}

/** What an entry of the statement cache costs beside its text and its tree. */
const ENTRY_BYTES = 1024

/** `inFrom`: what is read or written; `all`: with the views on the way there. Empty FROM lists have neither. */
function relationsOf(query: Query): { inFrom: readonly number[]; all: readonly number[] } {
  const inFrom = new Set<number>()
  const all = new Set<number>()
  for (const entry of nodesOf(query, 'RangeTblEntry')) {
    if (entry.rtekind === 'relation') inFrom.add(entry.relid)
    if (entry.rtekind === 'relation' || entry.rtekind === 'subquery') all.add(entry.relid)
  }
  for (const { relid } of nodesOf(query, 'RTEPermissionInfo')) all.add(relid)
  all.delete(0)
  return { inFrom: [...inFrom], all: [...all] }
}

/** A statement that the twin answers by itself reads, in every one of its CTEs. */
async function refuseWriting(query: Query, read: (sql: string) => Promise<(string | null)[][]>): Promise<void> {
  const writing = queries(query).find(({ commandType }) => commandType !== 'select')
  if (!writing) return
  const target = writing.rtable[writing.resultRelation - 1]
  const oid = target?.rtekind === 'relation' || target?.rtekind === 'subquery' ? target.relid : 0
  const [row] = await read(`select relname, relkind from pg_catalog.pg_class where oid = ${oid}`)
  const kind = row?.[1] === 'v' ? 'view' : 'table'
  throw new PgError('42501', `permission denied for ${kind} ${row?.[0] ?? oid}`)
}

/** Full definitions out of the lake, of the tables for which the catalog has none yet or an old one. */
export async function loadTables(
  catalog: Catalog,
  oids: readonly number[],
  request: AnalysisRequest,
  signal: AbortSignal,
): Promise<void> {
  const now = Date.now()
  const stale = catalog.staleTables(oids, now)
  if (stale.length === 0) return
  const loaded = await request.lake.load(request.tenant, request.lakeTransaction, stale, signal)
  for (const relation of stale) {
    const table = loaded.find(({ schema, name }) => schema === relation.schema && name === relation.name)
    if (table?.kind !== 'table') {
      throw new PgError('42P01', `relation "${relation.schema}.${relation.name}" does not exist`, { fault: 'lake' })
    }
    catalog.setTable(relation, table, now)
  }
}
