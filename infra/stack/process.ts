import { chmod, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnChild } from './child.ts'
import type { StackAddress } from './stack-address.ts'
import { StackError } from './tools.ts'

/** Our own processes, each as its users start it: `lakewire start --role …`, told everything by its environment. */
export type LakewireProcess = {
  readonly role: 'admin' | 'proxy'
  readonly pid: number
  /** API and catalog of an admin; health of a proxy */
  readonly httpUrl: string
  /** null: an admin has none */
  readonly pg: { readonly host: string; readonly port: number } | null
  readonly folder: string
  /** what it has written so far */
  log(): Promise<string>
  signal(signal: NodeJS.Signals): void
  readonly exited: Promise<void>
  /** SIGTERM, and SIGKILL ten seconds later */
  stop(): Promise<void>
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const START_MS = 110_000
const POLL_MS = 25
const LOG_TAIL = 6000

/** The configuration that all processes on a stack share. */
export function configurationOf({ s3, mongo, trino, admin }: StackAddress): Record<string, string> {
  return {
    LAKEWIRE_STORE_URL: mongo.url,
    LAKEWIRE_STORE_DATABASE: mongo.database,
    LAKEWIRE_S3_ENDPOINT: s3.endpoint,
    LAKEWIRE_S3_REGION: s3.region,
    LAKEWIRE_S3_ACCESS_KEY_ID: s3.accessKeyId,
    LAKEWIRE_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    LAKEWIRE_BUCKET: s3.bucket,
    LAKEWIRE_CATALOG_URL: admin.url,
    LAKEWIRE_ADMIN_TOKEN: admin.token,
    LAKEWIRE_TRINO_URL: trino.url,
  }
}

export async function startProcess(
  role: LakewireProcess['role'],
  env: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<LakewireProcess> {
  await mkdir(folder, { recursive: true })
  // What runs unprivileged when we are root may pass through.
  await chmod(folder, 0o711)
  const logFile = join(folder, 'lakewire.log')
  const child = await spawnChild({
    name: `lakewire-${role}`,
    command: process.execPath,
    args: [join(ROOT, 'main.ts'), 'start', '--role', role],
    cwd: ROOT,
    logFile,
    env: {
      LAKEWIRE_DATA_DIR: folder,
      LAKEWIRE_PG_PORT: '0',
      LAKEWIRE_HTTP_PORT: '0',
      LAKEWIRE_DEMO: 'off',
      ...env,
    },
  })
  const log = () => readFile(logFile, 'utf8')
  let ended = false
  void child.exited.then(() => {
    ended = true
  })
  const deadline = performance.now() + START_MS
  for (;;) {
    const text = await log()
    if (/^ready$/m.test(text)) break
    if (ended || signal.aborted || performance.now() > deadline) {
      await child.stop()
      signal.throwIfAborted()
      throw new StackError(
        `the ${role} ${ended ? 'ended' : `was not ready in ${START_MS} ms`}:\n${text.slice(-LOG_TAIL)}`,
      )
    }
    await sleep(POLL_MS)
  }
  const text = await log()
  const pg = /^postgresql (\S+):(\d+)$/m.exec(text)
  const httpUrl = /^(?:catalog|health) (http\S+)$/m.exec(text)?.[1]
  if (httpUrl === undefined) throw new StackError(`no address in what the ${role} said:\n${text.slice(-LOG_TAIL)}`)
  return {
    ...child,
    role,
    httpUrl,
    pg: pg?.[1] === undefined ? null : { host: pg[1], port: Number(pg[2]) },
    folder,
    log,
  }
}
