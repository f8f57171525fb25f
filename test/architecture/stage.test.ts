import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Compiled } from '../../proxy/compiler/compiled.ts'
import { DUCKDB } from '../../proxy/print/duckdb/dialect.ts'
import type { PrintOptions } from '../../proxy/print/options.ts'
import { print } from '../../proxy/print/print.ts'
import type { Confined } from '../../proxy/query/stage.ts'

const PROXY = resolve(dirname(fileURLToPath(import.meta.url)), '../../proxy')

/** Which files make a value of a stage: its brand can only come from a cast. */
function makersOf(stage: string): string[] {
  return readdirSync(PROXY, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(PROXY, join(entry.parentPath, entry.name)))
    .filter((file) =>
      new RegExp(`\\b(as|satisfies) (unknown as )?${stage}\\b|<${stage}>`).test(
        readFileSync(join(PROXY, file), 'utf8'),
      ),
    )
}

test('only confine() makes a Confined, only route() a Routed', () => {
  expect(makersOf('Confined')).toEqual(['query/confine.ts'])
  expect(makersOf('Routed')).toEqual(['query/route.ts'])
})

test('a statement cannot be printed before it is confined and routed', () => {
  // Never called: these lines are for `npm run check`, which fails when one of them compiles.
  const whatDoesNotCompile = (compiled: Compiled, confined: Confined, options: PrintOptions) => {
    // @ts-expect-error not confined
    print(compiled, DUCKDB, options)
    // @ts-expect-error not routed
    print(confined, DUCKDB, options)
    // @ts-expect-error a stage cannot be written by hand
    const forged: Confined = { compiled, tables: new Map() }
    return forged
  }
  expect(whatDoesNotCompile).toHaveLength(3)
})
