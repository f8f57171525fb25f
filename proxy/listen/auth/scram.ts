/**
 * The server's side of SCRAM-SHA-256, without I/O. RFC 5802, RFC 7677; messages and codes as PostgreSQL's
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/auth-scram.c
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { PgError } from '../../error.ts'
import { hmac, type ScramVerifier } from '../../store/scram-verifier.ts'

export const MECHANISM = 'SCRAM-SHA-256'
export const MECHANISM_PLUS = 'SCRAM-SHA-256-PLUS'
const NONCE_BYTES = 18
const KEY_BYTES = 32
const BINDING_TYPE = 'tls-server-end-point'

export type ScramFirst = {
  serverFirst: string
  /** gs2-header as the client sent it, to be repeated in its last message */
  gs2Header: string
  clientFirstBare: string
  nonce: string
}

/** `proof` is not checked yet. */
export type ScramFinal = { authMessage: Buffer; proof: Buffer }

/** What of TLS takes part. `endPoint` null: -PLUS was not offered. */
export type ScramBinding = { mechanism: string; endPoint: Buffer | null }

export function scramFirst(
  data: Buffer,
  binding: ScramBinding,
  salt: Buffer,
  iterations: number,
  serverNonce: string = randomBytes(NONCE_BYTES).toString('base64'),
): ScramFirst {
  const text = plainText(data)
  const fields = new Fields(text)
  checkBindingFlag(fields.until(','), binding)
  const authorization = fields.until(',')
  if (authorization !== '') {
    if (authorization.startsWith('a='))
      throw fatal('0A000', 'client uses authorization identity, but it is not supported')
    throw malformed(`Unexpected attribute "${shown(authorization)}" in client-first-message.`)
  }
  const gs2Header = text.slice(0, fields.at)
  const clientFirstBare = text.slice(fields.at)
  if (clientFirstBare.startsWith('m=')) throw fatal('0A000', 'client requires an unsupported SCRAM extension')
  // The name is ignored: the one in the startup packet counts.
  fields.attribute('n')
  const clientNonce = fields.attribute('r')
  if (clientNonce === '' || !/^[\x21-\x2b\x2d-\x7e]+$/.test(clientNonce))
    throw fatal('08P01', 'non-printable characters in SCRAM nonce')
  const nonce = clientNonce + serverNonce
  return { serverFirst: `r=${nonce},s=${salt.toString('base64')},i=${iterations}`, gs2Header, clientFirstBare, nonce }
}

function checkBindingFlag(flag: string, binding: ScramBinding): void {
  const plus = binding.mechanism === MECHANISM_PLUS
  if (flag === 'n' || flag === 'y') {
    if (plus)
      throw malformed(
        'The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.',
      )
    if (flag === 'y' && binding.endPoint !== null) {
      throw fatal(
        '28000',
        'SCRAM channel binding negotiation error',
        'The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.',
      )
    }
    return
  }
  if (!flag.startsWith('p=')) throw malformed(`Unexpected channel-binding flag "${shown(flag)}".`)
  if (!plus)
    throw malformed(
      'The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.',
    )
  if (flag !== `p=${BINDING_TYPE}`)
    throw fatal('08P01', `unsupported SCRAM channel-binding type "${flag.slice(2, 32).replace(/[^\x21-\x7e]/g, '?')}"`)
}

export function scramFinal(data: Buffer, first: ScramFirst, binding: ScramBinding): ScramFinal {
  const text = plainText(data)
  const fields = new Fields(text)
  const channelBinding = fields.attribute('c')
  if (channelBinding !== expectedBinding(first, binding)) {
    if (binding.mechanism === MECHANISM_PLUS) throw fatal('28000', 'SCRAM channel binding check failed')
    throw fatal('08P01', 'unexpected SCRAM channel-binding attribute in client-final-message')
  }
  const nonce = fields.attribute('r')
  let withoutProof = fields.at
  let proofText: string
  // Unknown extensions may stand between the nonce and the proof, which is last.
  for (;;) {
    withoutProof = fields.at
    const attribute = fields.until(',')
    if (attribute.startsWith('p=')) {
      proofText = attribute.slice(2)
      break
    }
    if (!/^[A-Za-z]=/.test(attribute)) throw malformed('Attribute expected in client-final-message.')
  }
  const proof = Buffer.from(proofText, 'base64')
  if (proof.length !== KEY_BYTES || proof.toString('base64') !== proofText) {
    throw malformed('Malformed proof in client-final-message.')
  }
  if (!fields.ended) throw malformed('Garbage found at the end of client-final-message.')
  if (!sameText(nonce, first.nonce)) throw fatal('08P01', 'invalid SCRAM response', 'Nonce does not match.')
  const clientFinalWithoutProof = text.slice(0, withoutProof - 1)
  const authMessage = `${first.clientFirstBare},${first.serverFirst},${clientFinalWithoutProof}`
  return { authMessage: Buffer.from(authMessage, 'latin1'), proof }
}

function expectedBinding(first: ScramFirst, binding: ScramBinding): string {
  const header = Buffer.from(first.gs2Header, 'latin1')
  const plus = binding.mechanism === MECHANISM_PLUS && binding.endPoint !== null
  return (plus ? Buffer.concat([header, binding.endPoint ?? Buffer.alloc(0)]) : header).toString('base64')
}

/** Whether the client knows the password behind the verifier. The same work whatever the answer. */
export function proofMatches(final: ScramFinal, verifier: ScramVerifier): boolean {
  const signature = hmac(verifier.storedKey, final.authMessage)
  const clientKey = Buffer.alloc(KEY_BYTES)
  for (let index = 0; index < KEY_BYTES; index += 1)
    clientKey[index] = (final.proof[index] ?? 0) ^ (signature[index] ?? 0)
  return timingSafeEqual(createHash('sha256').update(clientKey).digest(), verifier.storedKey)
}

export function serverFinal(final: ScramFinal, verifier: ScramVerifier): string {
  return `v=${hmac(verifier.serverKey, final.authMessage).toString('base64')}`
}

/** attr-val,attr-val,… read from left to right. */
class Fields {
  at = 0
  readonly #text: string
  #ended = false

  constructor(text: string) {
    this.#text = text
  }

  get ended(): boolean {
    return this.#ended
  }

  until(separator: string): string {
    if (this.#ended) throw malformed('Attribute expected, but found end of string.')
    const end = this.#text.indexOf(separator, this.at)
    const start = this.at
    this.#ended = end < 0
    this.at = end < 0 ? this.#text.length : end + 1
    return this.#text.slice(start, end < 0 ? undefined : end)
  }

  attribute(name: string): string {
    const field = this.until(',')
    if (!field.startsWith(`${name}=`)) throw malformed(`Expected attribute "${name}" but found "${shown(field)}".`)
    return field.slice(2)
  }
}

function plainText(data: Buffer): string {
  if (data.length === 0) throw malformed('The message is empty.')
  if (data.includes(0)) throw malformed('Message length does not match input length.')
  // Latin-1 keeps every byte as it came: the proof is over bytes, and what we read of them ourselves is ASCII.
  return data.toString('latin1')
}

function sameText(left: string, right: string): boolean {
  const a = Buffer.from(left, 'latin1')
  const b = Buffer.from(right, 'latin1')
  return a.length === b.length && timingSafeEqual(a, b)
}

/** As sanitize_char: the first character, if it can be shown. */
function shown(text: string): string {
  const code = text.charCodeAt(0) || 0
  return code >= 0x21 && code <= 0x7e ? `'${text[0]}'` : `0x${code.toString(16).padStart(2, '0')}`
}

function malformed(detail: string): PgError {
  return fatal('08P01', 'malformed SCRAM message', detail)
}

function fatal(code: string, message: string, detail?: string): PgError {
  return new PgError(code, message, { severity: 'FATAL', ...(detail === undefined ? {} : { detail }) })
}
