/**
 * JSON that keeps every number as it was sent. Snapshot ids are 64-bit and a plain JSON.parse rounds them; a double's
 * default of 1.0 must not go out as 1, for Java's SingleValueParser refuses it. So:
 *   an integer that a JavaScript number holds exactly  → number
 *   any other integer                                  → bigint
 *   a number with a point or an exponent               → the text itself, as a raw JSON value
 * The three never overlap, so `===` compares integers of any size.
 * https://tc39.es/proposal-json-parse-with-source/
 */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | RawJson
  | readonly Json[]
  | { readonly [key: string]: Json }
export type RawJson = { readonly rawJSON: string }
export type JsonObject = { readonly [key: string]: Json }
export type Int64 = number | bigint

declare global {
  interface JSON {
    rawJSON(text: string): RawJson
    isRawJSON(value: unknown): value is RawJson
  }
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown

/** Not -0, which only a double can be. */
const INTEGER = /^(0|-?[1-9]\d*)$/

export function parseJson(text: string): Json {
  const revive: Reviver = (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined) return value
    if (!INTEGER.test(source)) return JSON.rawJSON(source)
    return Number.isSafeInteger(value) ? value : BigInt(source)
  }
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown) as Json
}

export function printJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? JSON.rawJSON(item.toString()) : item))
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}

/** Equality as JSON has it: the order of members does not count, and one left out is not the same as null. */
export function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return printJson(value)
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
  return `{${members.join(',')}}`
}
