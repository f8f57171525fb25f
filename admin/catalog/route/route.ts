import type { Access } from '../access.ts'
import type { Catalog } from '../catalog.ts'
import { isObject, type Json, type JsonObject, printJson } from '../json.ts'
import { LEVEL_SEPARATOR } from '../name.ts'
import { badRequest, noSuchRoute } from '../problem.ts'
import type { Scope } from '../scope.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'DELETE'

export type CatalogRequest = {
  catalog: Catalog
  scope: Scope
  who: Access
  /** Decoded segments of the path, by the names of the template. */
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  header(name: string): string | undefined
  body: Json | undefined
  signal: AbortSignal
}

/** `text` is JSON that is already printed. */
export type Answer = {
  status: number
  text?: string
  headers?: Readonly<Record<string, string>>
  /** What may be kept of it, to answer once more: without secrets, and without what lies in a file anyway. */
  kept?: KeptTable
}

export type KeptTable = {
  status: 200
  table: { name: string; location: string | null; metadata: string | null }
}

export type Route = {
  method: Method
  /** As the spec and config.endpoints spell it. */
  path: string
  /** What a token for reading only must not do. */
  effect: 'read' | 'write'
  answer(request: CatalogRequest): Promise<Answer>
}

export const NO_CONTENT: Answer = { status: 204 }

export function ok(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, text: printJson(value), headers }
}

export function bodyObject(request: CatalogRequest): JsonObject {
  if (!isObject(request.body)) throw badRequest('The body is not a JSON object')
  return request.body
}

export function levelsOf(param: string | undefined): string[] {
  return (param ?? '').split(LEVEL_SEPARATOR)
}

export function identifierOf(request: CatalogRequest, member: 'table' | 'view') {
  return { levels: levelsOf(request.params.namespace), name: request.params[member] ?? '' }
}

type Compiled = { route: Route; parts: readonly string[] }

/**
 * Finds the route of a path. Our own, because a name may hold anything: it is cut at the slashes first and decoded then, so
 * that %2F, %25 and dots arrive as they were meant, at any length.
 */
export function router(routes: readonly Route[]) {
  const compiled: Compiled[] = routes.map((route) => ({ route, parts: route.path.split('/').slice(1) }))
  return (method: string, path: string): { route: Route; params: Record<string, string> } => {
    const parts = path.split('/').slice(1)
    const found = compiled.find((candidate) => candidate.route.method === method && fits(candidate, parts))
    if (found === undefined) throw noSuchRoute(`${method} ${path}`)
    const params = found.parts.flatMap((part, index): [string, string][] => {
      const name = paramName(part)
      return name === null ? [] : [[name, decode(parts[index]!)]]
    })
    return { route: found.route, params: Object.fromEntries(params) }
  }
}

function fits(compiled: Compiled, parts: readonly string[]): boolean {
  return (
    compiled.parts.length === parts.length &&
    compiled.parts.every((part, index) => paramName(part) !== null || part === parts[index])
  )
}

function paramName(part: string): string | null {
  return part.startsWith('{') ? part.slice(1, -1) : null
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw badRequest('The path is not well-formed')
  }
}
