import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followBulletin, postNotice } from '../../proxy/cluster/bulletin.ts'
import { LEASE_MS, NOTICES_MAX } from '../../proxy/cluster/limits.ts'
import { joinMembers, type Membership, waitUntilHeard } from '../../proxy/cluster/members.ts'
import { PgError } from '../../proxy/error.ts'
import { SILENT_LOG } from '../../proxy/observe/log.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import type { Store } from '../../proxy/store/store.ts'

let folder: string
let store: Store
const opened: { close(): Promise<void> }[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lakewire-cluster-'))
  store = openSqliteStore(join(folder, 'store.sqlite'))
})
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
  await store.close()
  await rm(folder, { recursive: true })
})

async function join_(
  certificate: string,
  options: { numberMax?: number; now?: () => number } = {},
): Promise<Membership> {
  const member = await joinMembers(store, { certificate, numberMax: 1023, log: SILENT_LOG, ...options })
  opened.push(member)
  return member
}

async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((done) => setTimeout(done, 50))
}

test('each has a number of its own, and finds the others by theirs', async () => {
  const all = await Promise.all(['aa', 'bb', 'cc'].map((certificate) => join_(certificate)))
  const [one, two, three] = all as [Membership, Membership, Membership]
  expect(new Set(all.map((member) => member.number())).size).toBe(3)
  await one.open('10.0.0.1:5433')
  await two.open('[::1]:5434')
  expect(await three.peer(one.number())).toEqual({ host: '10.0.0.1', port: 5433, certificate: 'aa' })
  expect(await three.peer(two.number())).toEqual({ host: '::1', port: 5434, certificate: 'bb' })
  expect(await one.peer(three.number())).toBeNull()
  expect(await one.peer(0)).toBeNull()
})

test('there are no more proxies than numbers', async () => {
  await join_('aa', { numberMax: 2 })
  await join_('bb', { numberMax: 2 })
  await expect(joinMembers(store, { certificate: 'cc', numberMax: 2, log: SILENT_LOG })).rejects.toThrow(PgError)
})

test('who falls silent is given up, and takes a number again when it is back', async () => {
  let clock = 0
  const silent = await join_('aa')
  await silent.open('10.0.0.1:5433')
  const number = silent.number()
  // Its heartbeats do not arrive; the other's clock runs fast.
  const stored = (await store.get('member', String(number).padStart(4, '0')))!
  await store.remove('member', stored.id)
  await store.insert('member', stored.id, { ...(stored.value as object), certificate: 'dead' })
  const watcher = await join_('bb', { now: () => performance.now() + clock })
  await eventually(async () => (await watcher.peer(number)) !== null)
  await eventually(async () => {
    clock += LEASE_MS
    return (await store.revision('member', stored.id)) === null || silent.number() !== number
  })
  // By its next heartbeat it has one again, and is found under it.
  await eventually(async () => (await watcher.peer(silent.number()))?.certificate === 'aa')
})

test('a notice is heard by all, and the removal of an account waits for that', async () => {
  const heard: string[] = []
  for (const name of ['one', 'two']) {
    const member = await join_(name)
    const follower = await followBulletin(store, {
      log: SILENT_LOG,
      onNotice: async ({ tenant, user }) => void heard.push(`${name} ${tenant}/${user}`),
      onMissed: async () => void heard.push(`${name} missed`),
      onDone: (number) => member.heard(number),
    })
    opened.push(follower)
  }
  await waitUntilHeard(store, await postNotice(store, 'acme', 'alice'))
  expect(heard.splice(0).sort()).toEqual(['one acme/alice', 'two acme/alice'])
  const last = await Promise.all([postNotice(store, 'acme', null), postNotice(store, 'globex', 'bob')])
  await waitUntilHeard(store, Math.max(...last))
  expect(heard.sort()).toEqual(['one acme/null', 'one globex/bob', 'two acme/null', 'two globex/bob'])
})

test('a proxy that came later is not waited for in vain, nor one that has died', async () => {
  await postNotice(store, 'acme', 'alice')
  await store.insert('member', '0009', { peerAddress: null, certificate: 'dead', startedAt: '', heard: 0, beat: 1 })
  await waitUntilHeard(store, 1)
})

test('what could not be done is tried again; who has missed too much is told so', async () => {
  const seen: string[] = []
  let isBroken = true
  const follower = await followBulletin(store, {
    log: SILENT_LOG,
    onNotice: async ({ number }) => {
      if (isBroken) {
        isBroken = false
        throw new Error('not now')
      }
      seen.push(`notice ${number}`)
    },
    onMissed: async () => void seen.push('missed'),
    onDone: async (number) => void seen.push(`done ${number}`),
  })
  opened.push(follower)
  await postNotice(store, 'acme', 'alice')
  await eventually(() => seen.includes('done 1'))
  expect(seen.splice(0)).toEqual(['notice 1', 'done 1'])
  const notices = Array.from({ length: NOTICES_MAX }, (_, index) => ({
    number: index + 900,
    tenant: 'acme',
    user: 'x',
  }))
  const { revision } = (await store.get('bulletin', 'account'))!
  await store.replace('bulletin', 'account', { notices }, revision)
  await eventually(() => seen.length >= 2)
  expect(seen).toEqual(['missed', `done ${NOTICES_MAX + 899}`])
})
