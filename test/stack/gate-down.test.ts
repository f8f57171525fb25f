import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../infra/stack/child.ts'
import { install } from '../../infra/stack/install.ts'
import { startTrino } from '../../infra/stack/servers.ts'
import { trinoFilesOf } from '../../infra/stack/start.ts'
import { stack, startCluster } from '../harness/stack.ts'
import { askTrino, withSigner } from '../harness/trino.ts'

/** A Trino of its own, whose admin comes and goes: without the gate nobody is let in, and when it is back all goes on by itself. */
test('R15, X19: closed while the gate is down', { timeout: 600_000 }, async () => {
  const signal = new AbortController().signal
  await using cluster = await startCluster({ proxies: 0 })
  const port = await freePort()
  const startAdmin = () => cluster.add('admin', { LAKEWIRE_HTTP_PORT: String(port) })
  let admin = await startAdmin()
  const address = { s3: stack().s3, admin: { url: admin.httpUrl, token: stack().admin.token } }
  const files = await trinoFilesOf(address, signal)
  await admin.stop()

  // Trino comes first: it starts, and lets nobody in.
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-trino-'))
  await using trino = await startTrino(await install(() => {}, signal), files, signal, folder)
  const token = await withSigner((signer) => signer.sign({ audience: 'trino', tenant: 'gate_d', user: 'ann' }, 600))
  const ask = () => askTrino('SELECT 1', { token, url: trino.url })
  expect((await ask()).kind).not.toBe('rows')

  admin = await startAdmin()
  await expect.poll(ask, { timeout: 180_000, interval: 1000 }).toEqual({ kind: 'rows', rows: [[1]] })

  await admin.stop()
  const closed = await ask()
  expect(closed.kind).not.toBe('rows')

  await startAdmin()
  await expect.poll(ask, { timeout: 120_000, interval: 1000 }).toEqual({ kind: 'rows', rows: [[1]] })
  // the gate's token opens nothing but the gate, and is nobody's to read all the same
  const accessToken = /\/access\/(\S+)$/m.exec(files(0)['access-control.properties'] ?? '')?.[1] ?? ''
  const log = await readFile(trino.logFile, 'utf8')
  expect([log.includes('jetty'), accessToken.length > 100]).toEqual([true, true])
  expect(log.includes(accessToken), 'the token of the gate is in the log').toBe(false)
  await rm(folder, { recursive: true, force: true })
})
