/** A Python environment of the tests' own, made once from the package registry and kept in the cache folder. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './start.ts'

const run = promisify(execFile)

const PACKAGES = ['pyiceberg[pyarrow]==0.12.0']
const INSTALL_MS = 300_000
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

export async function python(): Promise<string> {
  const name = `python-${createHash('sha256').update(PACKAGES.join(' ')).digest('hex').slice(0, 12)}`
  const folder = join(ROOT, '.cache', 'test')
  const kept = join(folder, name)
  const executable = join(kept, 'bin', 'python')
  if (existsSync(executable)) return executable
  await mkdir(folder, { recursive: true })
  // Packages go beside the interpreter's links, which do not depend on the folder's name; scripts would.
  const draft = join(folder, `${name}.${process.pid}`)
  await run('python3', ['-m', 'venv', draft], { timeout: INSTALL_MS })
  await run(
    join(draft, 'bin', 'python'),
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES],
    {
      timeout: INSTALL_MS,
    },
  )
  await rename(draft, kept).catch(async (error: unknown) => {
    // another test file was first
    if (!existsSync(executable)) throw error
    await rm(draft, { recursive: true })
  })
  return executable
}

/** Runs a script and returns what it printed as JSON. */
export async function runPython(script: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(await python(), ['-c', script, ...args], {
    maxBuffer: OUTPUT_BYTES_MAX,
    timeout: INSTALL_MS,
  })
  return JSON.parse(stdout)
}
