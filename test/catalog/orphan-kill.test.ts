import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { client, member, startCatalog } from './harness.ts'
import { create, setProperties, table } from './request.ts'

const ROUNDS = 4
/** A kill may come when every file has its commit: then another one is tried. */
const ROUNDS_MAX = 40
const COMMITS_PER_ROUND = 10
const WRITERS = 4
const NS = ['acme', 'public']
const TABLES = ['a', 'b']
const SERVE = new URL('./serve.ts', import.meta.url).pathname
const AGE_MS = 50

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakewire-orphan-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Commits until the catalog is killed in the middle of them. */
async function commitAndKill(round: number): Promise<void> {
  const child = spawn(process.execPath, [SERVE, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { uri, tokens } = JSON.parse(line) as { uri: string; tokens: { acme: string } }
    const call = client(uri, tokens.acme, 'acme')
    if (round === 0) for (const name of TABLES) expect((await create(call, NS, name)).status).toBe(200)
    let done = 0
    const writing = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const changes = TABLES.map((name) => ({
          identifier: { namespace: NS, name },
          requirements: [],
          updates: setProperties({ [`${round}.${writer}.${n}`]: 'x' }),
        }))
        expect((await call('POST', '/transactions/commit', { 'table-changes': changes })).status).toBe(204)
        done++
      }
    })
    const stopped = Promise.allSettled(writing)
    while (done < COMMITS_PER_ROUND) await sleep(1)
    child.kill('SIGKILL')
    await stopped
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  }
}

test(`after kill -9 in the middle of commits, ${ROUNDS} times, nothing is left that no table needs, and all that one needs`, async () => {
  let filesLeft = 0
  for (let round = 0; round < ROUNDS || filesLeft === 0; round++) {
    expect(round).toBeLessThan(ROUNDS_MAX)
    await commitAndKill(round)
    if (round + 1 >= ROUNDS) filesLeft = await collected()
  }
}, 120_000)

/** How many files the collector has removed; what is there then is what the tables need. */
async function collected(): Promise<number> {
  const catalog = await startCatalog(folder)
  const acme = client(catalog.uri, catalog.tokens.acme, 'acme')
  await sleep(AGE_MS)
  const { failed, files } = await catalog.server.collectOrphans({ graceMs: 0, passPauseMs: 0 })
  expect(failed).toEqual([])
  for (const name of TABLES) {
    const { body } = await acme('GET', table(NS, name))
    const log = member(body, 'metadata', 'metadata-log') as { 'metadata-file': string }[]
    const needed = [member(body, 'metadata-location') as string, ...log.map((entry) => entry['metadata-file'])]
    const there = readdirSync(join(member(body, 'metadata', 'location') as string, 'metadata'))
    expect(there.sort()).toEqual(needed.map((file) => basename(file)).sort())
  }
  await catalog.end()
  return files
}
