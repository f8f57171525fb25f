import { type Int64, isObject, type Json, type JsonObject } from './json.ts'
import { badRequest } from './problem.ts'

/**
 * Readers of what a client sent: each gives the value in the type asked for, or refuses with 400 and the member's name.
 * (zod would have to be taught raw numbers and bigints; five small functions say it more plainly.)
 */
export function object(value: Json | undefined, what: string): JsonObject {
  if (!isObject(value)) throw badRequest(`Cannot parse ${what}: not a JSON object`)
  return value
}

export function array(value: Json | undefined, what: string): readonly Json[] {
  if (!Array.isArray(value)) throw badRequest(`Cannot parse ${what}: not a JSON array`)
  return value
}

export function text(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') throw badRequest(`Cannot parse ${what}: not a string`)
  return value
}

/** An id or count of 32 bits. */
export function int(value: Json | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw badRequest(`Cannot parse ${what}: not an integer`)
  return value
}

export function long(value: Json | undefined, what: string): Int64 {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return value
  throw badRequest(`Cannot parse ${what}: not an integer`)
}

export function bool(value: Json | undefined, what: string): boolean {
  if (typeof value !== 'boolean') throw badRequest(`Cannot parse ${what}: not a boolean`)
  return value
}

/** A member that may be left out or null. */
export function optional<T>(
  value: Json | undefined,
  read: (value: Json, what: string) => T,
  what: string,
): T | undefined {
  return value === undefined || value === null ? undefined : read(value, what)
}

export function texts(value: Json | undefined, what: string): string[] {
  return array(value, what).map((item) => text(item, what))
}

export function textMap(value: Json | undefined, what: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object(value, what)).map(([key, item]) => [key, text(item, `${what} "${key}"`)]),
  )
}
