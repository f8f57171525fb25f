import type { Bind } from '../compiler/compiler.ts'
import type { Session } from './state.ts'

/** One query of PostgreSQL gives at most 1664 values; a Bind message may hold 65535, and a bulk INSERT as many constants. */
export const VALUES_AT_ONCE_MAX = 1600

/** The values of a Bind message as PostgreSQL's output functions write them. */
export async function canonicalValues(
  session: Session,
  types: readonly number[],
  bind: Bind,
  signal: AbortSignal,
): Promise<readonly (string | null)[]> {
  const settings = session.settings.forTwin()
  const out: (string | null)[] = []
  for (const { start, end } of pieces(bind.values.length)) {
    const formats = bind.formats.length > 1 ? bind.formats.slice(start, end) : bind.formats
    const piece: Bind = { formats, values: bind.values.slice(start, end), resultFormats: [] }
    out.push(...(await session.front.parameters(types.slice(start, end), piece, settings, signal)))
  }
  return out
}

/** The values of constant expressions, each of them ours. */
export async function evaluateConstants(
  session: Session,
  expressions: readonly string[],
  signal: AbortSignal,
): Promise<readonly (string | null)[]> {
  const settings = session.settings.forTwin()
  const out: (string | null)[] = []
  for (const { start, end } of pieces(expressions.length)) {
    out.push(...(await session.front.evaluate(expressions.slice(start, end), settings, signal)))
  }
  return out
}

function* pieces(count: number): Iterable<{ start: number; end: number }> {
  for (let start = 0; start < count; start += VALUES_AT_ONCE_MAX) {
    yield { start, end: Math.min(start + VALUES_AT_ONCE_MAX, count) }
  }
}
