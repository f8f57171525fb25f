import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PgError } from '../../proxy/error.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import type { Store } from '../../proxy/store/store.ts'
import { storeContract } from './contract.ts'

storeContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-store-'))
  const file = join(folder, 'metadata.sqlite')
  const opened: Store[] = [openSqliteStore(file)]
  return {
    store: opened[0]!,
    reopen: async () => opened[opened.push(openSqliteStore(file)) - 1]!,
    end: async () => {
      for (const store of opened) await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})

test('an acknowledged write survives kill -9, and the next process goes on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-store-'))
  const file = join(folder, 'metadata.sqlite')
  const module = new URL('../../proxy/store/sqlite/sqlite-store.ts', import.meta.url).href
  const script = `
    const { openSqliteStore } = await import(${JSON.stringify(module)})
    const store = openSqliteStore(${JSON.stringify(file)})
    for (let n = 0; ; n++) if (await store.insert('history', String(n).padStart(8, '0'), { n })) process.stdout.write(n + '\\n')`
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.length > 200) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const acknowledged = said.slice(0, said.lastIndexOf('\n')).split('\n')
    const store = openSqliteStore(file)
    for (const n of acknowledged) expect(await store.get('history', n.padStart(8, '0'))).not.toBeNull()
    await store.close()
  }
  await rm(folder, { recursive: true, force: true })
})

test('a file that cannot be opened is a PgError of the store', () => {
  expect(() => openSqliteStore('/dev/null/nothing.sqlite')).toThrow(PgError)
})
