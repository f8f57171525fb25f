import { describe, expect, it } from 'vitest'
import { isCacheable, type Kept, StatementCache } from '../../proxy/compiler/statement-cache.ts'

const kept = (bytes: number): Kept => ({ analysis: { kind: 'empty' }, bytes, relations: [], catalog: null as never })

describe('the statement cache', () => {
  it('keeps what was used last, within its limits of entries and bytes', () => {
    const cache = new StatementCache({ entriesMax: 3, bytesMax: 1000 })
    for (const key of ['a', 'b', 'c']) cache.set(key, kept(100))
    cache.get('a')
    cache.set('d', kept(100))
    expect(cache.get('b')).toBeUndefined()
    expect(cache.size).toBe(3)
    for (let index = 0; index < 100; index++) cache.set(`${index}`, kept(240))
    expect(cache.bytes).toBeLessThanOrEqual(1000)
    cache.set('huge', kept(900))
    expect(cache.get('huge')).toBeUndefined()
    cache.set('99', kept(10))
    expect(cache.bytes).toBeLessThanOrEqual(1000)
  })

  it.each([
    ['select now()', true],
    ['select now ( )', true],
    ["select 'snow', known from t", true],
    ["select 'now'::timestamptz", false],
    ["select timestamp 'now '", false],
    ['select $$today$$::date', false],
    ["select date 'Tomorrow'", false],
    ["select 'no'\n'w'::timestamptz", false],
    ["select e'\\x6eow'::timestamptz", false],
    ["select U&'\\006eow'::timestamptz", false],
  ])('%s', (sql, expected) => {
    expect(isCacheable(sql)).toBe(expected)
  })
})
