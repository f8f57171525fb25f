import type { RowFormat } from '../../proxy/engine/engine.ts'

/** Rows that COPY's formats have trouble with, in words that PostgreSQL and DuckDB share. */
export type CopyCase = { name: string; sql: string; options: string; format: RowFormat; types: readonly number[] }

const INT4 = 23
const TEXT = 25

const NASTY = `SELECT a, b FROM (VALUES
  (1, 'plain'), (2, ''), (3, NULL), (4, 'tab' || chr(9) || 'x'), (5, 'line' || chr(10) || 'x'), (6, 'back\\slash'),
  (7, 'quote"quote'), (8, 'comma,comma'), (9, '\\N'), (10, '\\.'), (11, 'cr' || chr(13)), (12, chr(8) || chr(11) || chr(12) || chr(1)),
  (13, 'NULL'), (14, ' '), (15, 'semi;colon'), (16, 'grüße 𝄞'), (17, '''single''')) v(a, b) ORDER BY a`
const SINGLE = `SELECT b FROM (VALUES (1, '\\.'), (2, ''), (3, NULL), (4, 'x')) v(a, b) ORDER BY a`

function csv(
  delimiter: string,
  nullText: string,
  quote: string,
  escapeWith: string,
  forceQuote: readonly boolean[],
): RowFormat {
  return { kind: 'CopyCsv', delimiter, null: nullText, quote, escape: escapeWith, forceQuote }
}

export const COPY_CASES: readonly CopyCase[] = [
  {
    name: 'text',
    sql: NASTY,
    types: [INT4, TEXT],
    options: 'format text',
    format: { kind: 'CopyText', delimiter: '\t', null: '\\N' },
  },
  {
    name: 'text with other signs',
    sql: NASTY,
    types: [INT4, TEXT],
    options: `format text, delimiter ';', null 'nil'`,
    format: { kind: 'CopyText', delimiter: ';', null: 'nil' },
  },
  {
    name: 'csv',
    sql: NASTY,
    types: [INT4, TEXT],
    options: 'format csv',
    format: csv(',', '', '"', '"', [false, false]),
  },
  {
    name: 'csv with other signs',
    sql: NASTY,
    types: [INT4, TEXT],
    options: `format csv, delimiter ';', null 'NULL', quote '''', escape '\\'`,
    format: csv(';', 'NULL', "'", '\\', [false, false]),
  },
  {
    name: 'csv with quotes forced',
    sql: NASTY,
    types: [INT4, TEXT],
    options: 'format csv, force_quote (a)',
    format: csv(',', '', '"', '"', [true, false]),
  },
  {
    name: 'csv of one column',
    sql: SINGLE,
    types: [TEXT],
    options: 'format csv',
    format: csv(',', '', '"', '"', [false]),
  },
  {
    name: 'text of one column',
    sql: SINGLE,
    types: [TEXT],
    options: 'format text',
    format: { kind: 'CopyText', delimiter: '\t', null: '\\N' },
  },
  { name: 'binary', sql: NASTY, types: [INT4, TEXT], options: 'format binary', format: { kind: 'CopyBinary' } },
]
