import { PgError, type PgErrorFields } from '../../error.ts'
import type { Lake, LakeRelation, LakeSchema, ScanEstimate } from '../lake.ts'
import { type HttpAnswer, openAddresses } from './address.ts'

export type RestLakeOptions = {
  /** Base addresses of the catalog, before /v1: any of them serves, the first that answers does. */
  urls: readonly string[]
  /** A bearer token that is limited to the tenant. */
  tokenFor(tenant: string): Promise<string>
  /**
   * Where the metadata store is at hand: the revision of the tenant's lake document (Store.revision('lake', tenant)).
   * It moves whenever the schema version may have, so that asking before each statement costs no request.
   */
  revision?: (tenant: string, signal?: AbortSignal) => Promise<number | null>
}

const REQUEST_TIMEOUT_MS = 30_000
/** Questions too long for an address. */
const READS_BY_POST: ReadonlySet<string> = new Set(['load', 'estimate'])

/** The Lake port over HTTP, against the catalog's own routes under /lakewire/v1 (admin/catalog/route/lakewire-routes.ts). */
export function createRestLake(options: RestLakeOptions): Lake & { close(): void } {
  const addresses = openAddresses(options.urls)
  const versions = new Map<string, { revision: number | null; version: number }>()

  async function call<T>(
    tenant: string,
    transaction: string | null,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    const prefix = transaction === null ? tenant : `${tenant}~${transaction}`
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
    const answer = await addresses.ask({
      method,
      path: `/lakewire/v1/${encodeURIComponent(prefix)}/${path}`,
      text: body === undefined ? undefined : JSON.stringify(body),
      token: await options.tokenFor(tenant),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      isWrite: method === 'POST' && !READS_BY_POST.has(path),
    })
    if (answer.status >= 400) throw errorOf(answer)
    return (answer.text === '' ? undefined : JSON.parse(answer.text)) as T
  }

  async function askVersion(tenant: string, signal?: AbortSignal): Promise<number> {
    return (await call<{ schemaVersion: number }>(tenant, null, 'GET', 'version', undefined, signal)).schemaVersion
  }

  return {
    schemaVersion: async (tenant, signal) => {
      if (options.revision === undefined) return askVersion(tenant, signal)
      // Read before the version: one that is too old only means that it is asked once more.
      const revision = await options.revision(tenant, signal)
      const known = versions.get(tenant)
      if (known !== undefined && known.revision === revision) return known.version
      const version = await askVersion(tenant, signal)
      versions.set(tenant, { revision, version })
      return version
    },
    schema: (tenant, transaction, signal) => call<LakeSchema>(tenant, transaction, 'GET', 'schema', undefined, signal),
    temporaries: async (tenant, namespace, signal) => {
      const path = `schema?temporary=${encodeURIComponent(namespace)}`
      return (await call<LakeSchema>(tenant, null, 'GET', path, undefined, signal)).relations
    },
    load: async (tenant, transaction, names, signal) => {
      if (names.length === 0) return []
      const wanted = names.map(({ schema, name }) => ({ schema, name }))
      const { relations } = await call<{ relations: LakeRelation[] }>(
        tenant,
        transaction,
        'POST',
        'load',
        { names: wanted },
        signal,
      )
      return relations
    },
    estimate: async (tenant, transaction, asks, signal) => {
      if (asks.length === 0) return []
      const { estimates } = await call<{ estimates: ScanEstimate[] }>(
        tenant,
        transaction,
        'POST',
        'estimate',
        { asks },
        signal,
      )
      return estimates
    },
    change: async (tenant, transaction, changes, signal) =>
      (await call<{ schemaVersion: number }>(tenant, transaction, 'POST', 'changes', { changes }, signal))
        .schemaVersion,
    begin: async (tenant, signal) =>
      (await call<{ transaction: string }>(tenant, null, 'POST', 'transactions', {}, signal)).transaction,
    commit: async (tenant, transaction, signal) =>
      (await call<{ schemaVersion: number }>(tenant, transaction, 'POST', 'commit', {}, signal)).schemaVersion,
    rollback: (tenant, transaction, signal) => call(tenant, transaction, 'POST', 'rollback', {}, signal),
    savepoint: (tenant, transaction, action, name, signal) =>
      call(tenant, transaction, 'POST', 'savepoint', { action, name }, signal),
    close: () => addresses.close(),
  }
}

type ErrorBody = { error?: PgErrorFields & { message?: string; sqlstate?: string } }

function errorOf({ status, text }: HttpAnswer): PgError {
  const fault = { fault: 'lake' } as const
  let error: ErrorBody['error']
  try {
    error = (JSON.parse(text) as ErrorBody).error
  } catch {
    // Not the catalog's own answer: something in between gave it.
  }
  if (error?.sqlstate === '08007')
    return new PgError('08007', 'the outcome of the change to the catalog is unknown', fault)
  if (error?.sqlstate === '53100') return new PgError('53100', 'could not write: no space left on device', fault)
  if (error?.sqlstate === undefined || status >= 500) return new PgError('58000', 'the catalog could not answer', fault)
  const { detail, hint, schema, table, column } = error
  const told = Object.fromEntries(
    Object.entries({ detail, hint, schema, table, column }).filter(([, value]) => value !== undefined),
  )
  if (error.sqlstate === '40001')
    return new PgError('40001', 'could not serialize access due to concurrent update', {
      ...told,
      detail: error.message ?? '',
      ...fault,
    })
  const isClients = /^(0A|22|23|2B|3B|3F|42)/.test(error.sqlstate)
  return new PgError(error.sqlstate, error.message ?? 'the catalog refused', isClients ? told : { ...told, ...fault })
}
