import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installed } from '../../../infra/stack/cache.ts'
import { findJava, StackError } from '../../../infra/stack/tools.ts'

/**
 * Iceberg's REST compatibility kit, from the test jars that Apache publishes: made once by Maven, kept in the cache of the
 * stack. https://github.com/apache/iceberg/tree/main/open-api
 */

const HERE = import.meta.dirname
const JAVA_FILES = 'src/main/java/org/apache/iceberg/rest'
const SOURCES = [
  'pom.xml',
  ...['AllCatalogTests', 'AllViewCatalogTests', 'Kit', 'Settings'].map((name) => `${JAVA_FILES}/${name}.java`),
]
const BUILD_MS_MAX = 15 * 60_000
const RUN_MS_MAX = 540_000
const OUTPUT_BYTES_MAX = 64 * 1024 ** 2

export type KitRun = {
  /** The kit as it is published, or all tests that it is made of, with nothing switched off. */
  mode: 'published' | 'all'
  /** Properties of Iceberg's client: uri, warehouse, token, io-impl, … */
  client: Readonly<Record<string, string>>
  /** Where tests write that ask for a place of their own; the published kit writes below /tmp. */
  base?: string
  /** More of the virtual machine's properties. */
  properties?: Readonly<Record<string, string>>
}

export type KitResult = { passed: readonly string[]; failed: readonly string[]; skipped: readonly string[] }

export async function runKit({ mode, client, base, properties = {} }: KitRun): Promise<KitResult> {
  const java = await javaPath()
  const folder = await installed(await folderName(), (draft) => build(draft), AbortSignal.timeout(BUILD_MS_MAX))
  const target = join(folder, 'target')
  const told = {
    'kit.mode': mode,
    ...(base === undefined ? {} : { 'kit.base': base }),
    ...Object.fromEntries(Object.entries(client).map(([name, value]) => [`kit.prop.${name}`, value])),
    ...properties,
  }
  const args = [
    '-Xmx768m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '--add-opens=java.base/java.lang=ALL-UNNAMED',
    ...Object.entries(told).map(([name, value]) => `-D${name}=${value}`),
    '-cp',
    `${join(target, 'classes')}:${join(target, 'lib')}/*`,
    'org.apache.iceberg.rest.Kit',
  ]
  const options = { timeout: RUN_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX, killSignal: 'SIGKILL' } as const
  const { stdout } = await promisify(execFile)(java, args, options)
  const lines = stdout.split('\n')
  const of = (outcome: string) =>
    lines.filter((line) => line.startsWith(`${outcome} `)).map((line) => line.slice(outcome.length + 1))
  return { passed: of('PASS'), failed: of('FAIL'), skipped: of('SKIP') }
}

async function javaPath(): Promise<string> {
  const { compiler } = await findJava()
  if (compiler === null) throw new StackError('no JDK was found')
  return compiler
}

async function folderName(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of SOURCES) hash.update(await readFile(join(HERE, file)))
  return `rest-compatibility-kit-${hash.digest('hex').slice(0, 12)}`
}

async function build(draft: string): Promise<void> {
  for (const file of SOURCES) await cp(join(HERE, file), join(draft, file))
  const args = ['-q', '-B', '-f', join(draft, 'pom.xml'), 'compile']
  await promisify(execFile)('mvn', args, { timeout: BUILD_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX })
}
