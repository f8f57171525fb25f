import type { Call } from '../../../proxy/print/answer.ts'
import { constantText } from './helper.ts'
import { type FoundRegex, foundRegex } from './regex.ts'

/** What the functions of regular expressions have in common: the pattern, its flags and its replacement, all constants. */

export function flagsOf(call: Call, index: number): string {
  const flags = constantText(call, index, 'flags')
  return flags !== null && /^[gi]*$/.test(flags) ? flags : call.unsupported('these flags')
}

/** Of a constant pattern, which finds the same text in both engines. */
export function found(call: Call, flags: string): FoundRegex | null {
  const pattern = constantText(call, 1, 'a regular expression')
  if (pattern === null) return null
  return foundRegex(pattern, flags.replaceAll('g', '')) ?? call.unsupported('this regular expression')
}

export function nothing(call: Call): string {
  return `CAST(NULL AS ${call.resultTypeName()})`
}

/** `\1` to `\9` and `\&` in PostgreSQL, `$1` and `$0` in Trino. `shift`: what stands before the pattern's own groups. */
export function replacement(call: Call, one: FoundRegex, shift: number): string {
  const text = constantText(call, 2, 'a replacement') ?? ''
  const escaped = (part: string) => part.replace(/[\\$]/g, '\\$&')
  const parts = text.split(/(\\[1-9]|\\&|\\\\)/)
  return parts
    .map((part) => {
      if (part === '\\&') return `$${shift}`
      if (part === '\\\\') return escaped('\\')
      if (/^\\[1-9]$/.test(part)) return Number(part[1]) <= one.groups ? `$${Number(part[1]) + shift}` : ''
      return escaped(part)
    })
    .join('')
}

/** A digit behind a group's number would be one of its digits. */
const DIGIT_BEHIND_GROUP = /\$\d+\d/

export function checkedReplacement(call: Call, text: string): string {
  const doubtful = /^\d/.test(text) || DIGIT_BEHIND_GROUP.test(text.replace(/\$\d(?!\d)/g, ''))
  return doubtful ? call.unsupported('a digit beside a group in the replacement') : text
}
