/**
 * Statements with what they must answer, as text that people edit:
 *
 *     -- name
 *     -- parameters: ["a", null]        (optional: the extended protocol, with these texts)
 *     -- time zone: America/New_York    (optional)
 *     select …
 *     ----
 *     same
 *
 * `same` asks for PostgreSQL's own answer. What stays different is written out: `differs: why`, then `postgres:` and
 * `lakewire:` with the rows, or the error, of each. UPDATE=1 rewrites the second half of every case from what came out.
 *
 * On Trino the answer is to be the same too, in any order where the statement asks for none, or what it is instead stands
 * in a last line: `trino: refused: ERROR …`, or `trino: other last digits: why`.
 */
export type SqlCase = {
  readonly name: string
  readonly parameters: readonly (string | null)[] | null
  readonly timeZone: string | null
  readonly sql: string
  readonly expected: Expected
  readonly onTrino: OnTrino | null
}

export type OnTrino = { readonly kind: 'refused' | 'other last digits'; readonly text: string }

export type Expected =
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly why: string; readonly postgres: string; readonly lakewire: string }

const SEPARATOR = '----'

export function parseCases(text: string): SqlCase[] {
  return text
    .split(/\n(?=-- (?!parameters:|time zone:)[a-z0-9_]+\n)/)
    .filter((part) => part.trim() !== '')
    .map(parseCase)
}

function parseCase(part: string): SqlCase {
  const [head = '', tail = ''] = part.split(`\n${SEPARATOR}\n`)
  const [title = '', ...lines] = head.trim().split('\n')
  const directive = (name: string) =>
    lines.find((line) => line.startsWith(`-- ${name}: `))?.slice(name.length + 5) ?? null
  const parameters = directive('parameters')
  return {
    name: title.replace(/^-- /, ''),
    parameters: parameters === null ? null : (JSON.parse(parameters) as (string | null)[]),
    timeZone: directive('time zone'),
    sql: lines.filter((line) => !/^-- (parameters|time zone): /.test(line)).join('\n'),
    expected: parseExpected(tail.trim().replace(ON_TRINO, '').trim()),
    onTrino: parseOnTrino(tail.trim()),
  }
}

const ON_TRINO = /\n?^trino: (refused|other last digits): (.*)$/m

function parseOnTrino(text: string): OnTrino | null {
  const found = ON_TRINO.exec(text)
  return found === null ? null : { kind: found[1] as OnTrino['kind'], text: found[2] ?? '' }
}

function parseExpected(text: string): Expected {
  if (text === 'same') return { kind: 'same' }
  const parts = /^differs: (.*)\npostgres:\n([\s\S]*?)\n?lakewire:\n?([\s\S]*)$/.exec(text)
  if (parts === null) throw new Error(`neither "same" nor "differs: …": ${text.slice(0, 80)}`)
  return { kind: 'differs', why: parts[1] ?? '', postgres: parts[2] ?? '', lakewire: parts[3] ?? '' }
}

export function formatCases(cases: readonly SqlCase[]): string {
  return `${cases.map(formatCase).join('\n')}`
}

function formatCase(one: SqlCase): string {
  const directives = [
    ...(one.parameters === null ? [] : [`-- parameters: ${JSON.stringify(one.parameters)}`]),
    ...(one.timeZone === null ? [] : [`-- time zone: ${one.timeZone}`]),
  ]
  const { expected, onTrino } = one
  const answer =
    expected.kind === 'same'
      ? 'same'
      : `differs: ${expected.why}\npostgres:\n${expected.postgres}\nlakewire:\n${expected.lakewire}`
  return [
    `-- ${one.name}`,
    ...directives,
    one.sql,
    SEPARATOR,
    answer,
    ...(onTrino === null ? [] : [`trino: ${onTrino.kind}: ${onTrino.text}`]),
    '',
  ].join('\n')
}

/** Whether the last statement of a case says in which order its rows come: an ORDER BY outside of all parentheses. */
export function asksForOrder(sql: string): boolean {
  let outside = sql.split(/;\n/).at(-1) ?? ''
  for (let before = ''; before !== outside; ) {
    before = outside
    outside = outside.replace(/\([^()]*\)/g, '')
  }
  return /\border by\b/i.test(outside)
}

const FLOAT_DIGITS = 12

/** Lines whose floats are rounded to as many digits as every order of adding them up agrees on. */
export function rounded(lines: readonly string[]): string {
  return lines.join('\n').replace(/-?\d+\.\d+(e[-+]\d+)?/g, (digits) => Number(digits).toPrecision(FLOAT_DIGITS))
}
