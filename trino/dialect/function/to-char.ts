import type { Call } from '../../../proxy/print/answer.ts'

/** to_char of a timestamp. */
export function toCharOf(call: Call, _local: string): string {
  return call.unsupported('this format')
}
