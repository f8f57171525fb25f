/** Names and strings as PostgreSQL's SQL: always quoted, so that a name may be any of its key words. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  // Under standard_conforming_strings = off a backslash would escape: E'' means the same under both.
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
