/** What a StartupMessage asks for. Pure. https://www.postgresql.org/docs/18/protocol-message-formats.html */
import { PgError } from '../error.ts'
import { clientEncoding, ENCODING_HINT } from '../wire/encoding.ts'
import type { BackendMessage, StartupPacket } from '../wire/message.ts'

export const PROTOCOL_MAJOR = 3
export const PROTOCOL_MINOR_MAX = 2

export type StartupRequest = {
  minor: number
  user: string
  database: string
  /** `options` first, then the others, as PostgreSQL applies them */
  settings: readonly (readonly [name: string, value: string])[]
  /** to be sent before anything else when the client wants more than there is */
  negotiation: Extract<BackendMessage, { kind: 'NegotiateProtocolVersion' }> | null
}

type StartupMessage = Extract<StartupPacket, { kind: 'StartupMessage' }>

const fatal = (code: string, message: string, hint?: string): PgError =>
  new PgError(code, message, { severity: 'FATAL', ...(hint === undefined ? {} : { hint }) })

export function unsupportedProtocol(major: number, minor: number): PgError {
  const supported = `${PROTOCOL_MAJOR}.0 to ${PROTOCOL_MAJOR}.${PROTOCOL_MINOR_MAX}`
  return fatal('0A000', `unsupported frontend protocol ${major}.${minor}: server supports ${supported}`)
}

/** Throws FATAL. Every name that comes twice counts with its last value, everywhere. */
export function startupRequest(message: StartupMessage): StartupRequest {
  if (message.major !== PROTOCOL_MAJOR) throw unsupportedProtocol(message.major, message.minor)
  let user = ''
  let database = ''
  let options = ''
  const settings: (readonly [string, string])[] = []
  const unknownOptions: string[] = []
  for (const [name, value] of message.parameters) {
    if (name === 'user') user = value
    else if (name === 'database') database = value
    else if (name === 'options') options = value
    else if (name === 'replication') refuseReplication(value)
    else if (name.startsWith('_pq_.')) unknownOptions.push(name)
    else settings.push([name, value])
  }
  if (user === '') throw fatal('28000', 'no PostgreSQL user name specified in startup packet')
  const minor = Math.min(message.minor, PROTOCOL_MINOR_MAX)
  const negotiate = message.minor > PROTOCOL_MINOR_MAX || unknownOptions.length > 0
  return {
    minor,
    user,
    database: database === '' ? user : database,
    settings: [...optionSettings(options), ...settings],
    negotiation: negotiate ? { kind: 'NegotiateProtocolVersion', minor, unknownOptions } : null,
  }
}

/** There is no write-ahead log of ours to stream. */
function refuseReplication(value: string): void {
  const word = value.toLowerCase()
  if (FALSE_WORDS.has(word)) return
  if (TRUE_WORDS.has(word) || word === 'database') throw fatal('0A000', 'replication connections are not supported')
  throw fatal(
    '22023',
    `invalid value for parameter "replication": "${value}"`,
    'Valid values are: "false", 0, "true", 1, "database".',
  )
}
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', 'fals', 'fal', 'fa', 'f', 'no', 'n', 'off', 'of', '0'])
const TRUE_WORDS: ReadonlySet<string> = new Set(['true', 'tru', 'tr', 't', 'yes', 'ye', 'y', 'on', '1'])

/**
 * PGOPTIONS: `-c name=value`, `-cname=value` and `--name=value`. Every other flag of the postgres program is refused.
 * A setting's name is checked by the session, so nothing here can turn into a second flag.
 */
export function optionSettings(options: string): (readonly [name: string, value: string])[] {
  const words = splitOptions(options)
  const settings: (readonly [string, string])[] = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    let assignment: string
    if (word.startsWith('--')) assignment = word.slice(2)
    else if (word === '-c') assignment = words[++index] ?? ''
    else if (word.startsWith('-c')) assignment = word.slice(2)
    else throw fatal('42601', `invalid command-line argument for server process: ${word}`)
    const equals = assignment.indexOf('=')
    if (equals < 0) throw fatal('42601', `${word.startsWith('--') ? '--' : '-c '}${assignment} requires a value`)
    settings.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)])
  }
  return settings
}

/** As pg_split_opts: white space separates, a backslash takes the next character as it is. */
function splitOptions(options: string): string[] {
  const words: string[] = []
  let word: string | null = null
  for (let index = 0; index < options.length; index += 1) {
    const character = options[index] ?? ''
    if (/[ \t\n\v\f\r]/.test(character)) {
      if (word !== null) words.push(word)
      word = null
      continue
    }
    word ??= ''
    if (character !== '\\') word += character
    else if (index + 1 < options.length) word += options[++index]
  }
  if (word !== null) words.push(word)
  return words
}

export function checkClientEncoding(settings: StartupRequest['settings']): void {
  for (const [name, value] of settings) {
    if (name.toLowerCase() !== 'client_encoding') continue
    if (clientEncoding(value) !== null) continue
    throw fatal('22023', `invalid value for parameter "client_encoding": "${value}"`, ENCODING_HINT)
  }
}
