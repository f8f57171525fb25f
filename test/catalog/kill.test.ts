import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { client, member } from './harness.ts'
import { type Client, create, setProperties, table } from './request.ts'

const ROUNDS = 6
const NS = ['acme', 'public']
const SERVE = new URL('./serve.ts', import.meta.url).pathname

let folder: string
let child: ChildProcess | null = null
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakewire-kill-'))
})
afterAll(async () => {
  child?.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function serve(): Promise<{ call: Client; kill(): Promise<void> }> {
  const started = spawn(process.execPath, [SERVE, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  child = started
  const [line] = (await once(createInterface(started.stdout), 'line')) as [string]
  const { uri, tokens } = JSON.parse(line) as { uri: string; tokens: { acme: string } }
  return {
    call: client(uri, tokens.acme, 'acme'),
    kill: async () => {
      const closed = once(started, 'close')
      started.kill('SIGKILL')
      await closed
    },
  }
}

test(`X29: kill -9 in the middle of commits, ${ROUNDS} times: nothing acknowledged is lost, nothing is half there`, async () => {
  const acknowledged: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const { call, kill } = await serve()
    if (round === 0) for (const name of ['a', 'b']) expect((await create(call, NS, name)).status).toBe(200)
    const writing = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const key = `${round}.${writer}.${n}`
        const changes = ['a', 'b'].map((name) => ({
          identifier: { namespace: NS, name },
          requirements: [],
          updates: setProperties({ [key]: 'x' }),
        }))
        const { status } = await call('POST', '/transactions/commit', { 'table-changes': changes })
        expect(status).toBe(204)
        acknowledged.push(key)
      }
    })
    const stopped = Promise.allSettled(writing)
    while (acknowledged.length < (round + 1) * 12) await new Promise((resolve) => setTimeout(resolve, 1))
    await kill()
    await stopped
  }
  const { call, kill } = await serve()
  const [a, b] = await Promise.all(['a', 'b'].map((name) => call('GET', table(NS, name))))
  const keys = Object.keys(member(a!.body, 'metadata', 'properties') as object)
  expect(keys).toEqual(expect.arrayContaining(acknowledged))
  // Both tables of each commit, or neither.
  expect(Object.keys(member(b!.body, 'metadata', 'properties') as object)).toEqual(keys)
  // Whatever has a metadata file's name is whole, and the log leads to files that are there.
  const metadata = join(member(a!.body, 'metadata', 'location') as string, 'metadata')
  for (const file of readdirSync(metadata).filter((name) => name.endsWith('.json')))
    JSON.parse(readFileSync(join(metadata, file), 'utf8'))
  for (const entry of member(a!.body, 'metadata', 'metadata-log') as { 'metadata-file': string }[])
    expect(existsSync(entry['metadata-file'])).toBe(true)
  await kill()
}, 60_000)
