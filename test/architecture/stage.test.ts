import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Compiled } from '../../proxy/compiler/compiled.ts'
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

/** Never called: it is `npm run check` that these lines are for. */
export function whatDoesNotCompile(compiled: Compiled, confined: Confined, options: Parameters<typeof print>[1]): void {
  // @ts-expect-error a statement that has not been confined cannot be printed
  print(compiled, options)
  // @ts-expect-error nor one that has not been routed
  print(confined, options)
  // @ts-expect-error nor can a stage be written by hand
  const forged: Confined = { compiled, tables: new Map() }
  void forged
}
