import type { Compiled } from '../compiler/compiled.ts'
import type { Settings } from '../compiler/compiler.ts'
import type { Expr } from '../compiler/tree/node.ts'
import type { Engine, EngineName } from '../engine/engine.ts'
import { PgError, unsupported } from '../error.ts'
import type { Dialect } from '../print/dialect.ts'
import { dialectOf } from '../print/dialects.ts'
import type { EngineSql } from '../print/engine-sql.ts'
import { constantsToFold } from '../print/fold.ts'
import { print } from '../print/print.ts'
import { confine } from '../query/confine.ts'
import { type Estimate, estimateBySummary, type TableSize } from '../query/estimate.ts'
import { instead, type RouteOptions, route } from '../query/route.ts'
import type { Confined, Routed } from '../query/stage.ts'
import { canonicalValues, evaluateConstants } from './evaluate.ts'
import type { Bound, Session } from './state.ts'

/** A statement on its way to an engine, and the way it went. */
export type LakePlan = { readonly routed: Routed; readonly engine: Engine; readonly sql: EngineSql }

export type PlanOptions = {
  /** Look now how large the tables are: what is known may be some seconds old. */
  readonly fresh?: boolean
  /** Engines that have failed this statement, and how, in words. */
  readonly without?: ReadonlyMap<EngineName, string>
}

/** Engines whose sessions run what EngineSql has more than one statement for. */
const SEVERAL_STATEMENTS: ReadonlySet<EngineName> = new Set(['duckdb'])

/**
 * Compiled → Confined → Routed → EngineSql. The best engine whose dialect can say the statement gets it; which ones could
 * not, and why, is part of the reason. What PostgreSQL can compute ahead of the engine is asked of it in one go.
 */
export async function planLake(
  session: Session,
  compiled: Compiled,
  bind: Bound,
  lakeTransaction: string | null,
  signal: AbortSignal,
  { fresh = false, without }: PlanOptions = {},
): Promise<LakePlan> {
  const { services, settings, identity, transaction } = session
  const confined = confine(compiled, identity.user)
  const estimate = await estimateOf(session, confined, lakeTransaction, fresh, signal)
  const routes = route(confined, {
    engine: (settings.get('lakewire.engine') ?? 'auto') as RouteOptions['engine'],
    engines: new Map([...services.engines].map(([name, engine]) => [name, engine.status()])),
    estimate,
    thresholds: services.router.thresholds,
    ...(without === undefined ? {} : { without }),
  })

  const parameters = await canonicalParameters(session, compiled, bind, signal)
  const folded = new Map<Expr, string | null>()
  let refused: { routed: Routed; error: PgError } | null = null
  for (const candidate of routes) {
    const routed: Routed =
      refused === null ? candidate : instead(candidate, refused.routed, 'refused', refusal(refused.error))
    try {
      const dialect = dialectOf(services.dialects, candidate.engine)
      const currentSchema = await evaluate(session, { routed, dialect, parameters, folded }, signal)
      const sql = print(routed, dialect, {
        lakeTransaction,
        parameters,
        folded,
        now: transaction.begunAt.toISOString().replace('T', ' ').replace('Z', '+00'),
        timeZone: settings.get('TimeZone') ?? 'UTC',
        user: identity.user,
        sessionUser: identity.user,
        database: identity.tenant,
        currentSchema,
      })
      if (sql.statements.length > 1 && !SEVERAL_STATEMENTS.has(candidate.engine)) {
        throw unsupported('a statement that takes several steps')
      }
      return { routed, engine: engineOf(session, candidate.engine), sql }
    } catch (error) {
      if (!(error instanceof PgError) || error.code !== '0A000') throw error
      refused = { routed, error }
    }
  }
  throw refused?.error ?? new PgError('57P03', 'no engine is available', { fault: 'engine' })
}

function refusal(error: PgError): string {
  return `cannot (${error.message})`
}

type ToEvaluate = {
  readonly routed: Routed
  readonly dialect: Dialect
  readonly parameters: readonly (string | null)[]
  /** filled in; what another dialect has had computed is not computed again */
  readonly folded: Map<Expr, string | null>
}

/** Fills in the constants that PostgreSQL computes for the dialect; gives the current schema. */
async function evaluate(session: Session, to: ToEvaluate, signal: AbortSignal): Promise<string | null> {
  const { routed, dialect, parameters, folded } = to
  const twinSettings = session.settings.forTwin()
  const { version } = routed.confined.compiled.catalog
  const folds = constantsToFold(routed, dialect, parameters).filter(({ node }) => !folded.has(node))
  const schemaKnown = currentSchemas.get(twinSettings)?.version === version
  const asked = [...folds.map((fold) => fold.sql), ...(schemaKnown ? [] : ['pg_catalog.current_schema()'])]
  const values = await evaluateConstants(session, asked, signal)
  for (const [index, fold] of folds.entries()) folded.set(fold.node, values[index] ?? null)
  if (!schemaKnown) currentSchemas.set(twinSettings, { version, name: values[folds.length] ?? null })
  return currentSchemas.get(twinSettings)?.name ?? null
}

/** The catalog of the compiler keeps what it has read for a while: fresh sizes are asked of the lake. */
async function estimateOf(
  { services, identity }: Session,
  confined: Confined,
  lakeTransaction: string | null,
  fresh: boolean,
  signal: AbortSignal,
): Promise<Estimate> {
  if (!fresh) return estimateBySummary(confined)
  const { tables } = confined
  const loaded = await services.lake.load(identity.tenant, lakeTransaction, [...tables.values()], signal)
  const sizes = new Map<number, TableSize>()
  for (const { oid, schema, name } of tables.values()) {
    const table = loaded.find((other) => other.schema === schema && other.name === name)
    if (table?.kind === 'table') sizes.set(oid, table)
  }
  return estimateBySummary(confined, ({ oid, lake }) => sizes.get(oid) ?? lake)
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
