import type { Compiled } from '../compiler/compiled.ts'
import type { Settings } from '../compiler/compiler.ts'
import type { Expr } from '../compiler/tree/node.ts'
import type { Engine, EngineName } from '../engine/engine.ts'
import { PgError } from '../error.ts'
import type { EngineSql } from '../print/engine-sql.ts'
import { constantsToFold } from '../print/fold.ts'
import { print } from '../print/print.ts'
import { confine } from '../query/confine.ts'
import { type RouteOptions, route, type TableSize } from '../query/route.ts'
import type { Confined, Routed } from '../query/stage.ts'
import { canonicalValues, evaluateConstants } from './evaluate.ts'
import type { Bound, Session } from './state.ts'

/** A statement on its way to an engine, and the way it went. */
export type LakePlan = { readonly routed: Routed; readonly engine: Engine; readonly sql: EngineSql }

/** Compiled → Confined → Routed → EngineSql. What PostgreSQL can compute ahead of the engine is asked of it in one go. */
export async function planLake(
  session: Session,
  compiled: Compiled,
  bind: Bound,
  lakeTransaction: string | null,
  signal: AbortSignal,
  { sizesNow = false } = {},
): Promise<LakePlan> {
  const { services, settings, identity, transaction } = session
  const confined = confine(compiled, identity.user)
  const routed = route(confined, {
    engine: (settings.get('lakewire.engine') ?? 'auto') as RouteOptions['engine'],
    engines: [...services.engines.keys()],
    ...(sizesNow ? { sizes: await currentSizes(session, confined, lakeTransaction, signal) } : {}),
  })
  const engine = engineOf(session, routed.engine)

  const twinSettings = settings.forTwin()
  const parameters = await canonicalParameters(session, compiled, bind, signal)
  const folds = constantsToFold(routed, parameters)
  const schemaKnown = currentSchemas.get(twinSettings)?.version === compiled.catalog.version
  const asked = [...folds.map((fold) => fold.sql), ...(schemaKnown ? [] : ['pg_catalog.current_schema()'])]
  const values = await evaluateConstants(session, asked, signal)
  const folded = new Map<Expr, string | null>(folds.map((fold, index) => [fold.node, values[index] ?? null]))
  if (!schemaKnown) {
    currentSchemas.set(twinSettings, { version: compiled.catalog.version, name: values[folds.length] ?? null })
  }

  const sql = print(routed, {
    lakeTransaction,
    parameters,
    folded,
    now: transaction.begunAt.toISOString().replace('T', ' ').replace('Z', '+00'),
    timeZone: settings.get('TimeZone') ?? 'UTC',
    user: identity.user,
    sessionUser: identity.user,
    database: identity.tenant,
    currentSchema: currentSchemas.get(twinSettings)?.name ?? null,
  })
  return { routed, engine, sql }
}

/** How large the tables are at this moment: the catalog of the compiler keeps what it has read for a while. */
async function currentSizes(
  { services, identity }: Pick<Session, 'services' | 'identity'>,
  { tables }: Confined,
  lakeTransaction: string | null,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, TableSize>> {
  const loaded = await services.lake.load(identity.tenant, lakeTransaction, [...tables.values()], signal)
  const sizes = new Map<number, TableSize>()
  for (const { oid, schema, name } of tables.values()) {
    const table = loaded.find((other) => other.schema === schema && other.name === name)
    if (table?.kind === 'table') sizes.set(oid, table)
  }
  return sizes
}

/** What current_schema() gives, by the settings that decide it: a session keeps the same map until one of them changes. */
const currentSchemas = new WeakMap<Settings, { version: number; name: string | null }>()

async function canonicalParameters(
  session: Session,
  compiled: Compiled,
  bind: Bound,
  signal: AbortSignal,
): Promise<readonly (string | null)[]> {
  if (bind.canonical) return bind.canonical
  return await canonicalValues(session, compiled.parameterTypes, bind, signal)
}

function engineOf(session: Session, name: EngineName): Engine {
  const engine = session.services.engines.get(name)
  if (engine === undefined) throw new PgError('57P03', `engine "${name}" is not available`, { fault: 'engine' })
  return engine
}
