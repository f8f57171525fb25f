import { randomBytes } from 'node:crypto'
import { MongoClient, type Collection as MongoCollection } from 'mongodb'
import { PgError } from '../../error.ts'
import { type Collection, LIST_MAX, type ListOptions, type Store, type Stored } from '../store.ts'
import { attempts, isDuplicateKey, type Op, unknownOutcome } from './attempt.ts'
import {
  CONNECT_MS,
  CONNECTIONS_MAX,
  DOCUMENT_BYTES_MAX,
  HEARTBEAT_MS,
  PAST_REVISIONS_MAX,
  READ_MS,
  SELECT_MS,
  SOCKET_MS,
  WRITE_MS,
} from './limits.ts'

/**
 * Any server that speaks MongoDB's protocol: nothing is asked of it but that a change of one document is atomic; no
 * sessions, transactions or change streams. A collection of ours is a collection there.
 *
 * A document keeps its value as JSON text, so that it comes back exactly as it was put, whatever its keys look like. Its
 * revision is a random number: nobody else writes the same one, so a write can be tried again when nobody knows what has
 * become of it (a second arrival finds the revision moved), and afterwards the document tells whose it is.
 */
type Document = {
  _id: string
  revision: number
  value: string
  /** The revisions before, oldest first, at most PAST_REVISIONS_MAX. */
  past: number[]
}

export type MongoStoreOptions = {
  /** mongodb://… */
  url: string
  database: string
}

/** Rejects when no server answers. */
export async function openMongoStore({ url, database }: MongoStoreOptions, signal?: AbortSignal): Promise<Store> {
  const client = clientFor(url)
  const db = client.db(database)
  const documents = (collection: Collection): MongoCollection<Document> => db.collection<Document>(collection)

  function get<T>(collection: Collection, id: string, signal?: AbortSignal): Promise<Stored<T> | null> {
    return attempts({ limitMs: READ_MS, isWrite: false, signal }, async () => {
      const found = await documents(collection).findOne({ _id: id }, { projection: { revision: 1, value: 1 } })
      return found === null ? null : read<T>(found)
    })
  }

  /** The document's revisions up to now, the newest last; null: there is none. */
  async function revisionsOf(collection: Collection, id: string): Promise<number[] | null> {
    const found = await documents(collection).findOne({ _id: id }, { projection: { revision: 1, past: 1 } })
    return found === null ? null : [...found.past, found.revision]
  }

  async function insert<T>(collection: Collection, id: string, value: T, signal?: AbortSignal): Promise<boolean> {
    const document = { _id: id, revision: newRevision(), value: encode(value), past: [] }
    return attempts({ limitMs: WRITE_MS, isWrite: true, signal }, async (isAgain) => {
      try {
        await documents(collection).insertOne(document)
        return true
      } catch (error) {
        if (!isDuplicateKey(error)) throw error
        if (!isAgain) return false
        const revisions = await revisionsOf(collection, id)
        if (revisions?.includes(document.revision) === true) return true
        // Made by another, and nothing of its past is forgotten: so never by us.
        if (revisions !== null && revisions.length <= PAST_REVISIONS_MAX) return false
        throw unknownOutcome()
      }
    })
  }

  async function replace<T>(
    collection: Collection,
    id: string,
    value: T,
    revision: number,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const next = newRevision()
    const text = encode(value)
    return attempts({ limitMs: WRITE_MS, isWrite: true, signal }, async (isAgain) => {
      const { matchedCount } = await documents(collection).updateOne(
        { _id: id, revision },
        {
          $set: { revision: next, value: text },
          $push: { past: { $each: [revision], $slice: -PAST_REVISIONS_MAX } },
        },
      )
      if (matchedCount === 1) return true
      if (!isAgain) return false
      // The attempt before may have been the one that moved it. What followed our `revision` tells.
      const revisions = await revisionsOf(collection, id)
      const successor = revisions?.[revisions.indexOf(revision) + 1]
      if (revisions === null || !revisions.includes(revision) || successor === undefined) throw unknownOutcome()
      return successor === next
    })
  }

  async function remove(collection: Collection, id: string, revision?: number, signal?: AbortSignal): Promise<boolean> {
    const op: Op = { limitMs: WRITE_MS, isWrite: true, signal }
    if (revision === undefined) {
      return attempts(op, async (isAgain) => {
        const { deletedCount } = await documents(collection).deleteOne({ _id: id })
        // It is gone, and there may have been one: whoever asked has what was wanted.
        return deletedCount === 1 || isAgain
      })
    }
    return attempts(op, async (isAgain) => {
      const { deletedCount } = await documents(collection).deleteOne({ _id: id, revision })
      if (deletedCount === 1) return true
      if (!isAgain) return false
      const revisions = await revisionsOf(collection, id)
      if (revisions === null) return true
      if (revisions.includes(revision)) return false
      throw unknownOutcome()
    })
  }

  const store: Store = {
    get,
    revision: (collection, id, signal) =>
      attempts({ limitMs: READ_MS, isWrite: false, signal }, async () => {
        const found = await documents(collection).findOne({ _id: id }, { projection: { revision: 1 } })
        return found?.revision ?? null
      }),
    list: <T>(collection: Collection, options: ListOptions = {}, signal?: AbortSignal) =>
      attempts({ limitMs: READ_MS, isWrite: false, signal }, async () => {
        const found = await documents(collection)
          .find({ _id: range(options) }, { projection: { revision: 1, value: 1 } })
          .sort({ _id: 1 })
          .limit(options.limit ?? LIST_MAX)
          .toArray()
        return found.map((document) => read<T>(document))
      }),
    ids: (collection, options = {}, signal) =>
      attempts({ limitMs: READ_MS, isWrite: false, signal }, async () => {
        const found = await documents(collection)
          .find({ _id: range(options) }, { projection: { _id: 1 } })
          .sort({ _id: 1 })
          .limit(options.limit ?? LIST_MAX)
          .toArray()
        return found.map(({ _id }) => _id)
      }),
    insert,
    replace,
    remove,
    close: () => client.close(),
  }
  try {
    await store.revision('secret', '', signal)
  } catch (error) {
    await client.close()
    throw error
  }
  return store
}

/**
 * What was acknowledged is on the disks of most servers, and only that is read: no election takes it back. The driver's own
 * retries want sessions, ours (attempt.ts) do not.
 */
function clientFor(url: string): MongoClient {
  return new MongoClient(url, {
    appName: 'lakewire',
    retryWrites: false,
    retryReads: false,
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    maxPoolSize: CONNECTIONS_MAX,
    connectTimeoutMS: CONNECT_MS,
    socketTimeoutMS: SOCKET_MS,
    serverSelectionTimeoutMS: SELECT_MS,
    waitQueueTimeoutMS: SELECT_MS,
    heartbeatFrequencyMS: HEARTBEAT_MS,
    ignoreUndefined: true,
  })
}

function range({ prefix = '', after = '' }: ListOptions): Record<string, string> {
  const end = successor(prefix)
  return { $gt: after, ...(prefix === '' ? {} : { $gte: prefix }), ...(end === null ? {} : { $lt: end }) }
}

/** The least text that comes after everything with this prefix; null: there is none. Half a character makes no text. */
function successor(prefix: string): string | null {
  const characters = [...prefix]
  while (characters.length > 0) {
    const last = characters.pop()?.codePointAt(0) ?? LAST_CODE_POINT
    if (last >= LAST_CODE_POINT) continue
    return characters.join('') + String.fromCodePoint(last + 1 === FIRST_SURROGATE ? AFTER_SURROGATES : last + 1)
  }
  return null
}
const LAST_CODE_POINT = 0x10ffff
const FIRST_SURROGATE = 0xd800
const AFTER_SURROGATES = 0xe000

function encode(value: unknown): string {
  const text = JSON.stringify(value)
  const bytes = Buffer.byteLength(text)
  if (bytes > DOCUMENT_BYTES_MAX) {
    throw new PgError('54000', 'a document of the metadata store would become too large', {
      detail: `It would have ${bytes} bytes; at most ${DOCUMENT_BYTES_MAX} can be stored.`,
      hint: 'Spread the tables over several databases.',
      fault: 'limit',
    })
  }
  return text
}

function read<T>({ _id, revision, value }: Pick<Document, '_id' | 'revision' | 'value'>): Stored<T> {
  return { id: _id, revision, value: JSON.parse(value) as T }
}

/** 1 to 2^53 - 1: exact as a number of JavaScript's and as a double of BSON's. */
function newRevision(): number {
  return Number(randomBytes(8).readBigUInt64BE() >> 11n) || 1
}
