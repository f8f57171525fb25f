import { readFileSync } from 'node:fs'

/** What make-encodings.ts has asked PostgreSQL. */
export type Encodings = {
  cases: readonly { name: string; typeOid: number; typmod: number; text: string; binary: string }[]
  /** what COPY wrote, in hex */
  copies: readonly { name: string; bytes: string }[]
  /** bits, text */
  float8: readonly (readonly [string, string])[]
  float8Precise: readonly (readonly [string, string])[]
  float4: readonly (readonly [string, string])[]
  /** dividend, divisor, quotient */
  divisions: readonly (readonly [string, string, string])[]
  /** seconds since 1970, text of the timestamptz */
  zones: Record<string, readonly (readonly [number, string])[]>
}

type Line = { section: keyof Encodings; key?: string; value: unknown }

function read(): Encodings {
  const all: Record<keyof Encodings, unknown[]> & { zones: unknown } = {
    cases: [],
    copies: [],
    float8: [],
    float8Precise: [],
    float4: [],
    divisions: [],
    zones: [],
  }
  const zones: Record<string, unknown> = {}
  for (const text of readFileSync(new URL('./encodings.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')) {
    const { section, key, value } = JSON.parse(text) as Line
    if (key === undefined) all[section].push(value)
    else zones[key] = value
  }
  return { ...all, zones } as Encodings
}

export const encodings = read()
