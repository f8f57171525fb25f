/** The same conversation with the product and with a PostgreSQL 18 that has the same roles, told line by line. */
import pg from 'pg'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import { WireClient } from '../wire/wire-client.ts'
import { type RunningPostgres, startPostgres } from './postgres.ts'
import { type Lakewire, type Login, startLakewire } from './start.ts'

export type Input = {
  /** for COPY FROM STDIN, as CopyData messages */
  readonly data?: readonly (string | Uint8Array)[]
  /** CopyFail with this message instead of CopyDone */
  readonly fail?: string
}

export type Both = {
  readonly server: Lakewire
  readonly login: Login
  /** What came back from each: [ours, PostgreSQL's]. */
  run(sql: string, input?: Input): Promise<readonly [string[], string[]]>
  /** The same, of ours alone. */
  ours(sql: string, input?: Input): Promise<string[]>
  connect(): Promise<WireClient>
  stop(): Promise<void>
}

export async function startBoth(tenant = 'acme'): Promise<Both> {
  const [server, oracle] = await Promise.all([startLakewire(), startPostgres({ database: tenant })])
  const login = await server.makeUser(tenant, 'alice')
  const theirs = await oracleUser(oracle, tenant)
  const connect = (account: Login) => WireClient.login(account.port, account)
  const [here, there] = await Promise.all([connect(login), connect(theirs)])
  return {
    server,
    login,
    run: async (sql, input) => [await talk(here, sql, input), await talk(there, sql, input)],
    ours: (sql, input) => talk(here, sql, input),
    connect: () => connect(login),
    stop: async () => {
      here.end()
      there.end()
      await Promise.all([server.stop(), oracle.stop()])
    },
  }
}

/** As in a tenant: the owner of everything is a role that its users are members of. */
async function oracleUser(oracle: RunningPostgres, database: string): Promise<Login> {
  const admin = new pg.Client({ ...oracle, database })
  await admin.connect()
  await admin.query(`create role lakehouse; create role alice login password 'secret' in role lakehouse;
    grant create, temporary on database ${database} to lakehouse; alter schema public owner to lakehouse;
    alter role alice set role lakehouse`)
  await admin.end()
  return { host: oracle.host, port: oracle.port, database, user: 'alice', password: 'secret' }
}

export async function talk(client: WireClient, sql: string, input: Input = {}): Promise<string[]> {
  client.send({ kind: 'Query', sql })
  const said: string[] = []
  for (let message = await client.next(); message !== null; message = await client.next()) {
    if (message.kind === 'CopyInResponse') {
      for (const piece of input.data ?? []) client.send({ kind: 'CopyData', data: Buffer.from(piece as Uint8Array) })
      client.send(input.fail === undefined ? { kind: 'CopyDone' } : { kind: 'CopyFail', message: input.fail })
    }
    if (message.kind === 'ReadyForQuery') return said
    const line = told(message)
    if (line !== null) said.push(line)
  }
  return [...said, 'closed']
}

/** Of errors what a client's program may look at: not the place in PostgreSQL's source. */
const FIELDS = ['code', 'message', 'position', 'where', 'schema', 'table', 'column'] as const

function told(message: BackendMessage): string | null {
  switch (message.kind) {
    case 'RowDescription':
    case 'ParameterStatus':
      return null
    case 'ErrorResponse': {
      const fields = message.fields as Readonly<Record<string, unknown>>
      const known = FIELDS.filter((name) => fields[name] !== undefined)
      return `error ${known.map((name) => fields[name]).join(' | ')}`
    }
    case 'NoticeResponse':
      return `notice ${message.fields.code} ${message.fields.message}`
    case 'DataRow':
      return message.values.map((value) => (value === null ? 'NULL' : Buffer.from(value).toString())).join('|')
    case 'CopyData':
      return `data ${JSON.stringify(Buffer.from(message.data).toString('latin1'))}`
    case 'CommandComplete':
      return message.tag
    default:
      return message.kind
  }
}
