// node .ci/summary.mjs REPORT STATUS [REPORT STATUS …]: what failed, once more at the end where it is found, and the closing line,
// from vitest's JSON reports and the exit codes of what has written them. Plain JavaScript for the machine's own Node.

import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const MESSAGE_MAX = 3000

let passed = 0
let failed = 0
const given = process.argv.slice(2)
for (let index = 0; index < given.length; index += 2) count(read(given[index]), given[index + 1])
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

function count(report, status) {
  const suitesBroken = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.every((one) => one.status !== 'failed'),
  )
  let failedHere = report.numFailedTests + suitesBroken.length
  const leftOut = report.testResults
    .flatMap((suite) => suite.assertionResults)
    .filter((one) => one.status !== 'passed' && one.status !== 'failed')
  for (const one of leftOut) console.log(`left out: ${one.fullName}`)
  for (const suite of suitesBroken) console.log(`FAILED ${suite.name}\n${clipped(suite.message)}`)
  for (const suite of report.testResults)
    for (const one of suite.assertionResults)
      if (one.status === 'failed')
        console.log(
          `FAILED ${suite.name}: ${one.fullName} (${seconds(one)} s)\n${clipped(one.failureMessages.join('\n'))}`,
        )
  if (process.env.CI === 'true') failedHere += leftOut.length
  // Type checks, the linter, servers that do not start and vitest's own unhandled errors have no test of their own.
  if (failedHere === 0 && (status !== '0' || report.numPassedTests === 0)) {
    console.log(`FAILED with exit code ${status}, without a failed test`)
    failedHere = 1
  }
  passed += report.numPassedTests
  failed += failedHere
}

/** How long it ran: what vitest ended for its time limit has no message of its own in the report. */
function seconds({ duration }) {
  return Math.round((duration ?? 0) / 1000)
}

/** The text without the colours of a terminal. */
function clipped(text) {
  const plain = stripVTControlCharacters(text)
  return plain.length <= MESSAGE_MAX ? plain : `${plain.slice(0, MESSAGE_MAX)}…`
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  }
}
