import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import duckdb from '@duckdb/node-bindings'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXTENSIONS, findExtensions } from '../../proxy/engine/duckdb/extension.ts'
import { readZipEntry } from '../../proxy/engine/duckdb/zip.ts'

const NEVER = new AbortController().signal

describe('extensions of DuckDB', () => {
  let home: string
  let cache: string

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'lakewire-extension-'))
    cache = join(home, 'duckdb', `${duckdb.library_version()}-${process.platform}-${process.arch}`)
    await mkdir(join(home, 'configured'))
    await mkdir(cache, { recursive: true })
    for (const name of EXTENSIONS) await writeFile(join(cache, `${name}.duckdb_extension`), '')
    await writeFile(join(home, 'configured', 'iceberg.duckdb_extension'), '')
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  test('the configured folder goes before the cache, file by file, in the order of loading', async () => {
    const steps: string[] = []
    const config = { folder: join(home, 'configured'), cacheDir: home }
    const found = await findExtensions(config, ({ extension, state }) => steps.push(`${extension} ${state}`), NEVER)
    expect(found).toEqual([
      join(cache, 'avro.duckdb_extension'),
      join(cache, 'httpfs.duckdb_extension'),
      join(home, 'configured', 'iceberg.duckdb_extension'),
    ])
    expect(steps).toEqual(EXTENSIONS.flatMap((name) => [`${name} found`, `${name} ready`]))
  })
})

/** A zip archive of files, deflated or stored, with a comment at its end. */
function zip(files: readonly { name: string; content: Buffer; deflated: boolean }[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, deflated } of files) {
    const packed = deflated ? deflateRawSync(content) : content
    const fields = Buffer.alloc(22)
    fields.writeUInt16LE(deflated ? 8 : 0, 4)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(content.length, 18)
    const nameLength = Buffer.from([name.length, 0])
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      fields,
      nameLength,
      Buffer.from([3, 0]),
      Buffer.from(name),
      Buffer.from('xyz'),
      packed,
    ])
    const tail = Buffer.alloc(16)
    tail.writeUInt32LE(offset, 12)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\0\0'), fields, nameLength, tail, Buffer.from(name)]))
    parts.push(local)
    offset += local.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(7, 20)
  return Buffer.concat([...parts, entries, end, Buffer.from('comment')])
}

describe('zip archives', () => {
  const long = Buffer.from('a long file '.repeat(10_000))
  const archive = zip([
    { name: 'a/one.txt', content: Buffer.from('one'), deflated: false },
    { name: 'b/two.txt', content: long, deflated: true },
  ])

  test('gives a stored and a deflated file', () => {
    expect(readZipEntry(archive, (name) => name === 'a/one.txt').toString()).toBe('one')
    expect(readZipEntry(archive, (name) => name.endsWith('/two.txt'))).toEqual(long)
  })

  test('refuses what is no archive, or lacks the file', () => {
    expect(() => readZipEntry(archive, () => false)).toThrow('does not hold')
    expect(() => readZipEntry(Buffer.from('x'.repeat(100)), () => true)).toThrow('not a zip archive')
    expect(() => readZipEntry(Buffer.alloc(0), () => true)).toThrow('not a zip archive')
  })
})
