import { badRequest } from './problem.ts'

const PAGE_SIZE_MAX = 10_000

/**
 * One page of names that are sorted. A token says after which name the next page begins, and of which list it is; without
 * `pageToken` everything comes at once, as clients that do not page expect.
 */
export function page<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  list: string,
  query: URLSearchParams,
): { items: T[]; next: string | null } {
  const { after, size } = pageRequest(query, list)
  const sorted = [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const rest = after === null ? sorted : sorted.filter((item) => nameOf(item) > after)
  const shown = rest.slice(0, size)
  return { items: shown, next: rest.length > size ? pageToken(nameOf(shown.at(-1)!), list) : null }
}

/** Which names a request asks for: those after `after`, at most `size`. */
export function pageRequest(query: URLSearchParams, list: string): { after: string | null; size: number } {
  const token = query.get('pageToken')
  if (token === null) return { after: null, size: Number.POSITIVE_INFINITY }
  return { after: token === '' ? null : readToken(token, list), size: readSize(query.get('pageSize')) }
}

export function pageToken(name: string, list: string): string {
  return Buffer.from(JSON.stringify([list, name])).toString('base64url')
}

function readToken(token: string, list: string): string {
  try {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown
    if (Array.isArray(parsed) && parsed[0] === list && typeof parsed[1] === 'string') return parsed[1]
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest('Invalid page token')
}

function readSize(text: string | null): number {
  if (text === null) return PAGE_SIZE_MAX
  if (!/^[1-9]\d{0,8}$/.test(text)) throw badRequest(`Invalid page size: ${text}`)
  return Math.min(Number(text), PAGE_SIZE_MAX)
}
