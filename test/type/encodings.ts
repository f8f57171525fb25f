import { readFileSync } from 'node:fs'

/** What make-encodings.ts has asked PostgreSQL. */
export type Encodings = {
  server: string
  cases: readonly { name: string; typeOid: number; typmod: number; text: string; binary: string }[]
  /** bits, text */
  float8: readonly (readonly [string, string])[]
  float8Precise: readonly (readonly [string, string])[]
  float4: readonly (readonly [string, string])[]
  /** dividend, divisor, quotient */
  divisions: readonly (readonly [string, string, string])[]
  /** seconds since 1970, text of the timestamptz */
  zones: Record<string, readonly (readonly [number, string])[]>
}

export const encodings = JSON.parse(readFileSync(new URL('./encodings.json', import.meta.url), 'utf8')) as Encodings
