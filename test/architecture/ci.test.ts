import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const dir = mkdtempSync(join(tmpdir(), 'lakewire-ci-'))
afterAll(() => rmSync(dir, { recursive: true }))

type Test = { fullName: string; status: string; failureMessages: string[] }
type Suite = { name: string; status: string; message: string; assertionResults: Test[] }

const PASSED = { fullName: 'a', status: 'passed', failureMessages: [] }
const FAILED = { fullName: 'b', status: 'failed', duration: 180_600, failureMessages: ['\x1b[31mexpected 1\x1b[39m'] }
const LEFT_OUT = { fullName: 'c', status: 'pending', failureMessages: [] }
const BROKEN = { name: 'd.test.ts', status: 'failed', message: 'no such module', assertionResults: [] }

type Report = { suites: readonly Suite[] | null; status: string }

const close = (suites: readonly Suite[] | null, status: string, ci: string) => closeAll([{ suites, status }], ci)

function closeAll(reports: readonly Report[], ci: string) {
  const { lines, code } = summary(reports, ci)
  return [lines.at(-1), code]
}

function summary(reports: readonly Report[], ci: string) {
  const given = reports.flatMap(({ suites, status }, index) => [write(suites, `report-${index}.json`), status])
  const { stdout, status: code } = spawnSync(process.execPath, [join(ROOT, '.ci/summary.mjs'), ...given], {
    encoding: 'utf8',
    env: { ...process.env, CI: ci },
  })
  return { lines: stdout.trim().split('\n'), code }
}

function write(suites: readonly Suite[] | null, name: string): string {
  const report = join(dir, name)
  const all = (suites ?? []).flatMap((suite) => suite.assertionResults)
  const count = (what: string) => all.filter((one) => one.status === what).length
  const json = { numPassedTests: count('passed'), numFailedTests: count('failed'), testResults: suites }
  writeFileSync(report, suites === null ? '' : JSON.stringify(json))
  return report
}

const suite = (...assertionResults: Test[]): Suite => ({
  name: 'a.test.ts',
  status: 'passed',
  message: '',
  assertionResults,
})

test('the closing line counts what passed and failed', () => {
  expect(close([suite(PASSED, PASSED)], '0', 'true')).toEqual(['2 passed, 0 failed', 0])
  expect(close([suite(PASSED, FAILED)], '1', 'true')).toEqual(['1 passed, 1 failed', 1])
})

test('what was left out fails in CI, and is only named elsewhere', () => {
  expect(close([suite(PASSED, LEFT_OUT)], '0', 'true')).toEqual(['1 passed, 1 failed', 1])
  expect(close([suite(PASSED, LEFT_OUT)], '0', '')).toEqual(['1 passed, 0 failed', 0])
})

test('a file that could not run, a failed check, and nothing at all are failures', () => {
  expect(close([suite(PASSED), BROKEN], '1', 'true')).toEqual(['1 passed, 1 failed', 1])
  expect(close([suite(PASSED)], '1', 'true')).toEqual(['1 passed, 1 failed', 1])
  expect(close([], '0', 'true')).toEqual(['0 passed, 1 failed', 1])
  expect(close(null, '1', 'true')).toEqual(['0 passed, 1 failed', 1])
})

test('two reports are one line, and either can fail it', () => {
  const good = { suites: [suite(PASSED, PASSED)], status: '0' }
  expect(closeAll([good, good], 'true')).toEqual(['4 passed, 0 failed', 0])
  expect(closeAll([good, { suites: [suite(PASSED, FAILED)], status: '1' }], 'true')).toEqual(['3 passed, 1 failed', 1])
  expect(closeAll([good, { suites: null, status: '1' }], 'true')).toEqual(['2 passed, 1 failed', 1])
  expect(closeAll([{ suites: null, status: '1' }, good], 'true')).toEqual(['2 passed, 1 failed', 1])
})

test('the closing line comes after what failed and why', () => {
  const failed = { suites: [suite(PASSED, FAILED), BROKEN], status: '1' }
  const { lines } = summary([failed, { suites: [suite(PASSED)], status: '1' }], 'true')
  expect(lines).toEqual([
    'FAILED d.test.ts',
    'no such module',
    'FAILED a.test.ts: b (181 s)',
    'expected 1',
    'FAILED with exit code 1, without a failed test',
    '2 passed, 3 failed',
  ])
})
