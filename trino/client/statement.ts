import { setTimeout as sleep } from 'node:timers/promises'
import { ClientFailure, StatementFailure } from './failure.ts'
import { type Http, HttpError, type HttpRequest, type HttpResponse } from './http.ts'
import { nextPathIn, type Page, parsePage } from './page.ts'

/**
 * One statement in Trino: a POST, then a GET for each page. The POST is never repeated, as nobody would know how often the
 * statement ran; a GET of the same page may be, says the protocol.
 * https://trino.io/docs/current/develop/client-protocol.html
 */
export type StatementOptions = {
  sql: string
  headers: Readonly<Record<string, string>>
  signal: AbortSignal
}

export type Statement = {
  /** Null after the last. At most PAGES_AHEAD_MAX have been asked for that were not taken. */
  next(): Promise<Page | null>
  /** Ends the statement in Trino, if it has not ended. Never throws. */
  end(): Promise<void>
}

/** Trino's own default of 16 MB would only make memory and pauses longer. */
const PAGE_SIZE = '1MB'
const PAGES_AHEAD_MAX = 2
/** Trino answers a GET within a second, though it be with nothing. */
const ANSWER_MS_MAX = 30_000
const PAGE_MS_MAX = 60_000
const DELETE_MS_MAX = 2_500
/** Trino ends a statement that nobody asks about for query.client.timeout (a minute, in our configuration). */
const SIGN_OF_LIFE_MS = 20_000
/** How long a page is asked for again when the way to Trino is broken. */
const RETRY_MS_MAX = 20_000
const RETRY_WAIT_MS = 50
const RETRY_WAIT_MS_MAX = 1_000
/** The gateway before Trino, or Trino itself, asks to come again. */
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504])

export async function startStatement(http: Http, { sql, headers, signal }: StatementOptions): Promise<Statement> {
  const ended = new AbortController()
  const stop = AbortSignal.any([signal, ended.signal])
  const ahead: Promise<Page>[] = []
  /** the page after the last one that was asked for */
  let following: string | null = null
  /** the newest address of the statement; null: Trino has ended it */
  let address: string | null = null
  /** the page that was asked for last, and whether it is still on its way */
  let latest: { path: string; pending: boolean } | null = null

  const ask = () => {
    if (following === null || stop.aborted || ahead.length >= PAGES_AHEAD_MAX) return
    const asked = { path: following, pending: true }
    latest = asked
    const page = getPage(http, following, headers, stop, announce)
    following = null
    page
      .catch(() => {})
      .finally(() => {
        asked.pending = false
      })
    ahead.push(page)
  }
  const announce = (next: string | null) => {
    following = next
    address = next
    ask()
  }

  /** A client that reads slowly, or a cursor that rests: the newest page is asked for once more, which Trino still has. */
  const giveSignOfLife = () => {
    if (stop.aborted || address === null) return clearInterval(life)
    if (latest === null || latest.pending) return
    const request = { method: 'GET' as const, path: withSize(latest.path), headers, timeoutMs: ANSWER_MS_MAX }
    // It may have become an older page by then, which Trino refuses: as good a sign.
    http.request({ ...request, signal: stop }).catch(() => {})
  }

  const first = await postStatement(http, sql, headers, stop)
  ahead.push(Promise.resolve(first))
  announce(first.nextPath)
  const life = setInterval(giveSignOfLife, SIGN_OF_LIFE_MS)
  life.unref()

  return {
    async end() {
      clearInterval(life)
      if (ended.signal.aborted) return
      ended.abort()
      if (address === null) return
      const request = { method: 'DELETE' as const, path: address, headers, timeoutMs: DELETE_MS_MAX }
      await http.request({ ...request, signal: AbortSignal.timeout(DELETE_MS_MAX) }).catch(() => {})
    },
    async next() {
      const waiting = ahead[0]
      if (waiting === undefined) return null
      const page = await waiting
      ahead.shift()
      ask()
      if (page.error !== null) throw new StatementFailure(page.error)
      return page
    },
  }
}

async function postStatement(http: Http, sql: string, headers: Headers, signal: AbortSignal): Promise<Page> {
  let response: HttpResponse
  try {
    response = await http.request({
      method: 'POST',
      path: '/v1/statement',
      headers,
      body: sql,
      timeoutMs: ANSWER_MS_MAX,
      signal,
    })
  } catch (error) {
    if (signal.aborted) throw new ClientFailure('cancelled', 'cancelled', error)
    if (error instanceof HttpError && !error.sent) throw new ClientFailure('unreachable', 'not reachable', error)
    throw new ClientFailure('unknownOutcome', 'the answer to a statement was lost', error)
  }
  if (response.status === 503 || response.status === 429) throw new ClientFailure('unavailable', statusText(response))
  if (response.status === 502 || response.status === 504)
    throw new ClientFailure('unknownOutcome', statusText(response))
  return pageOf(response)
}

const withSize = (path: string) => `${path}${path.includes('?') ? '&' : '?'}targetResultSize=${PAGE_SIZE}`

type Headers = Readonly<Record<string, string>>

async function getPage(
  http: Http,
  path: string,
  headers: Headers,
  signal: AbortSignal,
  /** told once, as early as possible; null: this is the last page */
  announce: (next: string | null) => void,
): Promise<Page> {
  let announced = false
  const request: HttpRequest = {
    method: 'GET',
    path: withSize(path),
    headers,
    timeoutMs: PAGE_MS_MAX,
    signal,
    onPrefix: (prefix) => {
      const next = nextPathIn(prefix)
      if (next === null || announced) return
      announced = true
      announce(next)
    },
  }
  const deadline = Date.now() + RETRY_MS_MAX
  for (let wait = RETRY_WAIT_MS; ; wait = Math.min(2 * wait, RETRY_WAIT_MS_MAX)) {
    let trouble: ClientFailure
    try {
      const response = await http.request(request)
      if (!RETRIED.has(response.status)) {
        const page = pageOf(response)
        if (!announced) announce(page.nextPath)
        return page
      }
      // It has the statement: a write that is polled may have been done.
      trouble = new ClientFailure('unknownOutcome', statusText(response))
    } catch (error) {
      if (signal.aborted) throw new ClientFailure('cancelled', 'cancelled', error)
      if (!(error instanceof HttpError)) throw error
      trouble = new ClientFailure('unknownOutcome', 'the way to the statement is broken', error)
    }
    if (Date.now() + wait > deadline) throw trouble
    await sleep(wait, undefined, { signal }).catch(() => {
      throw new ClientFailure('cancelled', 'cancelled')
    })
  }
}

function pageOf(response: HttpResponse): Page {
  const { status } = response
  if (status === 404 || status === 410) throw new ClientFailure('forgotten', statusText(response))
  if (status === 401 || status === 403) throw new ClientFailure('refused', statusText(response))
  if (status !== 200) throw new ClientFailure('malformed', statusText(response))
  try {
    return parsePage(response.body)
  } catch (error) {
    throw new ClientFailure('malformed', 'an answer that is none', error)
  }
}

const STATUS_TEXT_CHARACTERS_MAX = 300

function statusText({ status, body }: HttpResponse): string {
  return `status ${status}: ${body.toString('utf8', 0, STATUS_TEXT_CHARACTERS_MAX)}`
}
