import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { type Config, ConfigError } from './proxy/config.ts'

/**
 * What lies where in the data folder: `<bucket>/` holds the tables and is worth a backup together with `system/store.sqlite`;
 * the rest of `system/` can be made again. With an S3 server and MongoDB neither is there, and the folder holds what can be
 * made again and an admin token. The folder belongs to one process at a time (attack D9).
 */
export type DataDir = {
  root: string
  bucketDir: string
  storeFile: string
  system: string
  demoFile: string
  adminTokenFile: string
  serverFile: string
}

const PRIVATE_FILE = 0o600

export function openDataDir(config: Pick<Config, 'dataDir' | 'bucket' | 'store' | 's3'>): DataDir {
  const system = join(config.dataDir, 'system')
  const bucketDir = join(config.dataDir, config.bucket)
  // Nobody else's, the unprivileged PostgreSQL of the tenants included.
  if (config.s3.endpoint === undefined) mkdirSync(bucketDir, { recursive: true, mode: 0o700 })
  // Others may pass through, as the tenants' PostgreSQL does under its own user, but see no names.
  mkdirSync(system, { recursive: true, mode: 0o711 })
  const storeFile = join(system, 'store.sqlite')
  // Made here, empty, so that it is private from its first moment; SQLite gives its log the same mode.
  if (config.store.url === undefined) closeSync(openSync(storeFile, 'a', PRIVATE_FILE))
  return {
    root: config.dataDir,
    bucketDir,
    storeFile,
    system,
    demoFile: join(system, 'demo.json'),
    adminTokenFile: join(system, 'admin-token'),
    serverFile: join(system, 'server.json'),
  }
}

export type Lock = { release(): void }

/**
 * Null: another process has it. The lock is SQLite's on a file of its own: the operating system lets go of it however the
 * process ends, which a file with a process id in it does not.
 */
export function lockDataDir(dir: DataDir): Lock | null {
  const database = new DatabaseSync(join(dir.root, 'system', 'lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Error && /database is locked/.test(error.message)) return null
    throw error
  }
  return { release: () => database.close() }
}

/** The token of the admin API that was made here, if it was; only the owner of the data folder can read it. */
export function keptAdminToken(dir: DataDir): string | null {
  return readText(dir.adminTokenFile)?.trim() ?? null
}

export function keepAdminToken(dir: DataDir, token: string): string {
  writePrivate(dir.adminTokenFile, `${token}\n`)
  return token
}

export function dropAdminToken(dir: DataDir): void {
  rmSync(dir.adminTokenFile, { force: true })
}

/** Where the running server answers, for the CLI. */
const Running = z.object({
  pid: z.int(),
  url: z.string(),
  /** its PostgreSQL port, if it has one */
  pg: z.object({ host: z.string(), port: z.int() }).nullable(),
})
export type Running = z.infer<typeof Running>

export function announceServer(dir: DataDir, running: Running): void {
  writePrivate(dir.serverFile, `${JSON.stringify(running)}\n`)
}

export function withdrawServer(dir: DataDir): void {
  rmSync(dir.serverFile, { force: true })
}

export function runningServer(dir: DataDir): Running | null {
  const text = readText(dir.serverFile)
  return text === null ? null : Running.parse(JSON.parse(text))
}

/** Whole or not at all, and never readable by others, not even for a moment. */
export function writePrivate(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: PRIVATE_FILE, flush: true })
  chmodSync(draft, PRIVATE_FILE)
  renameSync(draft, file)
}

export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new ConfigError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
