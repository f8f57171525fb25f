import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { TRINO_LIMITS, type TrinoOptions, trinoFiles } from '../../trino/config/files.ts'
import type { Installed } from './install.ts'
import { configurationOf, type LakewireProcess, startProcess } from './process.ts'
import {
  type JvmGoal,
  type RunningMongo,
  type RunningS3,
  type RunningTrino,
  startMongo,
  startS3,
  startTrino,
  type TrinoFiles,
} from './servers.ts'
import type { StackAddress } from './stack-address.ts'
import { StackError } from './tools.ts'

/** S3, MongoDB, an admin on both, and a Trino that serves the lake of that admin. */
export type Stack = {
  address: StackAddress
  s3: RunningS3
  mongo: RunningMongo
  admin: LakewireProcess
  trino: RunningTrino
  stop(): Promise<void>
}

const CALL_MS = 10_000
const CATALOG = 'lake'
/** Small: the tests' machine has other things to do. */
const LIMITS: TrinoOptions['limits'] = {
  ...TRINO_LIMITS,
  heapMib: 2048,
  queryMemoryMib: 1024,
  queryMemoryPerNodeMib: 768,
}

export async function startStack(
  installed: Installed,
  folder: string,
  signal: AbortSignal,
  goal: JvmGoal = 'fastStart',
): Promise<Stack> {
  await using closing = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  const [s3, mongo] = await Promise.all([
    startS3(installed, signal, join(folder, 's3')),
    startMongo(installed, signal, join(folder, 'mongodb')),
  ])
  closing.defer(() => s3.stop())
  closing.defer(() => mongo.stop())
  const address: StackAddress = {
    s3: s3.address,
    mongo: { url: mongo.url, database: 'lakewire' },
    trino: { url: 'http://127.0.0.1', catalog: CATALOG },
    admin: { url: 'http://127.0.0.1', token: randomBytes(32).toString('base64url') },
  }
  const admin = await startProcess('admin', configurationOf(address), join(folder, 'admin'), signal)
  closing.defer(() => admin.stop())
  address.admin.url = admin.httpUrl
  const trino = await startTrino(installed, await trinoFilesOf(address, signal), signal, join(folder, 'trino'), goal)
  closing.defer(() => trino.stop())
  address.trino.url = trino.url
  const kept = closing.move()
  return { address, s3, mongo, admin, trino, stop: () => kept.disposeAsync() }
}

type Tokens = Pick<TrinoOptions, 'serviceToken' | 'accessToken' | 'publicKey'>

/** What a Trino on the lake of an admin is told. Its tokens are made now: the admin may be gone by the time it starts. */
export async function trinoFilesOf(
  { admin, s3 }: Pick<StackAddress, 'admin' | 's3'>,
  signal: AbortSignal,
  limits: TrinoOptions['limits'] = LIMITS,
): Promise<TrinoFiles> {
  const tokens = await callAdmin<Tokens>(admin, '/trino-tokens', {}, signal)
  const sharedSecret = randomBytes(32).toString('base64url')
  return (port) =>
    trinoFiles({
      host: '127.0.0.1',
      port,
      environment: 'test',
      adminUrl: admin.url,
      catalog: CATALOG,
      publicKey: tokens.publicKey,
      serviceToken: tokens.serviceToken,
      accessToken: tokens.accessToken,
      sharedSecret,
      storage: { endpoint: s3.endpoint, region: s3.region, pathStyle: true },
      limits,
    })
}

/** POST of the admin API. */
export async function callAdmin<T>(
  { url, token }: StackAddress['admin'],
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<T> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
  })
  if (!response.ok) throw new StackError(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
