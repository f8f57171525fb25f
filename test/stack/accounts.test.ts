import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { expect, test } from 'vitest'
import { configurationOf, type LakewireProcess } from '../../infra/stack/process.ts'
import { stack, startCluster } from '../harness/stack.ts'
import { type Login, ROOT } from '../harness/start.ts'
import { WireClient } from '../wire/wire-client.ts'

/** `lakewire ARGS` on a machine that knows the store and nothing else. */
async function cli(args: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-cli-'))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'main.ts'), ...args, '--json'], {
      env: { ...process.env, LAKEWIRE_DATA_DIR: folder, ...env },
      cwd: ROOT,
    })
    return JSON.parse(stdout)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A session, and the SQLSTATE that ends it. */
async function session(login: Login, proxy: LakewireProcess): Promise<{ client: pg.Client; ended: Promise<string> }> {
  const client = new pg.Client({ ...login, port: proxy.pg?.port ?? 0 })
  const ended = new Promise<string>((done) =>
    client.on('error', (error: Error & { code?: string }) => done(error.code ?? '')),
  )
  await client.connect()
  return { client, ended }
}

/** Whether the proxy keeps a private PostgreSQL of the tenant; root's, whose folder others cannot enter, lie elsewhere. */
function hasTwin(proxy: LakewireProcess, tenant: string): boolean {
  const folder = join(proxy.folder, 'system', 'twin')
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  return [folder, join(tmpdir(), `lakewire-${hash}`)].some((room) => existsSync(join(room, tenant)))
}

test('a change of accounts reaches the sessions on every proxy', async () => {
  await using cluster = await startCluster({ proxies: 2 })
  const env = configurationOf(stack())
  const ann = await cluster.makeUser('accounts', 'ann')
  const bob = await cluster.makeUser('accounts', 'bob')
  const other = await cluster.makeUser('accounts_two', 'ann')
  const [first, second] = cluster.proxies as [LakewireProcess, LakewireProcess]
  const anns = await Promise.all([session(ann, first), session(ann, second)])
  const bobs = await Promise.all([session(bob, first), session(bob, second)])
  const others = await session(other, second)
  await anns[0].client.query('begin')
  await anns[0].client.query('create table never (a int)')
  await bobs[1].client.query('create table t (a int)')

  // A user is dropped by the command line, which asks no server.
  expect(await cli(['user', 'drop', 'ann', '--tenant', 'accounts'], env)).toMatchObject({ dropped: 'ann' })
  expect(await Promise.all(anns.map(({ ended }) => ended))).toEqual(['57P01', '57P01'])
  await expect(session(ann, first)).rejects.toMatchObject({ code: '28P01' })
  expect((await bobs[0].client.query('select count(*)::int as n from t')).rows).toEqual([{ n: 0 }])
  await expect(bobs[0].client.query('select * from never')).rejects.toMatchObject({ code: '42P01' })

  // A new password ends the sessions of the old one; here by the server that --url names.
  const { url, token } = stack().admin
  const changed = (await cli(['user', 'password', 'bob', '--tenant', 'accounts', '--url', url], {
    LAKEWIRE_ADMIN_TOKEN: token,
  })) as { password: string }
  expect(await Promise.all(bobs.map(({ ended }) => ended))).toEqual(['57P01', '57P01'])
  const again = await Promise.all(
    [first, second].map((proxy) => session({ ...bob, password: changed.password }, proxy)),
  )
  for (const { client } of again) await client.query('select * from t')

  // The whole tenant goes, and with it what the proxies keep for it.
  expect([first, second].map((proxy) => hasTwin(proxy, 'accounts'))).toEqual([true, true])
  await cli(['tenant', 'drop', 'accounts', '--files'], env)
  expect(await Promise.all(again.map(({ ended }) => ended))).toEqual(['57P01', '57P01'])
  expect([first, second].map((proxy) => hasTwin(proxy, 'accounts'))).toEqual([false, false])
  await expect(session({ ...bob, password: changed.password }, second)).rejects.toMatchObject({ code: '28P01' })

  // Nobody else has noticed.
  expect((await others.client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await others.client.end()
})

test('without a token the command line says what it needs', async () => {
  const { LAKEWIRE_ADMIN_TOKEN: _token, ...env } = configurationOf(stack())
  await expect(cli(['tenant', 'list', '--url', stack().admin.url], env)).rejects.toThrow(/the admin token is needed/)
})

test('a statement is cancelled through whatever proxy the balancer picks', async () => {
  await using cluster = await startCluster({ proxies: 2 })
  const login = await cluster.makeUser('cancelling', 'ann')
  const [first, second] = cluster.proxies as [LakewireProcess, LakewireProcess]
  const { client } = await session(login, first)
  const { processID: processId, secretKey: key } = client as unknown as { processID: number; secretKey: number }
  const secretKey = Buffer.alloc(4)
  secretKey.writeInt32BE(key)
  const running = client.query('select count(*) from generate_series(1, 100000000) a, generate_series(1, 1000) b')
  let isOver = false
  const failed = expect(running)
    .rejects.toMatchObject({ code: '57014' })
    .finally(() => {
      isOver = true
    })
  // Until it is heard: what comes while nothing runs is not.
  while (!isOver) {
    const asker = await WireClient.open(second.pg?.port ?? 0)
    asker.send({ kind: 'CancelRequest', processId, secretKey })
    await asker.until('close')
  }
  await failed
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await client.end()
})
