/** What every request about a statement tells Trino of who asks, and under which rules. */
export type SessionConfig = {
  /** catalog in Trino that is our Iceberg catalog */
  catalog: string
  /** who asks, as a token that Trino checks; null: Trino believes whatever name it is told (never in production) */
  tokenFor: ((tenant: string, user: string) => Promise<Token>) | null
  /** longest a statement may run (0: as long as it likes) */
  runMsMax: number
}

export type Token = { text: string; goodForS: number }

const TOKENS_KEPT_MAX = 10_000
/** Trino checks the token of each request: it must outlive the pages of a statement that has just begun. */
const TOKEN_SHARE = 0.5

export type SessionHeaders = (tenant: string, user: string, queryId: string) => Promise<Record<string, string>>

/** https://trino.io/docs/current/develop/client-protocol.html#client-request-headers */
export function sessionHeaders({ catalog, tokenFor, runMsMax }: SessionConfig): SessionHeaders {
  const tokens = new Map<string, { text: string; freshUntil: number }>()

  async function token(tenant: string, user: string, make: NonNullable<SessionConfig['tokenFor']>): Promise<string> {
    // names of tenants hold no slash
    const key = `${tenant}/${user}`
    const known = tokens.get(key)
    if (known !== undefined && known.freshUntil > Date.now()) return known.text
    const { text, goodForS } = await make(tenant, user)
    if (tokens.size >= TOKENS_KEPT_MAX) tokens.clear()
    tokens.set(key, { text, freshUntil: Date.now() + goodForS * 1000 * TOKEN_SHARE })
    return text
  }

  return async (tenant, user, queryId) => {
    const headers: Record<string, string> = {
      'X-Trino-Source': 'lakewire',
      'X-Trino-Client-Tags': `query-${queryId}`,
      'X-Trino-Trace-Token': queryId,
      'X-Trino-Catalog': catalog,
      'X-Trino-Time-Zone': 'UTC',
      'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
    }
    if (runMsMax > 0) headers['X-Trino-Session'] = `query_max_run_time=${runMsMax}ms`
    if (tokenFor === null) headers['X-Trino-User'] = encodeURI(`${tenant}/${user}`)
    else {
      headers.Authorization = `Bearer ${await token(tenant, user, tokenFor)}`
      // Trino takes tokens over TLS only, or from one who says that TLS ended before it
      headers['X-Forwarded-Proto'] = 'https'
    }
    return headers
  }
}
