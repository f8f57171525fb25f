import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { MongoClient } from 'mongodb'
import { answers, type Child, type ChildSpec, startHealthy } from './child.ts'
import type { Installed } from './install.ts'
import { makeUser } from './minio-admin.ts'

/**
 * The servers, one at a time: each in a folder of its own, with what it keeps and its log. A server that was stopped can be
 * started again on the same port and with the same data, as after an outage.
 */

export type Running = {
  readonly folder: string
  readonly logFile: string
  signal(signal: NodeJS.Signals): void
  stop(): Promise<void>
  /** after `stop`, or after it died */
  startAgain(signal: AbortSignal): Promise<void>
  /** stops it and removes the folder */
  [Symbol.asyncDispose](): Promise<void>
}

export type S3Address = {
  endpoint: string
  region: string
  bucket: string
  /** an ordinary user that may do all in the bucket, and call AssumeRole */
  accessKeyId: string
  secretAccessKey: string
  /** the server's own administrator */
  root: { accessKeyId: string; secretAccessKey: string }
}
export type RunningS3 = Running & { readonly address: S3Address }
export type RunningMongo = Running & { readonly url: string }
export type RunningTrino = Running & { readonly url: string }

const HERE = dirname(fileURLToPath(import.meta.url))
const MINIO_START_MS = 110_000
const MONGO_START_MS = 110_000
/** 15 seconds on a machine that has nothing else to do. */
const TRINO_START_MS = 300_000
const MONGO_SELECT_MS = 2000
const REGION = 'us-east-1'

const BUCKET = 'lakewire-test'

type Program = Pick<ChildSpec, 'command' | 'args' | 'env'>

type Start = {
  name: string
  specFor(port: number, folder: string): Program | Promise<Program>
  isHealthy(port: number, signal: AbortSignal): Promise<boolean>
  startMs: number
  /** default: a new one that is removed in the end */
  folder?: string
}

async function start(how: Start, signal: AbortSignal): Promise<Running & { port: number }> {
  const folder = how.folder ?? (await mkdtemp(join(tmpdir(), `lakewire-${how.name}-`)))
  await mkdir(folder, { recursive: true })
  const logFile = join(folder, `${how.name}.log`)
  const specFor = async (port: number): Promise<ChildSpec> => ({
    name: how.name,
    cwd: folder,
    logFile,
    ...(await how.specFor(port, folder)),
  })
  let child: Child
  const { port, child: first } = await startHealthy(specFor, how.isHealthy, { startMs: how.startMs }, signal)
  child = first
  return {
    port,
    folder,
    logFile,
    signal: (name) => child.signal(name),
    stop: () => child.stop(),
    startAgain: async (signal) => {
      const again = await startHealthy(specFor, how.isHealthy, { startMs: how.startMs, port }, signal)
      child = again.child
    },
    [Symbol.asyncDispose]: async () => {
      await child.stop()
      if (how.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function startS3(
  { minio }: Pick<Installed, 'minio'>,
  signal: AbortSignal,
  folder?: string,
): Promise<RunningS3> {
  const root = { accessKeyId: 'stack-root', secretAccessKey: randomBytes(24).toString('base64url') }
  const user = { accessKeyId: 'lakewire', secretAccessKey: randomBytes(24).toString('base64url') }
  const running = await start(
    {
      name: 's3',
      startMs: MINIO_START_MS,
      ...(folder === undefined ? {} : { folder }),
      specFor: (port, folder) => ({
        command: minio,
        args: ['server', join(folder, 'data'), '--address', `127.0.0.1:${port}`, '--quiet'],
        env: {
          MINIO_ROOT_USER: root.accessKeyId,
          MINIO_ROOT_PASSWORD: root.secretAccessKey,
          MINIO_REGION: REGION,
          MINIO_BROWSER: 'off',
          MINIO_UPDATE: 'off',
          MINIO_PROMETHEUS_AUTH_TYPE: 'public',
          HOME: folder,
        },
      }),
      isHealthy: (port, signal) => answers(`http://127.0.0.1:${port}/minio/health/cluster`, signal),
    },
    signal,
  )
  const endpoint = `http://127.0.0.1:${running.port}`
  const address = { endpoint, region: REGION, bucket: BUCKET, ...user, root }
  try {
    await makeBucket(address, signal)
  } catch (error) {
    await running[Symbol.asyncDispose]()
    throw error
  }
  return { ...running, address }
}

async function makeBucket({ endpoint, region, bucket, root, ...user }: S3Address, signal: AbortSignal): Promise<void> {
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { ...root } })
  try {
    const isThere = await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal }).then(
      () => true,
      () => false,
    )
    if (!isThere) await client.send(new CreateBucketCommand({ Bucket: bucket }), { abortSignal: signal })
  } finally {
    client.destroy()
  }
  const resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['s3:*'], Resource: resources }] }
  await makeUser({ url: endpoint, region, ...root }, user, { name: 'whole-bucket', document }, signal)
}

export async function startMongo(
  { mongo, java }: Pick<Installed, 'mongo' | 'java'>,
  signal: AbortSignal,
  folder?: string,
): Promise<RunningMongo> {
  const running = await start(
    {
      name: 'mongodb',
      startMs: MONGO_START_MS,
      ...(folder === undefined ? {} : { folder }),
      specFor: (port, folder) => ({
        command: java.compiler,
        args: [
          '-Xmx256m',
          '-XX:+UseSerialGC',
          '-XX:TieredStopAtLevel=1',
          ...['-cp', join(mongo, '*'), join(HERE, 'mongo-server.java'), join(folder, 'data.h2'), `${port}`],
        ],
      }),
      isHealthy: async (port) => {
        const url = mongoUrl(port)
        const client = new MongoClient(url, { serverSelectionTimeoutMS: MONGO_SELECT_MS })
        try {
          await client.db('admin').command({ ping: 1 })
          return true
        } finally {
          await client.close()
        }
      },
    },
    signal,
  )
  return { ...running, url: mongoUrl(running.port) }
}

const mongoUrl = (port: number) => `mongodb://127.0.0.1:${port}`

/** Text by name of the file in etc/, as trino/config makes it. */
export type TrinoFiles = (port: number) => Readonly<Record<string, string>>

/** For tests: half the work until the first query. Who measures Trino wants what its users have. */
export type JvmGoal = 'fastStart' | 'throughput'

function jvmOptions(lines: readonly string[], goal: JvmGoal): readonly string[] {
  if (goal === 'throughput') return lines
  return [
    ...lines.filter((line) => !/G1GC|ExplicitGC/.test(line)),
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
  ]
}

const linesOf = (text = '') => text.split('\n').filter((line) => line !== '')

/** Trino's own launcher is a program for two kinds of machine; this is what it does. */
export async function startTrino(
  { trino, java }: Pick<Installed, 'trino' | 'java'>,
  filesFor: TrinoFiles,
  signal: AbortSignal,
  folder?: string,
  goal: JvmGoal = 'fastStart',
): Promise<RunningTrino> {
  const running = await start(
    {
      name: 'trino',
      startMs: TRINO_START_MS,
      ...(folder === undefined ? {} : { folder }),
      specFor: async (port, folder) => {
        const files = filesFor(port)
        for (const [name, text] of Object.entries(files)) {
          const file = join(folder, 'etc', name)
          await mkdir(dirname(file), { recursive: true })
          await writeFile(file, text, { mode: 0o600 })
        }
        const given = [
          `node.data-dir=${join(folder, 'data')}`,
          `plugin.dir=${join(trino, 'plugin')}`,
          'log.levels-file=etc/log.properties',
          'config=etc/config.properties',
          ...linesOf(files['node.properties']),
        ].map((line) => `-D${line}`)
        return {
          command: java.trino,
          args: [
            ...jvmOptions(linesOf(files['jvm.config']), goal),
            '-cp',
            join(trino, 'lib/*'),
            ...given,
            'io.trino.server.TrinoServer',
          ],
        }
      },
      isHealthy: async (port, signal) => {
        const response = await fetch(`http://127.0.0.1:${port}/v1/info`, { signal })
        const info = (await response.json()) as { starting?: boolean }
        return info.starting === false
      },
    },
    signal,
  )
  return { ...running, url: `http://127.0.0.1:${running.port}` }
}
