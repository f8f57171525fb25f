import { PgError } from '../../error.ts'
import { codePoints, TokenReader } from '../token.ts'

/** COPY as it was written, cut apart. Offsets are UTF-16 positions in the statement's text. */
export type CopyStatement = {
  readonly direction: 'from' | 'to'
  /** the relation's name as written; null: COPY (query) */
  readonly target: Span | null
  /** "(a, b)" as written, with its parentheses; null: all columns */
  readonly columns: Span | null
  readonly query: Span | null
  /** name → value as written (null: given without one), for all of them in the order given */
  readonly options: readonly CopyOption[]
  /** " WHERE …" as written; '' without */
  readonly where: string
}

export type Span = { readonly start: number; readonly end: number }
export type CopyOption = { readonly name: string; readonly value: string | null }

export type CopyFormat = {
  readonly kind: 'text' | 'csv' | 'binary'
  readonly delimiter: string
  readonly null: string
  readonly quote: string
  readonly escape: string
  readonly header: boolean
  readonly forceQuote: readonly string[] | 'all'
  readonly encoding: string
}

/**
 * Reads COPY … FROM STDIN and COPY … TO STDOUT, in today's and the older spellings of options.
 * Null where it is neither: PostgreSQL then says what is wrong. 42501 for files and programs.
 * https://www.postgresql.org/docs/18/sql-copy.html
 */
export function readCopy(sql: string): CopyStatement | null {
  const reader = new TokenReader(sql)
  if (!reader.words('copy')) return null
  const binary = reader.words('binary')
  const inner = reader.parenthesised()
  const target = inner === null ? reader.qualifiedName() : null
  if (inner === null && target === null) return null
  const columnsStart = reader.offset
  const columns =
    target !== null && reader.parenthesised() ? { start: columnsStart, end: endBefore(sql, reader.offset) } : null
  const direction = reader.oneOf('from', 'to')
  if (direction === null) return null
  if (reader.words('program')) throw refusedFile('to or from an external program', 'pg_execute_server_program')
  if (reader.string() !== null)
    throw direction === 'from'
      ? refusedFile('from a file', 'pg_read_server_files')
      : refusedFile('to a file', 'pg_write_server_files')
  if (
    !reader.words(direction === 'from' ? 'stdin' : 'stdout') &&
    !reader.words(direction === 'from' ? 'stdout' : 'stdin')
  )
    return null
  reader.words('with')
  const options: CopyOption[] = binary ? [{ name: 'format', value: 'binary' }] : []
  const listed = readOptionList(sql, reader) ?? readOldOptions(sql, reader)
  if (listed === null) return null
  options.push(...listed)
  const where = reader.atEnd ? '' : readWhere(sql, reader)
  if (where === null) return null
  return { direction, target, columns, query: inner, options, where }
}

/** In PostgreSQL's words, though nobody here has these roles. */
function refusedFile(what: string, role: string): PgError {
  return new PgError('42501', `permission denied to COPY ${what}`, {
    detail: `Only roles with privileges of the "${role}" role may COPY ${what}.`,
    hint: "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
    fault: 'policy',
  })
}

/**
 * The statement with another relation or query at a place in it, for the twin; and its errors as of the statement that the
 * client sent.
 */
export function inPlaceOf(sql: string, span: Span, other: string): { sql: string; error(thrown: unknown): unknown } {
  const start = codePoints(sql, span.start)
  const otherEnd = start + codePoints(other, other.length)
  const longer = otherEnd - codePoints(sql, span.end)
  return {
    sql: `${sql.slice(0, span.start)}${other}${sql.slice(span.end)}`,
    error: (thrown) => {
      if (!(thrown instanceof PgError)) return thrown
      const { position, ...fields } = thrown.fields
      if (position === undefined || position <= start) return thrown
      const isInside = position <= otherEnd
      return new PgError(thrown.code, thrown.message, isInside ? fields : { ...fields, position: position - longer })
    },
  }
}

/** The end of what stands before an offset, blanks left out. */
function endBefore(sql: string, offset: number): number {
  return sql.slice(0, offset).trimEnd().length
}

/** ( name [value] , … ) */
function readOptionList(sql: string, reader: TokenReader): CopyOption[] | null {
  if (reader.peek()?.value !== '(') return null
  reader.symbol('(')
  const options: CopyOption[] = []
  do {
    const name = reader.identifier()
    if (name === null) return null
    const start = reader.offset
    let depth = 0
    for (;;) {
      const token = reader.peek()
      if (token === undefined) return null
      if (token.kind === 'symbol' && depth === 0 && (token.value === ',' || token.value === ')')) break
      if (token.kind === 'symbol' && token.value === '(') depth += 1
      if (token.kind === 'symbol' && token.value === ')') depth -= 1
      reader.next()
    }
    const value = sql.slice(start, reader.offset).trim()
    options.push({ name, value: value === '' ? null : value })
  } while (reader.symbol(','))
  return reader.symbol(')') ? options : null
}

/** The spelling before PostgreSQL 9.0: BINARY, CSV, HEADER, DELIMITER [AS] 'x', NULL [AS] 'x', QUOTE, ESCAPE, FORCE QUOTE … */
function readOldOptions(sql: string, reader: TokenReader): CopyOption[] | null {
  const options: CopyOption[] = []
  for (;;) {
    const word = reader.oneOf(
      'binary',
      'csv',
      'header',
      'freeze',
      'delimiter',
      'delimiters',
      'null',
      'quote',
      'escape',
      'encoding',
      'force',
    )
    switch (word) {
      case null:
        return options
      case 'binary':
      case 'csv':
        options.push({ name: 'format', value: word })
        break
      case 'header':
      case 'freeze':
        options.push({ name: word, value: null })
        break
      case 'force': {
        const name = reader.words('quote')
          ? 'force_quote'
          : reader.words('not', 'null')
            ? 'force_not_null'
            : reader.words('null')
              ? 'force_null'
              : null
        if (name === null) return null
        if (reader.symbol('*')) {
          options.push({ name, value: '*' })
          break
        }
        const start = reader.offset
        let end = start
        do {
          end = reader.peek()?.end ?? end
          if (reader.identifier() === null) return null
        } while (reader.symbol(','))
        options.push({ name, value: `(${sql.slice(start, end)})` })
        break
      }
      default: {
        reader.words('as')
        const token = reader.peek()
        if (reader.string() === null || token === undefined) return null
        options.push({ name: word === 'delimiters' ? 'delimiter' : word, value: sql.slice(token.start, token.end) })
      }
    }
  }
}

function readWhere(sql: string, reader: TokenReader): string | null {
  const start = reader.offset
  return reader.words('where') ? ` ${sql.slice(start)}` : null
}

/** What the options come to. PostgreSQL checks them: here they only need to be understood. */
export function copyFormat(options: readonly CopyOption[]): CopyFormat {
  const value = (name: string) => options.findLast((option) => option.name === name)
  const text = (name: string, otherwise: string) => {
    const option = value(name)
    if (option === undefined) return otherwise
    return literalText(option.value ?? '')
  }
  const named = text('format', 'text')
  const kind = named === 'csv' || named === 'binary' ? named : 'text'
  const header = value('header')
  const quote = text('quote', '"')
  const force = value('force_quote')?.value ?? null
  return {
    kind,
    delimiter: text('delimiter', kind === 'csv' ? ',' : '\t'),
    null: text('null', kind === 'csv' ? '' : '\\N'),
    quote,
    escape: text('escape', quote),
    header: header !== undefined && !/^(?:false|off|0)$/i.test(literalText(header.value ?? 'true')),
    forceQuote: force === null ? [] : force === '*' ? 'all' : readNames(force),
    encoding: text('encoding', 'UTF8'),
  }
}

/** A string constant, a word or a number, as its value. */
function literalText(written: string): string {
  const reader = new TokenReader(written)
  return reader.next()?.value ?? ''
}

/** The names of a list in parentheses. */
export function readNames(list: string): string[] {
  const reader = new TokenReader(list)
  const names: string[] = []
  reader.symbol('(')
  do {
    const name = reader.identifier()
    if (name !== null) names.push(name)
  } while (reader.symbol(','))
  return names
}
