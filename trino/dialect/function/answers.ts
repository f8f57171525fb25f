import { AGGREGATE_KEYS, groupReason, SCALAR_KEYS, SET_KEYS, WINDOW_KEYS } from '../../../proxy/function/catalogue.ts'
import type { Answers } from '../../../proxy/print/answer.ts'

const KNOWN: ReadonlySet<string> = new Set([...SCALAR_KEYS, ...SET_KEYS, ...AGGREGATE_KEYS, ...WINDOW_KEYS])

function refused(key: string): { unsupported: string } | undefined {
  if (KNOWN.has(key)) return { unsupported: 'it has no exact counterpart' }
  const reason = groupReason(key)
  return reason === undefined ? undefined : { unsupported: reason }
}

/** Trino's answers, as the core asks for them. */
export const TRINO_ANSWERS: Answers = { scalar: refused, aggregate: refused, window: refused }
