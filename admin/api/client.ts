import type { FastifyInstance } from 'fastify'
import { Problem } from './model.ts'

/** How the CLI speaks to the API: over HTTP to a running server, or to the very same routes in its own process. */
export type Call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) => Promise<unknown>

/** What the API answered that is not a success; the message is for the person at the terminal. */
export class CallError extends Error {
  override readonly name = 'CallError'
}

const CALL_TIMEOUT_MS = 120_000

export function callOverHttp(url: string, adminToken: string): Call {
  return async (method, path, body) => {
    const response = await fetch(new URL(`/api/v1${path}`, url), {
      method,
      headers: headersOf(adminToken, body),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      redirect: 'error',
    }).catch((cause: unknown) => {
      throw new CallError(`cannot reach ${url}: ${causeText(cause)}`, { cause })
    })
    return answerOf(response.status, await response.text())
  }
}

export function callInProcess(app: FastifyInstance, adminToken: string): Call {
  return async (method, path, body) => {
    const response = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: headersOf(adminToken, body),
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return answerOf(response.statusCode, response.body)
  }
}

function headersOf(adminToken: string, body: unknown): Record<string, string> {
  const authorization = { authorization: `Bearer ${adminToken}` }
  return body === undefined ? authorization : { ...authorization, 'content-type': 'application/json' }
}

function answerOf(status: number, text: string): unknown {
  if (status >= 200 && status < 300) return text === '' ? undefined : JSON.parse(text)
  throw new CallError(problemText(text) ?? `the server answered ${status}`)
}

function problemText(text: string): string | null {
  try {
    return Problem.parse(JSON.parse(text)).detail
  } catch {
    return null
  }
}

/** fetch says only "fetch failed"; why is in the cause. */
function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
