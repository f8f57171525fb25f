import { PgError } from '../../error.ts'
import type { Store } from '../../store/store.ts'
import { decodeAuthentication } from '../../wire/decode.ts'
import type { AuthenticationResponse } from '../../wire/message.ts'
import type { Channel } from '../channel.ts'
import type { Identity } from '../identity.ts'
import { STORE_MS } from '../limits.ts'
import { type Account, accountElsewhere, candidateFor, NOBODYS_VERIFIER } from './account.ts'
import {
  MECHANISM,
  MECHANISM_PLUS,
  proofMatches,
  type ScramBinding,
  scramFinal,
  scramFirst,
  serverFinal,
} from './scram.ts'
import { type LoginThrottle, throttleKey } from './throttle.ts'

export type LoginAttempt = { database: string; user: string; address: string; endPoint: Buffer | null }

/**
 * Runs the exchange up to and with AuthenticationOk. Null: the client hung up. Throws FATAL 28P01 for every reason that
 * has to do with who and what exists, 3D000 only to somebody who has proven to be a user of another database.
 */
export async function authenticate(
  channel: Channel,
  store: Store,
  throttle: LoginThrottle,
  attempt: LoginAttempt,
): Promise<Identity | null> {
  const { database, user, address, endPoint } = attempt
  const key = throttleKey(database, user, address)
  const searchKey = throttleKey(user, address)
  if (throttle.blocked(key)) throw failed(user, 'Too many failed logins; try again in two minutes.')
  channel.send({
    kind: 'AuthenticationSASL',
    mechanisms: endPoint === null ? [MECHANISM] : [MECHANISM_PLUS, MECHANISM],
  })
  channel.framer.state = 'authentication'
  const initial = await receiveInitial(channel, user)
  if (initial === null) return null
  const binding: ScramBinding = { mechanism: initial.mechanism, endPoint }
  if (initial.mechanism !== MECHANISM && (initial.mechanism !== MECHANISM_PLUS || endPoint === null)) {
    throw new PgError('08P01', 'client selected an invalid SASL authentication mechanism', { severity: 'FATAL' })
  }
  const candidate = await storeWork((signal) => candidateFor(store, database, user, signal))
  const first = scramFirst(initial.data, binding, candidate.salt, candidate.iterations)
  channel.send({ kind: 'AuthenticationSASLContinue', data: Buffer.from(first.serverFirst, 'latin1') })
  const response = await receive(channel, 'SASLResponse', user)
  if (response === null) return null
  const final = scramFinal(responseData(response), first, binding)

  let account: Account | null = candidate.account
  if (!proofMatches(final, account?.verifier ?? NOBODYS_VERIFIER)) account = null
  if (account === null && !throttle.blocked(searchKey)) {
    account = await storeWork((signal) =>
      accountElsewhere(store, user, candidate, (verifier) => proofMatches(final, verifier), signal),
    )
    if (account === null) throttle.fail(searchKey)
  }
  if (account === null) {
    throttle.fail(key)
    throw failed(user)
  }
  channel.send({ kind: 'AuthenticationSASLFinal', data: Buffer.from(serverFinal(final, account.verifier), 'latin1') })
  channel.send({ kind: 'AuthenticationOk' })
  if (account.identity.tenant !== database) {
    throw new PgError('3D000', `database "${clipped(database)}" does not exist`, { severity: 'FATAL', fault: 'client' })
  }
  // Only here: who has a password of their own must not buy themselves guesses at a namesake's.
  throttle.succeed(key)
  return account.identity
}

/** A client may choose the mechanism first and speak only when asked with an empty challenge. */
async function receiveInitial(channel: Channel, user: string): Promise<{ mechanism: string; data: Buffer } | null> {
  const response = await receive(channel, 'SASLInitialResponse', user)
  if (response === null || response.kind !== 'SASLInitialResponse') return null
  if (response.data !== null) return { mechanism: response.mechanism, data: Buffer.from(response.data) }
  channel.send({ kind: 'AuthenticationSASLContinue', data: Buffer.alloc(0) })
  const late = await receive(channel, 'SASLResponse', user)
  return late === null ? null : { mechanism: response.mechanism, data: responseData(late) }
}

async function receive(
  channel: Channel,
  expected: AuthenticationResponse['kind'],
  user: string,
): Promise<AuthenticationResponse | null> {
  try {
    const frame = await channel.frame()
    return frame === null ? null : decodeAuthentication(frame, expected)
  } catch (error) {
    if (error instanceof PgError && error.code === '28P01') throw failed(user)
    throw error
  }
}

function responseData(response: AuthenticationResponse): Buffer {
  return Buffer.from(response.data ?? [])
}

async function storeWork<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await work(AbortSignal.timeout(STORE_MS))
  } catch (error) {
    throw new PgError('57P03', 'the database system cannot look up accounts now', {
      severity: 'FATAL',
      fault: 'store',
      cause: error,
    })
  }
}

function failed(user: string, detail?: string): PgError {
  const message = `password authentication failed for user "${clipped(user)}"`
  return new PgError('28P01', message, { severity: 'FATAL', ...(detail === undefined ? {} : { detail }) })
}

/** NAMEDATALEN - 1 bytes, cut between characters: as PostgreSQL shows names that are too long. */
export function clipped(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= 63) return name
  let end = 63
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}
