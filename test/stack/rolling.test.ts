import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import type { LakewireProcess } from '../../infra/stack/process.ts'
import { type Backend, openBalancer } from '../harness/balancer.ts'
import { startCluster } from '../harness/stack.ts'
import type { Login } from '../harness/start.ts'

const GRACE_MS = 4_000
const CLIENTS = 6

const backendOf = (proxy: LakewireProcess): Backend => {
  if (proxy.pg === null) throw new Error('not a proxy')
  return { ...proxy.pg, healthUrl: proxy.httpUrl }
}

/** A client that works without a pause and, told that its server goes down (57P01), comes again. */
async function work(login: Login, name: number, isOver: () => boolean) {
  const told = { statements: 0, inserted: 0, reconnects: 0, others: [] as string[] }
  while (!isOver()) {
    const client = new pg.Client(login)
    let lost: string | null = null
    client.on('error', (error: Error & { code?: string }) => {
      lost ??= error.code ?? error.message
    })
    try {
      await client.connect()
      while (!isOver() && lost === null) {
        const turn = told.statements % 3
        if (turn === 0) {
          await client.query('insert into work values ($1)', [name])
          told.inserted += 1
        } else if (turn === 1) await client.query('select count(*) from generate_series(1, 2000000)')
        else {
          await client.query('begin')
          await client.query('select count(*) from work where client = $1', [name])
          await client.query('commit')
        }
        told.statements += 1
      }
    } catch (error) {
      lost ??= (error as { code?: string }).code ?? String(error)
    }
    if (lost !== null) {
      told.reconnects += 1
      if (lost !== '57P01') told.others.push(lost)
    }
    await client.end().catch(() => {})
  }
  return told
}

test('proxies are replaced one after the other, and no client notices more than 57P01 between statements', async () => {
  await using cluster = await startCluster({
    proxies: 2,
    env: { LAKEWIRE_LIMITS_DRAIN_GRACE_MS: String(GRACE_MS), LAKEWIRE_LIMITS_DRAIN_MS: '20000' },
  })
  const balancer = await openBalancer()
  const old = [...cluster.proxies]
  for (const proxy of old) await balancer.add(backendOf(proxy))
  const login = { ...(await cluster.makeUser('rolling', 'ann')), host: balancer.host, port: balancer.port }
  const setUp = new pg.Client(login)
  await setUp.connect()
  await setUp.query('create table work (client int)')
  await setUp.end()

  let isOver = false
  const clients = Array.from({ length: CLIENTS }, (_, name) => work(login, name, () => isOver))
  await sleep(1_000)
  for (const proxy of old) {
    await balancer.add(backendOf(await cluster.add('proxy')))
    proxy.signal('SIGTERM')
    await sleep(GRACE_MS / 2)
    // It says so before it goes.
    expect((await fetch(new URL('/readyz', proxy.httpUrl))).status).toBe(503)
    expect((await fetch(new URL('/healthz', proxy.httpUrl))).status).toBe(200)
    await proxy.exited
  }
  await sleep(1_000)
  isOver = true
  const told = await Promise.all(clients)

  expect(told.flatMap(({ others }) => others)).toEqual([])
  expect(told.every(({ statements }) => statements > 5)).toBe(true)
  // Every client was on an old proxy at one time.
  expect(told.every(({ reconnects }) => reconnects >= 1)).toBe(true)
  const check = new pg.Client(login)
  await check.connect()
  const { rows } = await check.query('select client, count(*)::int as n from work group by client order by client')
  expect(rows).toEqual(told.map(({ inserted }, client) => ({ client, n: inserted })))
  await check.end()
  await balancer.close()
})
