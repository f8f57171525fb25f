/**
 * Everything that Trino has to be told to serve all tenants of one installation: a pure function from options to the text of
 * the files in its etc/ folder. https://trino.io/docs/current/installation/deployment.html
 */
export type TrinoOptions = {
  /** where Trino listens */
  host: string
  port: number
  /** lower case, the same on all nodes */
  environment: string
  /** where the admin answers: catalog and access control */
  adminUrl: string
  /** name of the catalog that holds every tenant's tables */
  catalog: string
  /** PEM: signs the tokens of those who ask */
  publicKey: string
  /** audience `service`: reaches the whole lake */
  serviceToken: string
  /** audience `access`: may ask the second gate, and nothing else */
  accessToken: string
  /** among Trino's own nodes */
  sharedSecret: string
  storage: TrinoStorage
  limits: TrinoLimits
}

/** Keys come with each table, from the catalog: Trino has none of its own. */
export type TrinoStorage = { endpoint: string | null; region: string; pathStyle: boolean }

export type TrinoLimits = {
  heapMib: number
  /** of all queries together, on all nodes */
  queryMemoryMib: number
  queryMemoryPerNodeMib: number
  queryRunS: number
  /** queries of all tenants that run at a time */
  running: number
  tenant: TenantLimits
}

export type TenantLimits = {
  running: number
  queued: number
  /** share of Trino's memory after which a tenant's further queries wait */
  memoryPercent: number
  /** CPU time in a period: beyond the soft limit fewer of its queries run at a time, beyond the hard one none */
  cpuSoftS: number
  cpuHardS: number
}

/** Properties of the CPU quota: how often it is renewed. */
const CPU_PERIOD_S = 60

export const TRINO_LIMITS: TrinoLimits = {
  heapMib: 4096,
  queryMemoryMib: 2048,
  queryMemoryPerNodeMib: 1024,
  queryRunS: 1800,
  running: 100,
  tenant: { running: 10, queued: 100, memoryPercent: 50, cpuSoftS: 120, cpuHardS: 600 },
}

const KEY_FILE = 'lakewire-key.pem'

/** Our tokens' own, as trino/client sends them. */
const TOKEN = { issuer: 'lakewire', audience: 'trino', principal: 'sub' } as const

export function trinoFiles(options: TrinoOptions): Readonly<Record<string, string>> {
  return {
    'config.properties': properties(serverProperties(options)),
    'node.properties': properties({ 'node.environment': options.environment }),
    [KEY_FILE]: options.publicKey,
    'jvm.config': jvmOptions(options.limits),
    'log.properties': properties(LOG_LEVELS),
    'access-control.properties': properties(accessProperties(options)),
    'resource-groups.properties': properties({
      'resource-groups.configuration-manager': 'file',
      'resource-groups.config-file': 'etc/resource-groups.json',
    }),
    'resource-groups.json': `${JSON.stringify(resourceGroups(options.limits), null, 2)}\n`,
    [`catalog/${options.catalog}.properties`]: properties(catalogProperties(options)),
  }
}

type Properties = Readonly<Record<string, string | number | boolean>>

/**
 * Two loggers would write the gate's address, with the token in it, as Trino does not take it for a secret: `Bootstrap`, that
 * lists all properties at the start, and the gate's client when nobody answers, which a query's error says as well.
 */
const LOG_LEVELS = {
  Bootstrap: 'WARN',
  'io.trino': 'WARN',
  'io.trino.plugin.opa.OpaHttpClient': 'OFF',
  'org.apache.iceberg': 'WARN',
} as const

/** https://trino.io/docs/current/admin/properties.html */
function serverProperties({ host, port, sharedSecret, limits }: TrinoOptions): Properties {
  return {
    coordinator: true,
    'node-scheduler.include-coordinator': true,
    'node.internal-address': host,
    'http-server.http.port': port,
    'discovery.uri': `http://${host}:${port}`,
    // Over plain HTTP Trino takes a password or token only from who says that a proxy before it spoke TLS, as our client does.
    'http-server.process-forwarded': true,
    'http-server.authentication.type': 'JWT',
    // A file and no address: Trino would not start while the admin is away.
    'http-server.authentication.jwt.key-file': `etc/${KEY_FILE}`,
    'http-server.authentication.jwt.required-issuer': TOKEN.issuer,
    'http-server.authentication.jwt.required-audience': TOKEN.audience,
    'http-server.authentication.jwt.principal-field': TOKEN.principal,
    'internal-communication.shared-secret': sharedSecret,
    // Shows everybody's queries.
    'web-ui.enabled': false,
    'query.max-memory': `${limits.queryMemoryMib}MB`,
    'query.max-memory-per-node': `${limits.queryMemoryPerNodeMib}MB`,
    'query.max-run-time': `${limits.queryRunS}s`,
    'query.max-execution-time': `${limits.queryRunS}s`,
    // A query whose client has gone away without a word.
    'query.client.timeout': '1m',
  }
}

function jvmOptions({ heapMib }: TrinoLimits): string {
  return [
    '-server',
    `-Xmx${heapMib}M`,
    '-XX:+UseG1GC',
    '-XX:+ExplicitGCInvokesConcurrent',
    '-XX:+HeapDumpOnOutOfMemoryError',
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-OmitStackTraceInFastThrow',
    '-XX:ReservedCodeCacheSize=256M',
    '-Djdk.attach.allowAttachSelf=true',
    // Trino's times are in the session's zone, which our client sets; dates in file names and logs are not.
    '-Duser.timezone=UTC',
    '-Dfile.encoding=UTF-8',
    '',
  ].join('\n')
}

/** https://trino.io/docs/current/object-storage/metastores.html#rest-catalog */
function catalogProperties({ adminUrl, serviceToken, storage }: TrinoOptions): Properties {
  return {
    'connector.name': 'iceberg',
    'iceberg.catalog.type': 'rest',
    'iceberg.rest-catalog.uri': adminUrl,
    // The service's scope: first level of a namespace is the tenant, or a lake transaction of it.
    'iceberg.rest-catalog.warehouse': '~',
    'iceberg.rest-catalog.nested-namespace-enabled': true,
    'iceberg.rest-catalog.security': 'OAUTH2',
    // The catalog is told whose statement it is, and knows no other tenant then.
    'iceberg.rest-catalog.session': 'USER',
    'iceberg.rest-catalog.oauth2.token': serviceToken,
    'iceberg.rest-catalog.oauth2.token-refresh-enabled': false,
    'iceberg.rest-catalog.view-endpoints-enabled': false,
    'iceberg.unique-table-location': false,
    ...storageProperties(storage),
  }
}

function storageProperties({ endpoint, region, pathStyle }: TrinoStorage): Properties {
  return {
    'fs.native-s3.enabled': true,
    's3.region': region,
    's3.path-style-access': pathStyle,
    ...(endpoint === null ? {} : { 's3.endpoint': endpoint }),
    'iceberg.rest-catalog.vended-credentials-enabled': true,
  }
}

/** https://trino.io/docs/current/security/opa-access-control.html — it sends no header of ours, so the token is in the path. */
function accessProperties({ adminUrl, accessToken }: TrinoOptions): Properties {
  const url = `${adminUrl}/trino/access/${accessToken}`
  return {
    'access-control.name': 'opa',
    'opa.policy.uri': url,
    'opa.policy.batched-uri': `${url}/batch`,
    'opa.allow-permission-management-operations': false,
  }
}

/** Trino's own way to say: what the selector's pattern has found. */
const TENANT_VARIABLE = '$' + '{tenant}'

/** https://trino.io/docs/current/admin/resource-groups.html. Who is not `tenant/user` fits no selector and is refused. */
function resourceGroups({ running, tenant }: TrinoLimits): object {
  return {
    cpuQuotaPeriod: `${CPU_PERIOD_S}s`,
    rootGroups: [
      {
        name: 'tenant',
        softMemoryLimit: '100%',
        hardConcurrencyLimit: running,
        maxQueued: running * tenant.queued,
        schedulingPolicy: 'fair',
        subGroups: [
          {
            name: TENANT_VARIABLE,
            softMemoryLimit: `${tenant.memoryPercent}%`,
            hardConcurrencyLimit: tenant.running,
            maxQueued: tenant.queued,
            softCpuLimit: `${tenant.cpuSoftS}s`,
            hardCpuLimit: `${tenant.cpuHardS}s`,
          },
        ],
      },
    ],
    selectors: [{ user: '(?<tenant>[^/]+)/.*', group: `tenant.${TENANT_VARIABLE}` }],
  }
}

/** https://docs.oracle.com/en/java/javase/24/docs/api/java.base/java/util/Properties.html#load(java.io.Reader) */
function properties(values: Properties): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${String(value).replace(/[\\\n\r]/g, (bad) => (bad === '\\' ? '\\\\' : ' '))}\n`)
    .join('')
}
