/** https://www.postgresql.org/docs/18/functions-matching.html#FUNCTIONS-LIKE */
export const ESCAPE = '\\'

/**
 * A LIKE pattern without needless escapes, so that an engine can turn it into a prefix or equality search; `fold`: ILIKE's, in
 * the C locale. Null: it ends with an escape, which PostgreSQL refuses.
 */
export function plainLike(text: string, fold: boolean): { pattern: string; escapes: boolean } | null {
  let pattern = ''
  let escapes = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (char !== ESCAPE) {
      pattern += char
      continue
    }
    const next = text[++at]
    if (next === undefined) return null
    if (next === '%' || next === '_' || next === ESCAPE) {
      pattern += ESCAPE + next
      escapes = true
    } else pattern += next
  }
  return { pattern: fold ? asciiLower(pattern) : pattern, escapes }
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
