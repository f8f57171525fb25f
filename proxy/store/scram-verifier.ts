/**
 * Passwords as PostgreSQL keeps them: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>
 * https://www.postgresql.org/docs/18/catalog-pg-authid.html, RFC 5802, RFC 7677
 */
import { isAscii } from 'node:buffer'
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import saslprep from '@mongodb-js/saslprep'
import { PgError } from '../error.ts'
import type { Store } from './store.ts'

export type ScramVerifier = { iterations: number; salt: Buffer; storedKey: Buffer; serverKey: Buffer }

/** PostgreSQL's default; some clients refuse more than SCRAM_ITERATIONS_MAX. Unknown users are told this number too. */
export const SCRAM_ITERATIONS = 4096
export const SCRAM_ITERATIONS_MIN = 4096
export const SCRAM_ITERATIONS_MAX = 100_000
export const PASSWORD_BYTES_MAX = 1024

const KEY_BYTES = 32
const SALT_BYTES = 16
const SECRET_ID = 'scram'
const SHAPE = /^SCRAM-SHA-256\$(\d{1,10}):([A-Za-z0-9+/]{4,}={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/

const derive = promisify(pbkdf2)

/** Null: not a verifier of ours, or one that would let a client be tricked (few iterations) or stalled (too many). */
export function parseVerifier(text: string): ScramVerifier | null {
  const match = SHAPE.exec(text)
  if (match === null) return null
  const [, iterationsText = '', salt = '', storedKey = '', serverKey = ''] = match
  const iterations = Number(iterationsText)
  if (iterations < SCRAM_ITERATIONS_MIN || iterations > SCRAM_ITERATIONS_MAX) return null
  return {
    iterations,
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  }
}

export function formatVerifier({ iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  const text = (bytes: Buffer): string => bytes.toString('base64')
  return `SCRAM-SHA-256$${iterations}:${text(salt)}$${text(storedKey)}:${text(serverKey)}`
}

export async function makeVerifier(password: string, salt: Buffer, iterations: number): Promise<ScramVerifier> {
  const salted = await derive(preparePassword(password), salt, iterations, KEY_BYTES, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  return {
    iterations,
    salt,
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: hmac(salted, 'Server Key'),
  }
}

/**
 * The one way to make a user's verifier: what `user create` and `user password` store. The salt follows from the
 * deployment's secret and the user's name alone, not from tenant or chance. So every name has one salt in every
 * database, whether such a user or such a database exists or not, and the server can check a password before it says
 * anything about a database, as PostgreSQL does (see listen/auth/account.ts). What is given up: a thief of the store
 * sees which users of the same name in two tenants share a password.
 */
export async function userVerifier(store: Store, user: string, password: string): Promise<string> {
  const secret = await scramSecret(store)
  return formatVerifier(await makeVerifier(password, saltOf(secret, user), SCRAM_ITERATIONS))
}

export function saltOf(secret: Buffer, user: string): Buffer {
  return hmac(secret, `salt\0${user.normalize('NFC')}`).subarray(0, SALT_BYTES)
}

type SecretDocument = { key: string }

/** Made once per deployment; two servers that start together agree, because an id is inserted only once. */
export async function scramSecret(store: Store, signal?: AbortSignal): Promise<Buffer> {
  const found = await store.get<SecretDocument>('secret', SECRET_ID, signal)
  if (found !== null) return Buffer.from(found.value.key, 'base64')
  const key = randomBytes(KEY_BYTES)
  if (await store.insert<SecretDocument>('secret', SECRET_ID, { key: key.toString('base64') }, signal)) return key
  return scramSecret(store, signal)
}

export function hmac(key: Buffer, data: string | Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

/**
 * SASLprep (RFC 4013), and the raw bytes where it refuses (emoji, control characters): so PostgreSQL, and so its
 * clients.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/common/scram-common.c (scram_SaltedPassword's callers)
 */
function preparePassword(password: string): Buffer {
  const raw = Buffer.from(password, 'utf8')
  if (raw.length === 0) throw new PgError('22023', 'password must not be empty')
  if (raw.length > PASSWORD_BYTES_MAX) throw new PgError('22023', `password is longer than ${PASSWORD_BYTES_MAX} bytes`)
  if (raw.includes(0)) throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
  if (isAscii(raw)) return raw
  try {
    return Buffer.from(saslprep(password), 'utf8')
  } catch {
    return raw
  }
}
