import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { demandSha256, installed } from '../../infra/stack/cache.ts'
import { freePort, spawnChild, startHealthy } from '../../infra/stack/child.ts'
import { ROOT } from '../harness/start.ts'

const dir = mkdtempSync(join(tmpdir(), 'lakewire-infra-'))
const signal = new AbortController().signal
afterAll(() => rmSync(dir, { recursive: true }))

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const spec = (args: readonly string[]) => ({
  name: 'test',
  command: '/bin/sh',
  args: ['-c', ...args],
  cwd: dir,
  logFile: join(dir, 'test.log'),
})

describe('a server', () => {
  test('ends when it is told to, and its end is seen', async () => {
    const child = await spawnChild(spec(['exec sleep 1000']))
    expect(isAlive(child.pid)).toBe(true)
    await child.stop()
    expect(isAlive(child.pid)).toBe(false)
  })

  test('ends when its parent is killed', async () => {
    const script = join(dir, 'parent.ts')
    const module = join(ROOT, 'infra/stack/child.ts')
    writeFileSync(
      script,
      `import { spawnChild } from ${JSON.stringify(module)}
      const child = await spawnChild(${JSON.stringify(spec(['exec sleep 1000']))})
      console.log(child.pid)
      setInterval(() => {}, 1000)`,
    )
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = await new Promise<number>((done) =>
      parent.stdout.once('data', (bytes: Buffer) => done(Number(bytes.toString()))),
    )
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  test('that does not become healthy says what it has logged', async () => {
    const start = startHealthy(
      () => spec(['echo out of luck; exit 3']),
      async () => false,
      { startMs: 30_000, port: await freePort() },
      signal,
    )
    await expect(start).rejects.toThrow(/ended before it was ready[\s\S]*out of luck/)
  })
})

describe('what is installed', () => {
  let cache: string
  beforeEach(() => {
    cache = mkdtempSync(join(dir, 'cache-'))
    vi.stubEnv('LAKEWIRE_STACK_CACHE', cache)
  })
  afterEach(() => vi.unstubAllEnvs())

  test('is made once, though several want it at the same time', async () => {
    let made = 0
    const make = async (folder: string) => {
      made++
      await writeFile(join(folder, 'file'), 'whole')
    }
    const folders = await Promise.all([1, 2, 3].map(() => installed('thing-1', make, signal)))
    expect(new Set(folders)).toEqual(new Set([join(cache, 'thing-1')]))
    expect(made).toBe(1)
    expect(readFileSync(join(cache, 'thing-1/file'), 'utf8')).toBe('whole')
  })

  test('is there whole or not at all', async () => {
    const fail = async (folder: string) => {
      await writeFile(join(folder, 'file'), 'half')
      throw new Error('no more network')
    }
    await expect(installed('thing-1', fail, signal)).rejects.toThrow('no more network')
    expect(readdirSync(cache)).toEqual(['thing-1.lock'])
    await installed('thing-1', (folder) => writeFile(join(folder, 'file'), 'whole'), signal)
    expect(readdirSync(cache).sort()).toEqual(['thing-1', 'thing-1.lock'])
  })

  test('is what its checksum says', async () => {
    const file = join(cache, 'file')
    await writeFile(file, 'abc')
    await demandSha256(file, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    await expect(demandSha256(file, 'ba78')).rejects.toThrow(/not ba78/)
  })
})

test('a machine that lacks things is told all of them at once', async () => {
  const run = promisify(execFile)(process.execPath, [join(ROOT, 'infra/stack/stack.ts'), 'install'], {
    env: { PATH: join(dir, 'nowhere'), HOME: dir, LAKEWIRE_STACK_CACHE: join(dir, 'empty') },
  })
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/this machine lacks[\s\S]*- go [\s\S]*- mvn,[\s\S]*- tar /),
  })
})
