import { raiseText } from '../../../raise.ts'

/**
 * A function that DuckDB runs in JavaScript, where its own do not follow PostgreSQL. Measured: some 2 to 7 million calls
 * a second, so an answer uses one only where SQL cannot be exact. The engine registers all of them when it starts.
 */
export type Native = {
  readonly name: string
  readonly parameters: readonly NativeType[]
  readonly returns: NativeType
  /** false: called with NULLs too */
  readonly strict: boolean
  readonly volatile: boolean
  readonly body: (...args: readonly never[]) => unknown
}

/**
 * What crosses: VARCHAR and JSON string, INTEGER and DOUBLE number, BIGINT bigint, BOOLEAN boolean, BLOB Uint8Array,
 * INTERVAL {months, days, micros}; lists are arrays of those or null.
 */
export type NativeType =
  | 'VARCHAR'
  | 'JSON'
  | 'INTEGER'
  | 'BIGINT'
  | 'DOUBLE'
  | 'BOOLEAN'
  | 'BLOB'
  | 'INTERVAL'
  | 'VARCHAR[]'
  | 'VARCHAR[][]'
  | 'JSON[]'

export type Interval = { readonly months: number; readonly days: number; readonly micros: bigint }

type Value<T extends NativeType> = T extends 'VARCHAR' | 'JSON'
  ? string
  : T extends 'INTEGER' | 'DOUBLE'
    ? number
    : T extends 'BIGINT'
      ? bigint
      : T extends 'BOOLEAN'
        ? boolean
        : T extends 'BLOB'
          ? Uint8Array
          : T extends 'INTERVAL'
            ? Interval
            : T extends 'VARCHAR[][]'
              ? readonly (readonly (string | null)[])[]
              : readonly (string | null)[]

type Values<P extends readonly NativeType[]> = { [I in keyof P]: Value<P[I]> }
type Nullable<V extends readonly unknown[]> = { [I in keyof V]: V[I] | null }

/** NULL in, NULL out. */
export function strict<const P extends readonly NativeType[], R extends NativeType>(
  name: string,
  parameters: P,
  returns: R,
  body: (...args: Values<P>) => Value<R> | null,
): Native {
  return { name, parameters, returns, strict: true, volatile: false, body: body as Native['body'] }
}

export function lenient<const P extends readonly NativeType[], R extends NativeType>(
  name: string,
  parameters: P,
  returns: R,
  body: (...args: Nullable<Values<P>>) => Value<R> | null,
): Native {
  return { name, parameters, returns, strict: false, volatile: false, body: body as Native['body'] }
}

/** An error of PostgreSQL's, raised inside the engine. */
export function fail(code: string, message: string): never {
  throw new Error(raiseText(code, message))
}

export function refuse(what: string): never {
  return fail('0A000', `${what} is not supported`)
}

/** Compiled forms of patterns and formats: a statement uses few, over many rows. */
const CACHE_ENTRIES_MAX = 256

export function cached<V>(make: (key: string) => V): (key: string) => V {
  const entries = new Map<string, V>()
  return (key) => {
    const known = entries.get(key)
    if (known !== undefined) return known
    const made = make(key)
    if (entries.size >= CACHE_ENTRIES_MAX) entries.clear()
    entries.set(key, made)
    return made
  }
}
