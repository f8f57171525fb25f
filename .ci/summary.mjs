// node .ci/summary.mjs REPORT STATUS: the closing line from vitest's JSON report. Plain JavaScript for the machine's own Node.

import { readFileSync } from 'node:fs'

const [reportFile, status] = process.argv.slice(2)
const report = read(reportFile)
const suitesBroken = report.testResults.filter(
  (suite) => suite.status === 'failed' && suite.assertionResults.every((one) => one.status !== 'failed'),
)
const passed = report.numPassedTests
let failed = report.numFailedTests + suitesBroken.length
const leftOut = report.testResults
  .flatMap((suite) => suite.assertionResults)
  .filter((one) => one.status !== 'passed' && one.status !== 'failed')

for (const one of leftOut) console.log(`left out: ${one.fullName}`)
if (process.env.CI === 'true') failed += leftOut.length
// Type checks, the linter and vitest's own unhandled errors have no test of their own.
if (failed === 0 && (status !== '0' || passed === 0)) failed = 1

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  }
}
