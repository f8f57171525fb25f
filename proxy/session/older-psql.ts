/**
 * psql 15 and 16 ask for columns that PostgreSQL 17 has renamed, so that their \l and \dO fail on any newer server; they are
 * what Debian 12 and Ubuntu 24.04 have. Their own queries, told by how they begin, get the names of today.
 * https://www.postgresql.org/docs/17/release-17.html
 */
type Renamed = { readonly query: RegExp; readonly column: RegExp; readonly today: string }

/** What a column is called for the reader depends on psql's language. */
const RENAMED: readonly Renamed[] = [
  {
    query: /^SELECT\s+d\.datname as "[^"]*",\s+pg_catalog\.pg_get_userbyid\(d\.datdba\) as "/,
    column: /\bd\.daticulocale as "/,
    today: 'd.datlocale as "',
  },
  {
    query: /^SELECT\s+n\.nspname AS "[^"]*",\s+c\.collname AS "/,
    column: /\bc\.colliculocale AS "/,
    today: 'c.colllocale AS "',
  },
]

export function withNamesOfToday(sql: string): string {
  const renamed = RENAMED.find(({ query }) => query.test(sql))
  return renamed === undefined ? sql : sql.replace(renamed.column, renamed.today)
}
