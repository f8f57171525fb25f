import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openMongoStore } from '../../proxy/store/mongo/mongo-store.ts'
import type { Store } from '../../proxy/store/store.ts'
import { openSigner } from '../../proxy/token/signer.ts'
import { type FunctionCase, readCases } from '../function/cases.ts'
import { TABLES } from '../function/edge-rows.ts'
import { outcomes } from '../function/trino-compare.ts'
import { startTrinoOracle, type TrinoOracle } from '../function/trino-oracle.ts'
import { stack } from '../harness/stack.ts'

/**
 * The cases of test/function on Trino: each has PostgreSQL's answer, or stands in trino-differences.txt with what it has
 * instead. UPDATE=1 writes that file anew.
 */
const DIFFERENCES = new URL('../function/trino-differences.txt', import.meta.url)
const TOKEN_S = 3600
const FAMILY_MS_MAX = 600_000

/** Infinite dates have no place in Trino: their rows cannot be written. */
const ENDLESS = 'x'

const cases = readCases().filter(({ table }) => table !== ENDLESS)
const tables = TABLES.filter(({ name }) => name !== ENDLESS)
const recorded = readFileSync(DIFFERENCES, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const found: string[] = []

function lineOf(one: FunctionCase, outcome: string): string {
  return `${one.family}${one.timeZone === 'UTC' ? '' : ` in ${one.timeZone}`} | ${one.expression} | ${outcome}`
}

for (const timeZone of new Set(cases.map((one) => one.timeZone))) {
  describe(timeZone, () => {
    let store: Store
    let oracle: TrinoOracle
    beforeAll(async () => {
      const { mongo, trino } = stack()
      store = await openMongoStore(mongo)
      const signer = await openSigner(store)
      oracle = await startTrinoOracle(trino.url, tables, timeZone, async (tenant, user) => ({
        text: await signer.sign({ audience: 'trino', tenant, user }, TOKEN_S),
        goodForS: TOKEN_S,
      }))
    }, 120_000)
    afterAll(async () => {
      await oracle?.stop()
      await store?.close()
    })

    const own = cases.filter((one) => one.timeZone === timeZone)
    for (const family of new Set(own.map((one) => one.family))) {
      test(
        family,
        async () => {
          const lines = [
            ...(await outcomes(
              oracle,
              tables,
              own.filter((one) => one.family === family),
            )),
          ].flatMap(([one, outcome]) => (outcome === null ? [] : [lineOf(one, outcome)]))
          found.push(...lines)
          const head = `${family}${timeZone === 'UTC' ? '' : ` in ${timeZone}`} |`
          if (process.env.UPDATE === undefined)
            expect(lines.toSorted()).toEqual(recorded.filter((line) => line.startsWith(head)).toSorted())
        },
        FAMILY_MS_MAX,
      )
    }
  })
}

afterAll(() => {
  if (process.env.UPDATE === undefined) return
  const head =
    '# What Trino has instead of PostgreSQL’s answer. Written by UPDATE=1: test/stack/function-trino.test.ts.'
  writeFileSync(DIFFERENCES, `${[head, ...found.toSorted()].join('\n')}\n`)
})
