import { PgError } from '../../error.ts'
import { decodeBackend, pgErrorOf, type SendableMessage } from '../../wire/client.ts'
import type { Frame } from '../../wire/frame.ts'
import type { FieldDescription, NoticeFields } from '../../wire/message.ts'
import type { ResultColumn } from '../compiled.ts'
import type { Notice, Settings } from '../compiler.ts'
import { difference, taken } from '../setting.ts'
import { bytesOf, Connection, converse } from './connection.ts'

/** Longest that any statement may run in a twin. */
export const TWIN_STATEMENT_MS = 30_000
const LOCK_MS = 10_000

/**
 * How a user's backend starts. The tree comes as a LOG notice. Read only is more than a default here: only analysed
 * SELECTs are ever executed outside of a pinned transaction, and none of them can change a setting.
 */
const STARTUP_SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  client_min_messages: 'log',
  debug_print_rewritten: 'on',
  debug_pretty_print: 'off',
  default_transaction_read_only: 'on',
  statement_timeout: String(TWIN_STATEMENT_MS),
  lock_timeout: String(LOCK_MS),
  row_security: 'on',
}

export type BackendStartup = { socketPath: string; user: string; database: string }

/** What Parse and Describe said of one statement. */
export type Described = {
  /** detail of the notice "rewritten parse tree:", untouched; null: there was no statement in the text */
  tree: Uint8Array | null
  notices: Notice[]
  parameterTypes: number[]
  columns: ResultColumn[] | null
}

/** A connection as one user of the tenant, and the settings it runs under. */
export class Backend {
  readonly connection: Connection
  readonly user: string
  /** null: a transaction may have taken them back */
  #settings: Settings | null = new Map()
  #doubtful = false
  idleSince = 0

  private constructor(connection: Connection, user: string) {
    this.connection = connection
    this.user = user
  }

  static async open(startup: BackendStartup, signal?: AbortSignal): Promise<Backend> {
    return new Backend(await Connection.open({ ...startup, settings: STARTUP_SETTINGS }, signal), startup.user)
  }

  /** May it serve another statement? */
  get usable(): boolean {
    return !this.#doubtful && this.connection.usable && this.connection.status === 'I'
  }

  doubt(): void {
    this.#doubtful = true
  }

  /** After ROLLBACK TO SAVEPOINT: the next statement sets them all anew. */
  forgetSettings(): void {
    this.#settings = null
  }

  /**
   * Sends messages that end in `readies` ReadyForQuery, behind whatever brings the settings to those wanted, in one write.
   * Errors are thrown; a setting that is refused throws the backend away, since it runs under no one's settings then.
   */
  async send(
    messages: readonly SendableMessage[],
    readies: number,
    settings: Settings,
    onFrame: (frame: Frame) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const wanted = taken(settings)
    const changes = this.#settings
      ? difference(this.#settings, wanted)
      : ['RESET ALL', ...difference(new Map(), wanted)]
    const setting: SendableMessage[] = changes.length > 0 ? [{ kind: 'Query', sql: changes.join('; ') }] : []
    const bytes = bytesOf(...setting, ...messages)
    let failure: PgError | null = null
    let left = changes.length
    let applying = left > 0
    await this.connection.exchange(
      bytes,
      readies + setting.length,
      (frame) => {
        if (frame.type === ERROR_RESPONSE) {
          const message = decodeBackend(frame)
          if (message.kind === 'ErrorResponse') failure ??= pgErrorOf(message.fields)
          if (applying) this.#doubtful = true
          if (isServerFault(failure)) this.#doubtful = true
        } else if (applying) {
          // CommandComplete of each SET; the last one ends the settings.
          if (frame.type === COMMAND_COMPLETE && --left === 0) {
            applying = false
            this.#settings = wanted
          }
        } else onFrame(frame)
      },
      signal,
    )
    if (failure) throw failure
  }

  /** Parse and Describe of one statement, which is not executed. */
  async describe(
    sql: string,
    parameterTypes: readonly number[],
    settings: Settings,
    signal?: AbortSignal,
  ): Promise<Described> {
    const described: Described = { tree: null, notices: [], parameterTypes: [], columns: null }
    await this.send(
      [
        { kind: 'Parse', statement: '', sql, parameterTypes },
        { kind: 'Describe', target: 'statement', name: '' },
        { kind: 'Close', target: 'statement', name: '' },
        { kind: 'Sync' },
      ],
      1,
      settings,
      (frame) => {
        const tree = frame.type === NOTICE_RESPONSE ? treeOf(frame) : null
        if (tree) {
          if (described.tree) throw new PgError('XX000', 'two trees for one statement', { fault: 'internal' })
          described.tree = tree
          return
        }
        const message = decodeBackend(frame)
        if (message.kind === 'ParameterDescription') described.parameterTypes = [...message.types]
        else if (message.kind === 'RowDescription') described.columns = message.fields.map(resultColumn)
        else if (message.kind === 'NoticeResponse' && isForClient(message.fields))
          described.notices.push(noticeOf(message.fields))
      },
      signal,
    )
    return described
  }

  /** Our own query, or several in one text: rows as text, of the last that gave any. */
  async rows(sql: string, settings: Settings, signal?: AbortSignal): Promise<(string | null)[][]> {
    let rows: (string | null)[][] = []
    await this.send(
      [{ kind: 'Query', sql }],
      1,
      settings,
      (frame) => {
        if (frame.type === NOTICE_RESPONSE) return
        const message = decodeBackend(frame)
        if (message.kind === 'RowDescription') rows = []
        else if (message.kind === 'DataRow') rows.push(message.values.map(textOf))
      },
      signal,
    )
    return rows
  }
}

export const textOf = (value: Uint8Array | null): string | null =>
  value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')

const ERROR_RESPONSE = 'E'.charCodeAt(0)
const NOTICE_RESPONSE = 'N'.charCodeAt(0)
const COMMAND_COMPLETE = 'C'.charCodeAt(0)
const FIELD_MESSAGE = 'M'.charCodeAt(0)
const FIELD_DETAIL = 'D'.charCodeAt(0)
const TREE_MESSAGE = 'rewritten parse tree:'

/** The tree that a notice carries, as bytes: it is megabytes at times and has a reader of its own. */
function treeOf(frame: Frame): Uint8Array | null {
  const { bytes } = frame
  let detail: Uint8Array | null = null
  let isTree = false
  for (let at = frame.bodyAt; bytes[at] !== 0 && at < bytes.length; ) {
    const end = bytes.indexOf(0, at + 1)
    if (end < 0) return null
    if (bytes[at] === FIELD_MESSAGE) isTree = bytes.toString('latin1', at + 1, end) === TREE_MESSAGE
    if (bytes[at] === FIELD_DETAIL) detail = bytes.subarray(at + 1, end)
    at = end + 1
  }
  return isTree ? detail : null
}

/** client_min_messages is log, for the tree's sake: a session decides by its own setting, from NOTICE on. */
export function isForClient(fields: NoticeFields): boolean {
  return fields.severity !== 'LOG' && fields.severity !== 'DEBUG'
}

export function noticeOf(fields: NoticeFields): Notice {
  const { severity, code, message, detail, hint, position, where } = fields
  return {
    severity,
    code,
    message,
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position }),
    ...(where === undefined ? {} : { where }),
  }
}

export function resultColumn(field: FieldDescription): ResultColumn {
  const { name, tableOid, attnum, typeOid, typlen, typmod } = field
  return { name, tableOid, attnum, typeOid, typlen, typmod }
}

/** Classes after which a backend may not be what it was: resources, operator's and system errors, internal errors. */
function isServerFault(error: PgError | null): boolean {
  return error !== null && /^(53|57|58|F0|XX|08)/.test(error.code)
}

/** One conversation as the twin's superuser: only our own statements, about nothing that a user has made. */
export async function asSuperuser<T>(
  socketPath: string,
  database: string,
  work: (run: RunOwn) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return await asRole(SUPERUSER, { socketPath, database }, work, signal)
}

/** One conversation as a role of ours. */
export async function asRole<T>(
  user: string,
  place: { socketPath: string; database: string },
  work: (run: RunOwn) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const settings = { client_encoding: 'UTF8', search_path: 'pg_catalog' }
  const connection = await Connection.open({ ...place, user, settings }, signal)
  try {
    return await work((sql, parameters) => runOwn(connection, sql, parameters, signal))
  } finally {
    connection.close()
  }
}

export const SUPERUSER = 'lakewire'
/**
 * Makes the twins of the lake's relations. Types, defaults and views come out of the lake and may run code that users wrote:
 * were this a superuser's session, RESET ROLE in such code would make it one.
 */
export const SYNC_ROLE = 'lakewire_sync'
export const RESERVED_ROLES: ReadonlySet<string> = new Set([SUPERUSER, SYNC_ROLE])

/** Without parameters several statements may stand in one text; with them (or an empty list) it is exactly one. */
export type RunOwn = (sql: string, parameters?: readonly (string | null)[]) => Promise<(string | null)[][]>

async function runOwn(
  connection: Connection,
  sql: string,
  parameters: readonly (string | null)[] | undefined,
  signal?: AbortSignal,
): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = []
  const messages: SendableMessage[] = parameters
    ? [
        { kind: 'Parse', statement: '', sql, parameterTypes: [] },
        {
          kind: 'Bind',
          portal: '',
          statement: '',
          formats: [],
          values: parameters.map((value) => (value === null ? null : Buffer.from(value))),
          resultFormats: [],
        },
        { kind: 'Execute', portal: '', rowsMax: 0 },
        { kind: 'Sync' },
      ]
    : [{ kind: 'Query', sql }]
  await converse(
    connection,
    bytesOf(...messages),
    1,
    (message) => {
      if (message.kind === 'DataRow') rows.push(message.values.map(textOf))
    },
    signal,
  )
  return rows
}
