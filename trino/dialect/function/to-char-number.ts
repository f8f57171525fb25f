import type { Call } from '../../../proxy/print/answer.ts'

/** to_char of numbers. */
export function toCharOfNumber(call: Call): string {
  return call.unsupported('a number that is not constant')
}
