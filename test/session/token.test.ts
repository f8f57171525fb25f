import { expect, test } from 'vitest'
import { splitAtCommas } from '../../proxy/session/statement/prepare.ts'
import { codePoints, firstWord, tokenise } from '../../proxy/session/token.ts'
import { fc } from '../harness/property.ts'

const kinds = (sql: string) => tokenise(sql)?.map(({ kind, value }) => [kind, value])

test('words fold, names and strings are decoded', () => {
  expect(kinds(`SeLECT "A ""b", 'it''s', e'\\x41\\n', $tag$ $x$ $tag$, $12, 1.5e3, ÄB, /* a /* b */ */ -- c`)).toEqual([
    ['word', 'select'],
    ['name', 'A "b'],
    ['symbol', ','],
    ['string', "it's"],
    ['symbol', ','],
    ['string', 'A\n'],
    ['symbol', ','],
    ['string', ' $x$ '],
    ['symbol', ','],
    ['parameter', '12'],
    ['symbol', ','],
    ['number', '1.5e3'],
    ['symbol', ','],
    ['word', 'Äb'],
    ['symbol', ','],
  ])
})

test('a string goes on over a line feed, under the rules that it began with', () => {
  expect(kinds(`E'a'\n'b\\') -- ' x`)).toEqual([
    ['string', "ab') -- "],
    ['word', 'x'],
  ])
  expect(kinds(`'a' -- c\n  'b' 'c'`)).toEqual([
    ['string', 'ab'],
    ['string', 'c'],
  ])
})

test('what is not closed is not understood', () => {
  for (const sql of ["select 'a", 'select "a', 'select $$a', '/* a']) expect(tokenise(sql)).toBeNull()
  expect(firstWord('/* a */ -- b\n BEGIN')).toBe('begin')
  expect(firstWord('/* a')).toBeNull()
})

test('tokens cover the text in order, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (sql) => {
      let at = 0
      for (const token of tokenise(sql) ?? []) {
        expect(token.start).toBeGreaterThanOrEqual(at)
        expect(token.end).toBeGreaterThan(token.start)
        at = token.end
      }
      expect(at).toBeLessThanOrEqual(sql.length)
    }),
  )
})

test('pieces between commas, and positions in characters', () => {
  expect(splitAtCommas(`1, f(a, b), array[1, 2], ',' , x`)).toEqual(['1', ' f(a, b)', ' array[1, 2]', " ',' ", ' x'])
  expect(codePoints('a😀b', 3)).toBe(2)
})
