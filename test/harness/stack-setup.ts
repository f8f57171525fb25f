/** vitest's global set-up of `npm run test:stack`: the real servers, once for all files. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { install } from '../../infra/stack/install.ts'
import { startStack } from '../../infra/stack/start.ts'

const LOG_TAIL = 4000

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const signal = new AbortController().signal
  const say = (text: string) => process.stderr.write(`stack: ${text}\n`)
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-stack-'))
  const started = performance.now()
  const stack = await startStack(await install(say, signal), folder, signal)
  say(`S3, MongoDB, an admin and Trino are up after ${Math.round((performance.now() - started) / 100) / 10} s`)
  project.provide('stack', stack.address)
  return async () => {
    const failed = project.vitest.state.getCountOfFailedTests() > 0
    await stack.stop()
    const logs = [stack.s3.logFile, stack.mongo.logFile, stack.trino.logFile, join(stack.admin.folder, 'lakewire.log')]
    if (failed) for (const file of logs) say(`${file}\n${(await readFile(file, 'utf8')).slice(-LOG_TAIL)}`)
    await rm(folder, { recursive: true, force: true })
  }
}
