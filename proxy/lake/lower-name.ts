/**
 * Names for engines that know lower case only: a sign stands before what was a capital, so that no two names become one.
 * `$` and `@` have digits there, since Trino takes them for tables about a table.
 */
const SIGN = '^'
const CODES: Readonly<Record<string, string>> = { [SIGN]: SIGN, $: '4', '@': '2' }
const MEANINGS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CODES).map(([char, code]) => [code, char]),
)

/** Null: it holds a capital that its small letter does not lead back to. */
export function lowerName(name: string): string | null {
  const chars = [...name].map((char) => {
    const code = CODES[char]
    if (code !== undefined) return SIGN + code
    const small = char.toLowerCase()
    if (small === char) return char
    return [...small].length === 1 && small.toUpperCase() === char ? SIGN + small : null
  })
  return chars.includes(null) ? null : chars.join('')
}

/** The name that lowerName was given. A name without signs is itself. */
export function nameOfLower(lower: string): string {
  return lower.replace(/\^(.)/gu, (_, code: string) => MEANINGS[code] ?? code.toUpperCase())
}
