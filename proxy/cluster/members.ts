import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { PgError } from '../error.ts'
import type { Log } from '../observe/log.ts'
import type { Store, Stored } from '../store/store.ts'
import { BEAT_MS, HEARD_MS, HEARD_POLL_MS, LEASE_MS, PEERS_AGE_MS, SILENT_MS, STORE_MS } from './limits.ts'

/**
 * The proxies of one installation, each by a number that it has for itself as long as it lives. A proxy says now and then
 * that it is there; that one has fallen silent is judged by the listener's own clock, so clocks need not agree.
 */
const Member = z.object({
  /** host:port of its PostgreSQL port, for the other proxies; null: not yet open */
  peerAddress: z.string().nullable(),
  /** SHA-256 of its TLS certificate, so that a peer knows it has reached it */
  certificate: z.string(),
  startedAt: z.string(),
  /** the last notice of the bulletin that it has acted on */
  heard: z.int(),
  beat: z.int(),
})
type Member = z.infer<typeof Member>

export type Peer = { host: string; port: number; certificate: string }

export type Membership = {
  /** From 1; another one when the store was away so long that this one was given up. */
  number(): number
  /** From now on peers may connect. */
  open(peerAddress: string): Promise<void>
  heard(notice: number): Promise<void>
  peer(number: number): Promise<Peer | null>
  close(): Promise<void>
}

export type MembershipOptions = { certificate: string; numberMax: number; log: Log; now?: () => number }

export async function joinMembers(store: Store, options: MembershipOptions): Promise<Membership> {
  const { log, numberMax, now = () => performance.now() } = options
  const stop = new AbortController()
  let member: Member = {
    peerAddress: null,
    certificate: options.certificate,
    startedAt: new Date().toISOString(),
    heard: 0,
    beat: 0,
  }
  let place = await takeNumber(store, member, numberMax)
  let peers: { at: number; all: Map<number, Member> } = { at: Number.NEGATIVE_INFINITY, all: new Map() }
  const watched = new Map<string, { revision: number; since: number }>()

  async function write(change: Partial<Member>): Promise<void> {
    member = { ...member, ...change, beat: member.beat + 1 }
    const id = idOf(place.number)
    const signal = AbortSignal.timeout(STORE_MS)
    const stored = await store.get<Member>('member', id, signal)
    // Given up while we could not be heard: the number may be another's by now.
    if (
      stored === null ||
      stored.value.startedAt !== member.startedAt ||
      stored.value.certificate !== member.certificate
    )
      place = await takeNumber(store, member, numberMax)
    else if (!(await store.replace('member', id, member, stored.revision, signal))) throw unsettled()
  }

  // One write at a time; each carries everything that is known by then.
  let writing: Promise<void> = Promise.resolve()
  const say = (change: Partial<Member> = {}): Promise<void> => {
    writing = writing.catch(() => {}).then(() => write(change))
    return writing
  }

  async function list(): Promise<void> {
    const found = await store.list<Member>('member', {}, AbortSignal.timeout(STORE_MS))
    peers = { at: now(), all: new Map(found.map(({ id, value }) => [Number(id), Member.parse(value)])) }
    await removeSilent(found)
  }

  /** Their numbers are free again. */
  async function removeSilent(found: readonly Stored<Member>[]): Promise<void> {
    for (const { id, revision } of found) {
      const known = watched.get(id)
      if (known?.revision !== revision) watched.set(id, { revision, since: now() })
      else if (now() - known.since > LEASE_MS && id !== idOf(place.number)) await store.remove('member', id, revision)
    }
    const ids = new Set(found.map(({ id }) => id))
    for (const id of watched.keys()) if (!ids.has(id)) watched.delete(id)
  }

  async function beat(): Promise<void> {
    let isTrouble = false
    while (!stop.signal.aborted) {
      await sleep(BEAT_MS, undefined, { signal: stop.signal }).catch(() => {})
      if (stop.signal.aborted) return
      try {
        await say()
        await list()
        isTrouble = false
      } catch (error) {
        if (!isTrouble && !stop.signal.aborted)
          log.warn({ error }, 'the other proxies cannot be told that this one is there')
        isTrouble = true
      }
    }
  }

  const beating = beat()
  return {
    number: () => place.number,
    open: (peerAddress) => say({ peerAddress }),
    heard: (notice) => say({ heard: notice }),
    peer: async (number) => {
      if (!peers.all.has(number) && now() - peers.at > PEERS_AGE_MS) await list()
      const found = peers.all.get(number)
      return found === undefined ? null : peerOf(found)
    },
    close: async () => {
      stop.abort()
      await beating
      await writing.catch(() => {})
      // When it cannot be said now, the others find out by themselves.
      await store.remove('member', idOf(place.number), undefined, AbortSignal.timeout(STORE_MS)).catch(() => false)
    },
  }
}

/** Resolves when every proxy that gives a sign of life has acted on the notice, or time is up. */
export async function waitUntilHeard(store: Store, notice: number, limitMs = HEARD_MS): Promise<void> {
  const begun = performance.now()
  const first = new Map<string, number>()
  for (;;) {
    const found = await store.list<Member>('member')
    const waited = performance.now() - begun
    const late = found.filter(({ id, revision, value }) => {
      if (!first.has(id)) first.set(id, revision)
      const isSilent = waited > SILENT_MS && first.get(id) === revision
      return value.heard < notice && !isSilent
    })
    if (late.length === 0 || waited > limitMs) return
    await sleep(HEARD_POLL_MS)
  }
}

/** From a random one on, so that two that start at once seldom meet, and a number is not used again at once. */
async function takeNumber(store: Store, member: Member, numberMax: number): Promise<{ number: number }> {
  const first = randomInt(numberMax)
  for (let tried = 0; tried < numberMax; tried++) {
    const number = 1 + ((first + tried) % numberMax)
    if (await store.insert('member', idOf(number), member)) return { number }
  }
  throw new PgError('53300', 'too many proxies share the metadata store', {
    detail: `There are ${numberMax} numbers for proxies, and all are taken.`,
    fault: 'limit',
  })
}

function idOf(number: number): string {
  return String(number).padStart(4, '0')
}

function peerOf({ peerAddress, certificate }: Member): Peer | null {
  const colon = peerAddress?.lastIndexOf(':') ?? -1
  if (peerAddress === null || colon < 0) return null
  return {
    host: peerAddress.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(peerAddress.slice(colon + 1)),
    certificate,
  }
}

function unsettled(): PgError {
  return new PgError('58000', 'the metadata store has too many writers', { fault: 'store' })
}
