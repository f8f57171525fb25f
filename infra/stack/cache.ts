import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { StackError } from './tools.ts'

/** Installed things lie outside the checkout, a folder each, named for its version. A folder is there whole or not at all. */

const LOCK_POLL_MS = 200
/** Whoever holds the lock may be building MinIO and fetching Trino. */
const LOCK_WAIT_MS = 30 * 60_000

export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const { LAKEWIRE_STACK_CACHE: own, XDG_CACHE_HOME: xdg } = env
  return own || join(xdg || join(homedir(), '.cache'), 'lakewire/stack')
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** `make` fills a folder beside the place, which is renamed when it is done; of two processes that want it, one makes it. */
export async function installed(
  name: string,
  make: (folder: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const root = cacheDir()
  const target = join(root, name)
  if (await exists(target)) return target
  await mkdir(root, { recursive: true })
  using _lock = await lock(join(root, `${name}.lock`), signal)
  if (await exists(target)) return target
  // Of one that was killed while it held the lock.
  for (const left of await readdir(root))
    if (left.startsWith(`${name}.draft-`)) await rm(join(root, left), { recursive: true, force: true })
  const draft = await mkdtemp(join(root, `${name}.draft-`))
  try {
    await make(draft)
    await rename(draft, target)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return target
}

/** SQLite's lock on a file: the operating system lets go of it however the process ends. */
async function lock(file: string, signal: AbortSignal): Promise<Disposable> {
  const deadline = performance.now() + LOCK_WAIT_MS
  for (;;) {
    const database = new DatabaseSync(file, { timeout: 0 })
    try {
      database.exec('BEGIN EXCLUSIVE')
      return { [Symbol.dispose]: () => database.close() }
    } catch (error) {
      database.close()
      if (!(error instanceof Error && /database is locked/.test(error.message))) throw error
      if (performance.now() > deadline) throw new StackError(`${file} is held by another process`)
    }
    await sleep(LOCK_POLL_MS, undefined, { signal })
  }
}

export async function demandSha256(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer)
  const actual = hash.digest('hex')
  if (actual !== expected) throw new StackError(`${file} has SHA-256 ${actual}, not ${expected}`)
}
