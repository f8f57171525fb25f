import { describe, expect, it } from 'vitest'
import { firstWords, split } from '../../proxy/compiler/split.ts'
import { fc } from '../harness/property.ts'

const texts = (sql: string): string[] => split(sql).map((statement) => statement.sql)

describe('split', () => {
  it.each([
    ['nothing', '', []],
    ['only space and comments', ' ;; -- x;\n/* ; */ ;\t', []],
    ['two', 'select 1; select 2', ['select 1', ' select 2']],
    ['a semicolon at the end', 'select 1;', ['select 1']],
    ['strings', "select ';', 'it''s;'; select 2", ["select ';', 'it''s;'", ' select 2']],
    ['escape strings', "select e'\\';', E'a\\\\'; select 2", ["select e'\\';', E'a\\\\'", ' select 2']],
    ['strings that go on', "select e'a' -- '\n '\\';'; select 2", ["select e'a' -- '\n '\\';'", ' select 2']],
    ['plain strings know no escapes', "select '\\'; select 2", ["select '\\'", ' select 2']],
    ['unicode strings', "select U&'\\0061;'; select 2", ["select U&'\\0061;'", ' select 2']],
    ['bit strings', "select b'1', x'f;'; select 2", ["select b'1', x'f;'", ' select 2']],
    ['names', 'select 1 as "a;""b;"; select 2', ['select 1 as "a;""b;"', ' select 2']],
    ['dollar quotes', 'select $$;$$, $a$;$b$;$a$; select 2', ['select $$;$$, $a$;$b$;$a$', ' select 2']],
    ['no dollar quote within a word', 'select a$b$;select c$b$', ['select a$b$', 'select c$b$']],
    ['parameters', 'select $1;select $2', ['select $1', 'select $2']],
    ['nested comments', 'select /* ; /* ; */ ; */ 1; select 2', ['select /* ; /* ; */ ; */ 1', ' select 2']],
    ['line comments', 'select 1 -- ;\n; select 2', ['select 1 -- ;\n', ' select 2']],
    ['a comment within an operator', 'select 1 +-- ;\n2; select 3', ['select 1 +-- ;\n2', ' select 3']],
    ['parentheses', 'select (1; select 2)', ['select (1', ' select 2)']],
    ['what is not closed', "select 1; select ';", ['select 1', " select ';"]],
    ['a comment that is not closed', 'select 1; /* ;', ['select 1', ' /* ;']],
    [
      'BEGIN ATOMIC',
      'create function f() returns int begin atomic select 1; select case when true then 1 end; end; select 2',
      ['create function f() returns int begin atomic select 1; select case when true then 1 end; end', ' select 2'],
    ],
    [
      'or replace procedure',
      'CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC insert into t values (1); END; select 2',
      ['CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC insert into t values (1); END', ' select 2'],
    ],
    ['BEGIN alone', 'begin; atomic; end; select 1', ['begin', ' atomic', ' end', ' select 1']],
  ])('%s', (_, sql, expected) => {
    expect(texts(sql)).toEqual(expected)
  })

  it('knows strings with escapes when they are not standard', () => {
    expect(split("select '\\';'; select 2", false).map(({ sql }) => sql)).toEqual(["select '\\';'", ' select 2'])
  })

  it('counts characters, not UTF-16 units, in front of a statement', () => {
    expect(split("select '🦆'; select 2")).toEqual([
      { sql: "select '🦆'", offset: 0 },
      { sql: ' select 2', offset: 11 },
    ])
  })

  const piece = fc.oneof(
    fc.constantFrom('select', ' ', '\n', '1', '+', '(', ')', '$1', 'e', 'n$a', 'ü', '🦆', '::', '<', '-', '/', '*'),
    fc.string().map((text) => `'${text.replaceAll("'", "''")}'`),
    fc.string().map((text) => `"${text.replaceAll('"', '""')}"`),
    // The operator behind it keeps a plain string on the next line from being its continuation, with escapes.
    fc.string().map((text) => ` e'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}' ||`),
    fc.string().map((text) => ` $q$${text.replaceAll('$', '')}$q$ `),
    fc.string().map((text) => ` /* ${text.replaceAll(/[*/]/g, '')} */ `),
    fc.string().map((text) => ` --${text.replaceAll(/[\r\n]/g, '')}\n`),
  )
  // Between pieces a space keeps what they are from becoming something else.
  const statement = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => `select ${pieces.join(' ')}`)

  it('gives back what was joined, and where each began', () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 5 }), (statements) => {
        const sql = statements.join(';')
        const found = split(sql)
        expect(found.map((part) => part.sql)).toEqual(statements)
        for (const { sql: text, offset } of found) {
          expect([...sql].slice(offset, offset + [...text].length).join('')).toBe(text)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never loses a character', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40, unit: fc.constantFrom(...'a;\'"$-/*\\e \nb1') }), (sql) => {
        let at = 0
        for (const { sql: text } of split(sql)) {
          const found = sql.indexOf(text, at)
          expect(found).toBeGreaterThanOrEqual(at)
          at = found + text.length
        }
      }),
      { numRuns: 500 },
    )
  })

  // A splitter that looks back at what it has read would need minutes.
  it('takes a long text', () => expect(split(`select ${"'x', ".repeat(1_000_000)}1`)).toHaveLength(1))
})

describe('firstWords', () => {
  it.each([
    ['/* x */ SELECT 1', 2, ['select']],
    ['create  -- x\n Table "x"', 3, ['create', 'table']],
    ['  begin; select', 2, ['begin']],
    ['(select 1)', 2, []],
    ['', 2, []],
  ])('%s', (sql, count, expected) => {
    expect(firstWords(sql, count)).toEqual(expected)
  })
})
