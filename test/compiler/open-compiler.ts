/** A compiler of its own for a test, on a lake in memory. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bind, Compiler, Front, Settings, TwinStatement } from '../../proxy/compiler/compiler.ts'
import { type CompilerOptions, openCompiler } from '../../proxy/compiler/front.ts'
import type { Batch } from '../../proxy/engine/engine.ts'
import { MemoryLake } from '../harness/memory-lake.ts'

export const NO_SETTINGS: Settings = new Map()
export const NO_BIND: Bind = { formats: [], values: [], resultFormats: [] }
export const never = new AbortController().signal
/** The template is made once for all tests. */
export const CACHE_DIR = join(tmpdir(), `lakewire-test-cache-${process.getuid?.() ?? 'user'}`)

export type TestCompiler = {
  lake: MemoryLake
  compiler: Compiler
  dataDir: string
  front(tenant?: string, user?: string): Front
  close(): Promise<void>
}

export async function openTestCompiler(options: Partial<CompilerOptions> = {}): Promise<TestCompiler> {
  const lake = new MemoryLake()
  const dataDir = options.dataDir ?? (await temporaryDir())
  const compiler = await openCompiler({
    lake,
    dataDir,
    cacheDir: CACHE_DIR,
    twinsAwakeMax: 8,
    twinIdleMs: 60_000,
    ...options,
  })
  return {
    lake,
    compiler,
    dataDir,
    front: (tenant = 'acme', user = 'bo') => compiler.open({ tenant, user }),
    close: async () => {
      await compiler.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Root's twins run as nobody, who must be able to get there. */
export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'lakewire-compiler-'))
  await chmod(dir, 0o755)
  return dir
}

/** Analyses a statement that the twin answers, runs it, and gives its rows as text. */
export async function rowsOf(
  front: Front,
  sql: string,
  settings: Settings = NO_SETTINGS,
  signal: AbortSignal = never,
): Promise<(string | null)[][]> {
  const analysis = await front.analyse(sql, [], settings, signal)
  if (analysis.kind !== 'twin') throw new Error(`${analysis.kind}: ${sql}`)
  return (await run(front, analysis.statement, settings, signal)).rows
}

export async function run(
  front: Front,
  statement: TwinStatement,
  settings: Settings = NO_SETTINGS,
  signal: AbortSignal = never,
): Promise<{ rows: (string | null)[][]; tag: string }> {
  const twinRun = await front.query(statement, NO_BIND, settings, signal)
  const rows: (string | null)[][] = []
  for await (const batch of twinRun.batches) rows.push(...rowsOfBatch(batch))
  return { rows, tag: twinRun.tag() }
}

/** DataRow messages one behind the other. */
function rowsOfBatch({ bytes }: Batch): (string | null)[][] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const rows: (string | null)[][] = []
  for (let at = 0; at < buffer.length; at += 1 + buffer.readInt32BE(at + 1)) {
    const row: (string | null)[] = []
    let value = at + 7
    for (let left = buffer.readInt16BE(at + 5); left > 0; left--) {
      const length = buffer.readInt32BE(value)
      value += 4
      row.push(length < 0 ? null : buffer.toString('utf8', value, value + length))
      value += Math.max(0, length)
    }
    rows.push(row)
  }
  return rows
}
