import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const LEFT_OUT = /(^|\/)(node_modules|\.git|\.cache|data)(\/|$)/
const TEXT = /\.(ts|tsx|mjs|js|json|md|ya?ml|sh|sql)$|(^|\/)(\.ci\/run|LICENSE)$/

function projectFiles(): string[] {
  return readdirSync(ROOT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !LEFT_OUT.test(file) && TEXT.test(file) && file !== 'package-lock.json')
}

test.each(['ARCHITECTURE.md', 'README.md', 'CONTRIBUTING.md'])('every path that %s names is there', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8')
  const named = text.match(/\b(?:proxy|admin|trino|spark|infra|bench|test|bin)\/[\w./-]*[\w/]/g) ?? []
  const missing = named.map((path) => path.replace(/[./]+$/, '')).filter((path) => !existsSync(join(ROOT, path)))
  expect(missing).toEqual([])
})

test('no file names a place of one machine', () => {
  const machine = new RegExp(`(^|[\\s'"\`(=:])/(${['root', 'work', 'farm', 'Users', 'home'].join('|')})/[\\w.-]`)
  const found = projectFiles().filter((file) => machine.test(readFileSync(join(ROOT, file), 'utf8')))
  expect(found).toEqual([])
})

test('no test is skipped, and nothing is left to be done', () => {
  const unfinished = new RegExp(
    `\\b(it|test|describe)\\.(skip|todo|only)\\(|\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`,
  )
  const found = projectFiles().filter(
    (file) => file.endsWith('.ts') && unfinished.test(readFileSync(join(ROOT, file), 'utf8')),
  )
  expect(found).toEqual([])
})
