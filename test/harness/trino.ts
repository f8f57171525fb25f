/** Straight to Trino, past everything that is ours: for tests of what Trino itself refuses. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openMongoStore } from '../../proxy/store/mongo/mongo-store.ts'
import { openSigner, type Signer } from '../../proxy/token/signer.ts'
import { stack } from './stack.ts'

export type TrinoAnswer =
  | { kind: 'rows'; rows: unknown[][] }
  | { kind: 'error'; name: string; message: string }
  /** refused before it was a query */
  | { kind: 'http'; status: number; text: string }

export type TrinoAsk = { token?: string; headers?: Readonly<Record<string, string>>; url?: string }

const CALL_MS = 60_000
const BUSY = 503
const BUSY_PAUSE_MS = 200

type Page = { nextUri?: string; data?: unknown[][]; error?: { errorName: string; message: string } }

export async function askTrino(sql: string, ask: TrinoAsk = {}): Promise<TrinoAnswer> {
  const url = ask.url ?? stack().trino.url
  const headers = headersOf(ask)
  let response = await call(`${url}/v1/statement`, { method: 'POST', body: sql, headers })
  const rows: unknown[][] = []
  for (;;) {
    if (response.status === BUSY) await sleep(BUSY_PAUSE_MS)
    if (!response.ok) return { kind: 'http', status: response.status, text: await response.text() }
    const page = (await response.json()) as Page
    if (page.error !== undefined) return { kind: 'error', name: page.error.errorName, message: page.error.message }
    rows.push(...(page.data ?? []))
    if (page.nextUri === undefined) return { kind: 'rows', rows }
    response = await call(localUrl(page.nextUri, url), { headers })
  }
}

export function headersOf({ token, headers }: TrinoAsk): Record<string, string> {
  return {
    'x-forwarded-proto': 'https',
    'x-trino-catalog': stack().trino.catalog,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...headers,
  }
}

/** Trino believes that it is behind TLS, as we said so. */
export function localUrl(uri: string, base: string): string {
  const { pathname, search } = new URL(uri)
  return `${base}${pathname}${search}`
}

function call(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(CALL_MS) })
}

/** The installation's own signer, as its processes have it. */
export async function withSigner<T>(use: (signer: Signer) => Promise<T>): Promise<T> {
  const { url, database } = stack().mongo
  const store = await openMongoStore({ url, database })
  try {
    return await use(await openSigner(store))
  } finally {
    await store.close()
  }
}
