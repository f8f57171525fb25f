import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { PgError } from '../../proxy/error.ts'
import type { Store, Stored } from '../../proxy/store/store.ts'
import type { FileIo } from './file-io.ts'
import type { Folders } from './folder.ts'
import { keyOf } from './name.ts'
import { commitFailed, noSuchSavepoint, noSuchTransaction, unavailable } from './problem.ts'
import {
  applyDelta,
  changesDefinitions,
  type Delta,
  decodeState,
  difference,
  encodeState,
  FIRST_STATE,
  isEmpty,
  type LakeDocument,
  type LakeState,
  NO_DELTA,
  type Pointer,
  samePointer,
  sameProperties,
} from './state.ts'

/**
 * Reads and changes what a tenant has, either its committed state or the overlay of a transaction. Work on either is a
 * function from state to state that may write files on the way; it is run again when another was first, and what it had
 * written then is removed.
 */
export type Workspaces = {
  read(scope: Workspace, signal?: AbortSignal): Promise<LakeState>
  change<T>(scope: Workspace, work: (draft: StateDraft) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Fails where `openMax` are open. */
  begin(tenant: string, limit: { openMax: number }, signal?: AbortSignal): Promise<string>
  /** The schema version after it. */
  commit(tenant: string, transaction: string, signal?: AbortSignal): Promise<number>
  rollback(tenant: string, transaction: string, signal?: AbortSignal): Promise<void>
  savepoint(
    tenant: string,
    transaction: string,
    action: 'set' | 'release' | 'rollback',
    name: string,
    signal?: AbortSignal,
  ): Promise<void>
  /** Whatever anyone could follow: the committed state, open transactions, and what these began with. */
  everyPointer(tenant: string, signal?: AbortSignal): Promise<Pointer[]>
  /** The files that open transactions have written by now, needed or not. */
  everyWritten(tenant: string, signal?: AbortSignal): Promise<string[]>
  /** Rolls back the transactions that nobody has used for long. */
  collect(signal?: AbortSignal): Promise<number>
}

/** A tenant's committed state, or the overlay of one of its transactions. */
export type Workspace = { readonly tenant: string; readonly transaction: string | null }

/** One attempt at a change. */
export type StateDraft = {
  state: LakeState
  /** Files written on the way: removed when the attempt, or the transaction it is part of, comes to nothing. */
  readonly written: string[]
  /** Folders of relations that the change makes: removed with all that engines wrote there when a transaction is not committed. */
  readonly made: string[]
  /** Folders to remove once the change is committed. */
  readonly purge: string[]
  /** Folders that are nobody's once the change is committed. */
  readonly left: string[]
  /** Files that nobody needs once the change is committed. */
  readonly obsolete: string[]
  /** The schema version that the change has led to, once it is taken. */
  version: number
}

type Overlay = {
  tenant: string
  delta: Delta
  savepoints: { name: string; delta: Delta; purge: string[]; left: string[] }[]
  written: string[]
  made: string[]
  purge: string[]
  left: string[]
  /** Told as schema version while definitions differ from the base: negative, so that no committed state has it. */
  version: number
  expiresAt: string
  /** Set before the root is swapped: from then on the files may be in use, whatever happens to us. */
  committing: boolean
}

const ATTEMPTS_MAX = 100
const PAUSE_MS_MAX = 50
const TRANSACTION_IDLE_MS = 6 * 3_600_000
/** Of one tenant, open at one time: each holds a copy of what the tenant had when it began. */
export const TRANSACTIONS_MAX = 500
/** How many there may be for a token of the tenant's own to begin one more: the others are for its sessions. */
export const TRANSACTIONS_OF_TOKENS_MAX = 100
const BASE = '/base'

export function workspaces(store: Store, files: FileIo, folders: Folders): Workspaces {
  const cache = new Map<string, { revision: number; state: LakeState }>()
  const bases = new Map<string, LakeState>()
  const queues = new Map<string, Promise<unknown>>()

  async function root(tenant: string, signal?: AbortSignal): Promise<{ revision: number | null; state: LakeState }> {
    const revision = await store.revision('lake', tenant, signal)
    if (revision === null) return { revision: null, state: FIRST_STATE }
    const cached = cache.get(tenant)
    if (cached?.revision === revision) return cached
    const stored = await store.get<LakeDocument>('lake', tenant, signal)
    if (stored === null) return { revision: null, state: FIRST_STATE }
    const fresh = { revision: stored.revision, state: decodeState(stored.value) }
    cache.set(tenant, fresh)
    return fresh
  }

  async function swapRoot(
    tenant: string,
    revision: number | null,
    state: LakeState,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const document = encodeState(state)
    return revision === null
      ? store.insert('lake', tenant, document, signal)
      : store.replace('lake', tenant, document, revision, signal)
  }

  async function overlay(
    scope: Workspace,
    signal?: AbortSignal,
  ): Promise<{ stored: Stored<Overlay>; base: LakeState; state: LakeState }> {
    const id = `${scope.tenant}/${scope.transaction}`
    const stored = await store.get<Overlay>('lake_transaction', id, signal)
    if (stored === null || stored.value.committing || Date.parse(stored.value.expiresAt) < Date.now())
      throw noSuchTransaction()
    let base = bases.get(id)
    if (base === undefined) {
      const document = await store.get<LakeDocument>('lake_transaction', id + BASE, signal)
      if (document === null) throw noSuchTransaction()
      base = decodeState(document.value)
      bases.set(id, base)
    }
    const { delta, version } = stored.value
    const applied = applyDelta(base, delta)
    const state = changesDefinitions(base, delta) ? { ...applied, schemaVersion: version } : applied
    return { stored, base, state }
  }

  /** What cannot be removed now is an orphan, found later, and changes nothing of how a change has ended. */
  async function removeFiles(locations: readonly string[]): Promise<void> {
    await Promise.allSettled(locations.map((location) => files.remove(location)))
  }

  /** Writers of one tenant in this process go one after the other; those of other processes are met by compare and swap. */
  async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = queues.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    queues.set(key, settled)
    try {
      return await mine
    } finally {
      if (queues.get(key) === settled) queues.delete(key)
    }
  }

  /** Runs attempts until one is taken; what a lost one wrote is removed. */
  async function attempt<T>(run: () => Promise<{ taken: boolean; result: T }>, signal?: AbortSignal): Promise<T> {
    for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
      const { taken, result } = await run()
      if (taken) return result
      await sleep(Math.random() * Math.min(PAUSE_MS_MAX, 2 ** tries), undefined, signal === undefined ? {} : { signal })
    }
    throw unavailable('Too many writers at once, try again later')
  }

  function changeRoot<T>(tenant: string, work: (draft: StateDraft) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return attempt(async () => {
      const { revision, state } = await root(tenant, signal)
      const draft = newDraft(state)
      let isNobodys = true
      try {
        const result = await work(draft)
        const delta = difference(state, draft.state)
        const next = nextState(state, draft.state, delta)
        draft.version = next.schemaVersion
        // Until it is known that it was not taken, the files may be in use.
        isNobodys = false
        const taken = isEmpty(delta) || (await swapRoot(tenant, revision, next, signal))
        isNobodys = !taken
        if (taken) await afterCommit(tenant, draft)
        return { taken, result }
      } finally {
        if (isNobodys) await removeFiles(draft.written)
      }
    }, signal)
  }

  /** The change is in: what cannot be tidied now is an orphan, and no reason to tell the client that it failed. */
  async function afterCommit(
    tenant: string,
    { purge, left, obsolete }: Pick<StateDraft, 'purge' | 'left' | 'obsolete'>,
  ): Promise<void> {
    await Promise.allSettled([...purge.map((folder) => files.removeFolder(folder)), removeFiles(obsolete)])
    // Only when they are empty may others have them.
    await Promise.allSettled(left.map((folder) => folders.leave(tenant, folder)))
  }

  function changeOverlay<T>(
    scope: Workspace,
    work: (draft: StateDraft) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return attempt(async () => {
      const { stored, base, state } = await overlay(scope, signal)
      const draft = newDraft(state)
      let isNobodys = true
      try {
        const result = await work(draft)
        const step = difference(state, draft.state)
        const delta = difference(base, draft.state)
        const next: Overlay = {
          ...stored.value,
          delta,
          written: [...stored.value.written, ...draft.written],
          made: [...stored.value.made, ...draft.made],
          purge: [...stored.value.purge, ...draft.purge],
          left: [...stored.value.left, ...draft.left],
          version: changesDefinitions(state, step) ? stored.value.version - 1 : stored.value.version,
          expiresAt: expiry(),
        }
        draft.version = changesDefinitions(base, delta) ? next.version : base.schemaVersion
        isNobodys = false
        const taken =
          isEmpty(step) || (await store.replace('lake_transaction', stored.id, next, stored.revision, signal))
        isNobodys = !taken
        return { taken, result }
      } finally {
        if (isNobodys) await removeFiles(draft.written)
      }
    }, signal)
  }

  /** What a transaction that came to nothing has left; never a folder that a committed relation lives in. */
  async function removeTraces({ tenant, written, made }: Overlay): Promise<void> {
    await removeFiles(written)
    const { state } = await root(tenant)
    const unused = made.filter((folder) => !isInhabited(state, folder))
    await Promise.allSettled(unused.map((folder) => files.removeFolder(folder)))
  }

  async function forget(id: string): Promise<void> {
    bases.delete(id)
    await store.remove('lake_transaction', id + BASE)
  }

  /** Ends a transaction that was not committed; a rival that began to commit it keeps it. */
  async function discard(stored: Stored<Overlay>): Promise<boolean> {
    if (!(await store.remove('lake_transaction', stored.id, stored.revision))) return false
    await forget(stored.id)
    if (!stored.value.committing) await removeTraces(stored.value)
    return true
  }

  async function commitOverlay(scope: Workspace, signal?: AbortSignal): Promise<number> {
    const { stored, base } = await overlay(scope, signal)
    const { delta } = stored.value
    if (isEmpty(delta)) {
      await discard(stored)
      return (await root(scope.tenant, signal)).state.schemaVersion
    }
    const marked = { ...stored.value, committing: true }
    if (!(await store.replace('lake_transaction', stored.id, marked, stored.revision, signal)))
      throw noSuchTransaction()
    try {
      const version = await inTurn(scope.tenant, () =>
        attempt(async () => {
          const { revision, state } = await root(scope.tenant)
          checkUntouched(base, state, delta)
          const next = nextState(state, applyDelta(state, delta), delta)
          return { taken: await swapRoot(scope.tenant, revision, next), result: next.schemaVersion }
        }),
      )
      // The change is in: what cannot be tidied now is no reason to tell the client that it failed.
      await Promise.allSettled([tidyCommitted(stored)])
      return version
    } catch (error) {
      // Only a conflict says for certain that nothing was swapped, so only then are the files nobody's.
      if (isConflict(error)) {
        await store.remove('lake_transaction', stored.id)
        await forget(stored.id)
        await removeTraces(stored.value)
      }
      throw error
    }
  }

  async function tidyCommitted({ id, value }: Stored<Overlay>): Promise<void> {
    const { state } = await root(value.tenant)
    const unused = value.made.filter((folder) => !isInhabited(state, folder))
    await afterCommit(value.tenant, { purge: [...value.purge, ...unused], left: value.left, obsolete: [] })
    await store.remove('lake_transaction', id)
    await forget(id)
  }

  async function refuseTooMany(tenant: string, openMax: number, signal?: AbortSignal): Promise<void> {
    // Each is two documents: itself and what it began with.
    const ids = await store.ids('lake_transaction', { prefix: `${tenant}/`, limit: 2 * openMax }, signal)
    if (ids.length < 2 * openMax) return
    throw new PgError('53400', 'too many transactions are open', {
      detail: `There are ${openMax}.`,
      fault: 'limit',
    })
  }

  function editOverlay(scope: Workspace, edit: (value: Overlay) => Overlay, signal?: AbortSignal): Promise<void> {
    return attempt(async () => {
      const { stored } = await overlay(scope, signal)
      const next = { ...edit(stored.value), expiresAt: expiry() }
      return {
        taken: await store.replace('lake_transaction', stored.id, next, stored.revision, signal),
        result: undefined,
      }
    }, signal)
  }

  async function overlays(tenant: string, signal?: AbortSignal): Promise<{ values: Overlay[]; bases: LakeState[] }> {
    const found: { values: Overlay[]; bases: LakeState[] } = { values: [], bases: [] }
    for (let after = ''; ; ) {
      const page = await store.list<Overlay | LakeDocument>('lake_transaction', { prefix: `${tenant}/`, after }, signal)
      if (page.length === 0) return found
      for (const { id, value } of page)
        if (id.endsWith(BASE)) found.bases.push(decodeState(value as LakeDocument))
        else found.values.push(value as Overlay)
      after = page.at(-1)!.id
    }
  }

  return {
    // The transactions first: one that is committed meanwhile is then found in the committed state.
    everyPointer: async (tenant, signal) => {
      const { values, bases } = await overlays(tenant, signal)
      const { state } = await root(tenant, signal)
      const deltas = values.flatMap(({ delta, savepoints }) => [delta, ...savepoints.map((one) => one.delta)])
      return [
        ...deltas.flatMap(({ relations }) => relations.flatMap(({ pointer }) => (pointer === null ? [] : [pointer]))),
        ...[...bases, state].flatMap(pointersOf),
      ]
    },
    everyWritten: async (tenant, signal) => (await overlays(tenant, signal)).values.flatMap(({ written }) => written),
    read: async (scope, signal) =>
      scope.transaction === null ? (await root(scope.tenant, signal)).state : (await overlay(scope, signal)).state,
    change: (scope, work, signal) =>
      scope.transaction === null
        ? inTurn(scope.tenant, () => changeRoot(scope.tenant, work, signal))
        : inTurn(`${scope.tenant}/${scope.transaction}`, () => changeOverlay(scope, work, signal)),
    begin: async (tenant, { openMax }, signal) => {
      const transaction = randomBytes(12).toString('hex')
      const id = `${tenant}/${transaction}`
      const [{ state }] = await Promise.all([root(tenant, signal), refuseTooMany(tenant, openMax, signal)])
      const value: Overlay = {
        tenant,
        delta: NO_DELTA,
        savepoints: [],
        written: [],
        made: [],
        purge: [],
        left: [],
        version: -(1 + randomBytes(6).readUIntBE(0, 6)),
        expiresAt: expiry(),
        committing: false,
      }
      // In this order a base without its transaction is always one that was left over.
      await store.insert('lake_transaction', id, value, signal)
      await store.insert('lake_transaction', id + BASE, encodeState(state), signal)
      bases.set(id, state)
      return transaction
    },
    commit: (tenant, transaction, signal) =>
      inTurn(`${tenant}/${transaction}`, () => commitOverlay({ tenant, transaction }, signal)),
    rollback: (tenant, transaction, signal) =>
      inTurn(`${tenant}/${transaction}`, async () => {
        const stored = await store.get<Overlay>('lake_transaction', `${tenant}/${transaction}`, signal)
        if (stored !== null && !stored.value.committing) await discard(stored)
      }),
    savepoint: (tenant, transaction, action, name, signal) =>
      inTurn(`${tenant}/${transaction}`, () =>
        editOverlay({ tenant, transaction }, (value) => editSavepoints(value, action, name), signal),
      ),
    collect: async (signal) => {
      let collected = 0
      let after = ''
      for (;;) {
        const page = await store.list<Overlay>('lake_transaction', { after }, signal)
        if (page.length === 0) return collected
        for (const stored of page) {
          if (stored.id.endsWith(BASE)) {
            if ((await store.revision('lake_transaction', stored.id.slice(0, -BASE.length), signal)) === null)
              await store.remove('lake_transaction', stored.id)
          } else if (Date.parse(stored.value.expiresAt) < Date.now() && (await discard(stored))) collected++
        }
        after = page.at(-1)!.id
      }
    },
  }
}

function newDraft(state: LakeState): StateDraft {
  const { schemaVersion: version } = state
  return { state, written: [], made: [], purge: [], left: [], obsolete: [], version }
}

function expiry(): string {
  return new Date(Date.now() + TRANSACTION_IDLE_MS).toISOString()
}

function pointersOf({ namespaces }: LakeState): Pointer[] {
  return [...namespaces.values()].flatMap(({ relations }) => [...relations.values()])
}

function isInhabited(state: LakeState, folder: string): boolean {
  return [...state.namespaces.values()].some(({ relations }) =>
    [...relations.values()].some(({ metadataLocation }) => metadataLocation.startsWith(`${folder}/`)),
  )
}

function isConflict(error: unknown): boolean {
  return (error as { status?: number }).status === 409
}

function nextState(before: LakeState, after: LakeState, delta: Delta): LakeState {
  return {
    ...after,
    schemaVersion: changesDefinitions(before, delta) ? before.schemaVersion + 1 : before.schemaVersion,
  }
}

/** First committer wins: everything the transaction changed must still be as it was when the transaction began. */
function checkUntouched(base: LakeState, now: LakeState, delta: Delta): void {
  const lost = (what: string) => commitFailed(`Another transaction has changed ${what} first`)
  for (const { levels } of delta.namespaces) {
    const key = keyOf(levels)
    if (!sameProperties(base.namespaces.get(key), now.namespaces.get(key))) throw lost(`namespace ${levels.join('.')}`)
  }
  for (const { levels, name } of delta.relations) {
    const key = keyOf(levels)
    const pointer = (state: LakeState) => state.namespaces.get(key)?.relations.get(name) ?? null
    if (!samePointer(pointer(base), pointer(now))) throw lost(`relation ${[...levels, name].join('.')}`)
  }
  const after = applyDelta(now, delta)
  for (const { levels, pointer } of delta.relations)
    if (pointer !== null && !after.namespaces.has(keyOf(levels))) throw lost(`namespace ${levels.join('.')}`)
  for (const { levels, properties } of delta.namespaces) {
    if (properties !== null) continue
    const left = applyDelta(now, { ...delta, namespaces: delta.namespaces.filter((item) => item.properties !== null) })
    if ((left.namespaces.get(keyOf(levels))?.relations.size ?? 0) > 0) throw lost(`namespace ${levels.join('.')}`)
  }
}

/** As PostgreSQL's: a name may be used again and hides the older one; rolling back to one keeps it and drops the younger. */
function editSavepoints(value: Overlay, action: 'set' | 'release' | 'rollback', name: string): Overlay {
  const { savepoints } = value
  if (action === 'set')
    return { ...value, savepoints: [...savepoints, { name, delta: value.delta, purge: value.purge, left: value.left }] }
  const index = savepoints.findLastIndex((savepoint) => savepoint.name === name)
  if (index < 0) throw noSuchSavepoint(name)
  if (action === 'release') return { ...value, savepoints: savepoints.slice(0, index) }
  const { delta, purge, left } = savepoints[index]!
  return { ...value, delta, purge, left, savepoints: savepoints.slice(0, index + 1), version: value.version - 1 }
}
