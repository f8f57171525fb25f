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
import { estimateBySummary } from '../query/estimate.ts'
import { instead, mebibytes, type RouteOptions, route } from '../query/route.ts'
import { scansOf, tablesRead } from '../query/scan.ts'
import type { Confined, Estimate, Routed } from '../query/stage.ts'
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
  const { thresholds, limits } = services.router
  const confined = confine(compiled, identity.user)
  const parameters = await canonicalParameters(session, compiled, bind, signal)
  const constants: Constants = { parameters, folded: new Map() }
  const engine = (settings.get('lakewire.engine') ?? 'auto') as RouteOptions['engine']
  const { scanBytesMax } = limits.of(identity.tenant)
  // What each of these would decide otherwise is worth a look at what filters leave.
  const decisive = [
    ...(engine === 'auto' && services.engines.size > 1 ? [thresholds.scanBytesMax, thresholds.joinBytesMax] : []),
    ...(scanBytesMax === null ? [] : [scanBytesMax]),
  ]
  const estimate = await estimateOf(session, { confined, constants, lakeTransaction, fresh, decisive }, signal)
  refuseTooLarge(estimate, scanBytesMax)
  const routes = route(confined, {
    engine,
    engines: new Map([...services.engines].map(([name, one]) => [name, one.status()])),
    estimate,
    thresholds,
    ...(without === undefined ? {} : { without }),
  })

  let refused: { routed: Routed; error: PgError } | null = null
  for (const candidate of routes) {
    const routed: Routed =
      refused === null ? candidate : instead(candidate, refused.routed, 'refused', refusal(refused.error))
    try {
      const dialect = dialectOf(services.dialects, candidate.engine)
      const currentSchema = await evaluate(session, { confined, dialect, constants }, signal)
      const sql = print(routed, dialect, {
        lakeTransaction,
        ...constants,
        now: transaction.begunAt.toISOString().replace('T', ' ').replace('Z', '+00'),
        style: settings.style(),
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

type Constants = { readonly parameters: readonly (string | null)[]; readonly folded: Map<Expr, string | null> }

type ToEvaluate = {
  readonly confined: Confined
  readonly dialect: Pick<Dialect, 'answers'>
  /** `folded` is filled in; what another dialect has had computed is not computed again */
  readonly constants: Constants
}

/** Fills in the constants that PostgreSQL computes for the dialect; gives the current schema. */
async function evaluate(session: Session, to: ToEvaluate, signal: AbortSignal): Promise<string | null> {
  const { confined, dialect } = to
  const { parameters, folded } = to.constants
  const twinSettings = session.settings.forTwin()
  const { version } = confined.compiled.catalog
  const folds = constantsToFold({ confined }, dialect, parameters).filter(({ node }) => !folded.has(node))
  const schemaKnown = currentSchemas.get(twinSettings)?.version === version
  const asked = [...folds.map((fold) => fold.sql), ...(schemaKnown ? [] : ['pg_catalog.current_schema()'])]
  const values = await evaluateConstants(session, asked, signal)
  for (const [index, fold] of folds.entries()) folded.set(fold.node, values[index] ?? null)
  if (!schemaKnown) currentSchemas.set(twinSettings, { version, name: values[folds.length] ?? null })
  return currentSchemas.get(twinSettings)?.name ?? null
}

/** Calls that stand where constants are compared with columns, and cost PostgreSQL next to nothing; keys of the catalogue. */
const CHEAP_CALLS: ReadonlySet<string> = new Set(
  ['date', 'timestamp', 'timestamptz']
    .flatMap((type) => [`${type}_pl_interval`, `${type}_mi_interval`])
    .concat('date_pli', 'date_mii', 'date_timestamp', 'timestamp_date', 'timestamp_trunc', 'timestamptz_trunc')
    .concat('int4pl', 'int4mi', 'int4mul', 'int8pl', 'int8mi', 'int8mul', 'numeric_add', 'numeric_sub', 'numeric_mul')
    .concat('int4um', 'int8um', 'numeric_uminus', 'int84', 'int82', 'numeric', 'numeric_int4', 'numeric_int8')
    .concat('numeric_float8', 'numeric_float4', 'dtof', 'ftod', 'i4tod', 'i8tod', 'lower', 'upper'),
)
const COMPUTED_FOR_FILTERS: Dialect['answers'] = {
  scalar: (key) => (CHEAP_CALLS.has(key) ? { name: key, fold: true } : undefined),
  aggregate: () => undefined,
  window: () => undefined,
}

type ToEstimate = Pick<ToEvaluate, 'confined' | 'constants'> & {
  readonly lakeTransaction: string | null
  readonly fresh: boolean
  /** numbers of bytes at which something is decided */
  readonly decisive: readonly number[]
}

/**
 * What the statement reads. Small tables are known by their sizes alone, some seconds old; only where the tables are so
 * large that something hangs on it does anyone look at what the statement's filters leave of them.
 */
async function estimateOf(session: Session, to: ToEstimate, signal: AbortSignal): Promise<Estimate> {
  const { services, identity } = session
  const { estimates } = services.router
  const { confined, lakeTransaction, decisive } = to
  const asks = async () => {
    await evaluate(session, { ...to, dialect: { answers: COMPUTED_FOR_FILTERS } }, signal)
    return scansOf(confined, to.constants)
  }
  if (to.fresh) return await estimates.now(identity.tenant, lakeTransaction, await asks(), signal)
  const tables = tablesRead(confined)
  const whole = (await estimates.tables(identity.tenant, lakeTransaction, tables)) ?? estimateBySummary(tables)
  const { bytes } = whole
  if (bytes === null || !decisive.some((limit) => bytes > limit)) return whole
  return (await estimates.scans(identity.tenant, lakeTransaction, await asks())) ?? whole
}

function refuseTooLarge({ bytes }: Estimate, scanBytesMax: number | null): void {
  if (bytes === null || scanBytesMax === null || bytes <= scanBytesMax) return
  throw new PgError('53400', 'statement would read too much', {
    detail: `It would read ${mebibytes(bytes)}; at most ${mebibytes(scanBytesMax)} are allowed.`,
    hint: 'Read fewer columns, or fewer rows by a condition on a column that the table is partitioned or sorted by.',
    fault: 'limit',
  })
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
