import type { Config } from './proxy/config.ts'
import type { Lake } from './proxy/lake/lake.ts'
import type { Log } from './proxy/observe/log.ts'
import { Estimates } from './proxy/session/estimates.ts'
import { Admission, type LimitsOfTenants, type TenantLimits } from './proxy/session/limit.ts'
import type { RouterServices } from './proxy/session/state.ts'
import type { Tenant, TenantLimitsSet } from './proxy/store/account.ts'
import type { Store } from './proxy/store/store.ts'

const MEBIBYTE = 1024 ** 2
/** How soon every proxy heeds a limit that has been changed. */
const LIMITS_AGE_MS = 5_000
const LIMITS_WAIT_MS = 10_000

export type RouterNeeds = {
  readonly config: Pick<Config, 'router' | 'tenant'>
  readonly store: Store
  readonly lake: Lake
  readonly log: Log
}

/** What decides where statements run, and whether they may. */
export function openRouter({ config, store, lake, log }: RouterNeeds): RouterServices {
  const { router } = config
  const limits = limitsOfTenants(config.tenant, store, log)
  return {
    thresholds: {
      scanBytesMax: router.scanMib * MEBIBYTE,
      joinBytesMax: router.joinMib * MEBIBYTE,
      queuedMax: router.queued,
    },
    estimates: new Estimates(lake, log),
    limits,
    admission: new Admission(limits),
  }
}

type Known = { limits: TenantLimits; readMs: number }

function limitsOfTenants(defaults: Config['tenant'], store: Store, log: Log): LimitsOfTenants {
  const known = new Map<string, Known>()
  const read = async (tenant: string, entry: Known): Promise<void> => {
    const stored = await store.get<Tenant>('tenant', tenant, AbortSignal.timeout(LIMITS_WAIT_MS))
    if (stored === null) known.delete(tenant)
    else entry.limits = limitsFrom(defaults, stored.value.limits)
  }
  return {
    of: (tenant) => {
      const entry = known.get(tenant) ?? { limits: limitsFrom(defaults, undefined), readMs: Number.NEGATIVE_INFINITY }
      known.set(tenant, entry)
      if (performance.now() - entry.readMs > LIMITS_AGE_MS) {
        entry.readMs = performance.now()
        read(tenant, entry).catch((error) => log.warn({ error, tenant }, 'limits of a tenant could not be read'))
      }
      return entry.limits
    },
  }
}

function limitsFrom(defaults: Config['tenant'], set: TenantLimitsSet | undefined): TenantLimits {
  const scanMib = set?.scanMib === undefined ? defaults.scanMib : set.scanMib
  return {
    statementsMax: (set?.statements === undefined ? defaults.statements : set.statements) ?? null,
    queuedMax: set?.queued ?? defaults.queued,
    queueMs: set?.queueMs ?? defaults.queueMs,
    statementMs: (set?.statementMs === undefined ? defaults.statementMs : set.statementMs) ?? null,
    scanBytesMax: scanMib == null ? null : scanMib * MEBIBYTE,
  }
}
