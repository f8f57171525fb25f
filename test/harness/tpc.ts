/** Rows of the TPC-H and TPC-DS benchmarks at a small scale, made by DuckDB's generators and kept as CSV files. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DuckDBInstance, version } from '@duckdb/node-api'
import { readZipEntry } from '../../proxy/engine/duckdb/zip.ts'
import { ROOT } from './start.ts'

export type Benchmark = 'tpch' | 'tpcds'

export type BenchmarkTable = {
  readonly name: string
  /** PostgreSQL's types */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** CSV without a header, NULL as nothing */
  readonly file: string
}

const SCALE = 0.01
const GENERATORS: Readonly<Record<Benchmark, string>> = { tpch: 'dbgen', tpcds: 'dsdgen' }
const TYPES: Readonly<Record<string, string>> = {
  VARCHAR: 'text',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  DATE: 'date',
}
const CACHE = join(ROOT, '.cache', 'test')
const PIP_MS = 120_000

const run = promisify(execFile)

export async function benchmarkTables(benchmark: Benchmark): Promise<BenchmarkTable[]> {
  const folder = join(CACHE, `${benchmark}-${version()}-${SCALE}`)
  if (!existsSync(folder)) await generate(benchmark, folder)
  return JSON.parse(await readFile(join(folder, 'tables.json'), 'utf8')) as BenchmarkTable[]
}

async function generate(benchmark: Benchmark, folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const draft = await mkdtemp(join(CACHE, `${benchmark}-`))
  try {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`LOAD '${await extension(benchmark, draft)}'`)
    await connection.run(`CALL ${GENERATORS[benchmark]}(sf = ${SCALE})`)
    const rows = await connection.runAndReadAll(
      'SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY table_name, column_index',
    )
    const tables = new Map<string, { name: string; type: string }[]>()
    for (const [table, name, type] of rows.getRows() as string[][]) {
      const columns = tables.get(table as string) ?? []
      columns.push({
        name: name as string,
        type: TYPES[type as string] ?? (type as string).replace('DECIMAL', 'numeric'),
      })
      tables.set(table as string, columns)
    }
    for (const name of tables.keys())
      await connection.run(`COPY ${name} TO '${join(draft, `${name}.csv`)}' (HEADER false, NULLSTR '')`)
    const listed = [...tables].map(([name, columns]) => ({ name, columns, file: join(folder, `${name}.csv`) }))
    await writeFile(join(draft, 'tables.json'), JSON.stringify(listed))
    connection.closeSync()
    instance.closeSync()
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // another test process was first
    if (!existsSync(folder)) throw error
  }
}

/** The extension of the same build from the Python package index, as the product gets its own. */
async function extension(benchmark: Benchmark, folder: string): Promise<string> {
  const requirement = `duckdb-extension-${benchmark}==${version().replace(/^v/, '')}`
  await run('python3', ['-m', 'pip', 'download', '--no-deps', '--quiet', '--dest', folder, requirement], {
    timeout: PIP_MS,
  })
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) throw new Error(`no wheel of ${requirement}`)
  const file = `${benchmark}.duckdb_extension`
  const bytes = readZipEntry(await readFile(join(folder, wheel)), (name) => name.endsWith(`/${file}`))
  await writeFile(join(folder, file), bytes)
  return join(folder, file)
}
