/**
 * Encodings that a client may have. SQL_ASCII is no conversion at all, so the client gets and gives UTF-8 under either:
 * psql asks for it at a terminal whose locale is C. No others: in SJIS, BIG5 and GBK a character's second byte may be a
 * backslash or a quote, and what one side takes for the end of a string the other does not.
 * https://www.postgresql.org/docs/18/multibyte.html
 */
const SPELLINGS: Readonly<Record<string, string>> = { utf8: 'UTF8', unicode: 'UTF8', sqlascii: 'SQL_ASCII' }

export const ENCODING_HINT = 'Only UTF8 and SQL_ASCII are supported; psql takes PGCLIENTENCODING=UTF8.'

/** Its name as PostgreSQL writes it; null: not supported. */
export function clientEncoding(name: string): string | null {
  const spelling = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return Object.hasOwn(SPELLINGS, spelling) ? (SPELLINGS[spelling] ?? null) : null
}
