import { exportPKCS8, generateKeyPair, SignJWT } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, stack, startCluster } from '../harness/stack.ts'
import { askTrino, headersOf, localUrl, withSigner } from '../harness/trino.ts'

/**
 * A statement that has got past our own confinement, on purpose: straight to Trino, with a token that is good. What stops it
 * is Trino's own access control, which asks our second gate.
 */

const GATE_REFUSES_MIN = 20

let cluster: Cluster
let ann: string
let globexAnn: string
let bob: string
let service: string
let transaction: string
const signed = (tenant: string, user: string, lifeS = 600) =>
  withSigner((signer) => signer.sign({ audience: 'trino', tenant, user }, lifeS))

beforeAll(async () => {
  cluster = await startCluster()
  for (const tenant of ['gate_a', 'gate_b']) {
    const login = await cluster.makeUser(tenant, 'ann')
    const client = new pg.Client(login)
    await client.connect()
    await client.query(`CREATE TABLE secret (id int, word text); INSERT INTO secret VALUES (1, '${tenant}')`)
    await client.query('CREATE VIEW seen AS SELECT word FROM secret')
    await client.end()
  }
  ;[ann, bob, globexAnn] = await Promise.all([
    signed('gate_a', 'ann'),
    signed('gate_a', 'bob'),
    signed('gate_b', 'ann'),
  ])
  service = await withSigner((signer) => signer.sign({ audience: 'service', service: 'trino' }, 600))
  transaction = await foreignTransaction()
})
afterAll(() => cluster?.stop())

/** A lake transaction of the other tenant, with a table that exists only in it. */
async function foreignTransaction(): Promise<string> {
  const token = await withSigner((signer) => signer.sign({ audience: 'catalog', tenant: 'gate_b' }, 600))
  const response = await fetch(`${stack().admin.url}/lakewire/v1/gate_b/transactions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  const answer = (await response.json()) as Record<string, unknown>
  return String(answer.id ?? answer.transaction ?? JSON.stringify(answer))
}

test('a tenant’s own tables are read and written', async () => {
  expect(await askTrino('SELECT id, word FROM "gate_a.public".secret WHERE id = 1', { token: ann })).toEqual({
    kind: 'rows',
    rows: [[1, 'gate_a']],
  })
  const written = await askTrino(`INSERT INTO "gate_a.public".secret VALUES (2, 'more')`, { token: ann })
  expect(written.kind).toBe('rows')
  expect(await askTrino('SELECT count(*) FROM "gate_a.public".secret', { token: ann })).toEqual({
    kind: 'rows',
    rows: [[2]],
  })
})

describe('R6, R7, R8, R9, R12, R13: stopped by the second gate', () => {
  const statements = (): readonly string[] => [
    'SELECT word FROM "gate_b.public".secret',
    'SELECT count(*) FROM "gate_b.public".secret',
    'SELECT 1 FROM "gate_a.public".secret a WHERE EXISTS (SELECT FROM "gate_b.public".secret)'.replace(
      'SELECT FROM',
      'SELECT 1 FROM',
    ),
    'SELECT * FROM "gate_b.public"."secret$files"',
    'SELECT * FROM "gate_b.public"."secret$snapshots"',
    `SELECT word FROM "gate_b~${transaction}.public".secret`,
    `INSERT INTO "gate_b.public".secret SELECT id, word FROM "gate_a.public".secret`,
    `INSERT INTO "gate_a.public".secret SELECT id, word FROM "gate_b.public".secret`,
    'UPDATE "gate_b.public".secret SET id = 3',
    'DELETE FROM "gate_b.public".secret',
    'TRUNCATE TABLE "gate_b.public".secret',
    'DROP TABLE "gate_b.public".secret',
    'DROP TABLE "gate_a.public".secret',
    'ALTER TABLE "gate_b.public".secret ADD COLUMN x integer',
    'ALTER TABLE "gate_a.public".secret RENAME TO "gate_b.public".stolen',
    'ALTER TABLE "gate_a.public".secret EXECUTE optimize',
    'CREATE TABLE "gate_b.public".mine (a integer)',
    'CREATE TABLE "gate_a.public".mine AS SELECT * FROM "gate_b.public".secret',
    'CREATE SCHEMA "gate_c"',
    'CREATE SCHEMA "gate_a.more"',
    'DROP SCHEMA "gate_b.public" CASCADE',
    'CREATE VIEW "gate_a.public".spy AS SELECT * FROM "gate_b.public".secret',
    'CREATE VIEW "gate_a.public".own AS SELECT * FROM "gate_a.public".secret',
    'CREATE VIEW "gate_a.public".own SECURITY DEFINER AS SELECT 1 AS a',
    'CREATE MATERIALIZED VIEW "gate_a.public".own AS SELECT 1 AS a',
    'SELECT table_name FROM information_schema.tables',
    'SELECT * FROM information_schema.columns',
    'SELECT * FROM lake.information_schema.schemata',
    'SHOW SCHEMAS',
    'SHOW FUNCTIONS FROM "gate_a.public"',
    'SHOW TABLES FROM "gate_b.public"',
    'SHOW COLUMNS FROM "gate_b.public".secret',
    'SHOW CREATE TABLE "gate_b.public".secret',
    'SHOW CREATE SCHEMA "gate_b.public"',
    'SHOW STATS FOR "gate_b.public".secret',
    'ANALYZE "gate_b.public".secret',
    'COMMENT ON TABLE "gate_b.public".secret IS \'mine\'',
    'SELECT query FROM system.runtime.queries',
    'SELECT * FROM system.runtime.nodes',
    'SELECT * FROM system.metadata.catalogs',
    'SELECT * FROM system.jdbc.tables',
    `CALL system.runtime.kill_query('20000101_000000_00000_aaaaa', 'because')`,
    `CALL lake.system.register_table('gate_a.public', 'stolen', 's3://${stack().s3.bucket}/gate_b/public/secret')`,
    `CALL lake.system.unregister_table('gate_b.public', 'secret')`,
    `SELECT * FROM TABLE(lake.system.table_changes('gate_b.public', 'secret', 1, 2))`,
    `SELECT * FROM TABLE(system.builtin.query('SELECT 1'))`,
    "SET SESSION lake.compression_codec = 'NONE'",
    'CREATE CATALOG other USING memory',
    'CREATE ROLE r IN lake',
    'GRANT SELECT ON "gate_a.public".secret TO USER "gate_b/ann"',
    'ALTER TABLE "gate_a.public".secret SET AUTHORIZATION "gate_b/ann"',
    'CREATE FUNCTION "gate_a.public".f() RETURNS integer RETURN 1',
  ]

  test('whatever it tries', async () => {
    const before = await askTrino('SELECT id, word FROM "gate_b.public".secret', { token: globexAnn })
    expect(before).toEqual({ kind: 'rows', rows: [[1, 'gate_b']] })
    const answers: [string, unknown][] = []
    for (const sql of statements()) {
      const answer = await askTrino(sql, { token: ann })
      if (answer.kind === 'error') answers.push([sql, answer.name])
      else answers.push([sql, answer])
    }
    const REFUSALS = [
      'PERMISSION_DENIED',
      'TABLE_NOT_FOUND',
      'NOT_SUPPORTED',
      'FUNCTION_NOT_FOUND',
      'NOT_FOUND',
      'SCHEMA_NOT_FOUND',
    ]
    expect(answers.filter(([, name]) => !REFUSALS.includes(name as string))).toEqual([])
    // The others are refused by the gate itself: all that is not another tenant's table, which Trino does not find.
    expect(answers.filter(([, name]) => name === 'PERMISSION_DENIED').length).toBeGreaterThan(GATE_REFUSES_MIN)
    expect(await askTrino('SELECT id, word FROM "gate_b.public".secret', { token: globexAnn })).toEqual(before)
  })

  test('R10: of another tenant’s tables nothing is told that is not told of tables and tenants that are not there', async () => {
    const asked = (tenant: string, table: string) =>
      [
        `SELECT * FROM "${tenant}.public".${table}`,
        `SELECT word FROM "${tenant}.public".${table}`,
        `SELECT nothing FROM "${tenant}.public".${table}`,
        `SELECT * FROM "${tenant}.public".${table} FOR VERSION AS OF 1`,
        `SELECT * FROM "${tenant}.public".${table} FOR TIMESTAMP AS OF TIMESTAMP '2020-01-01 00:00:00 UTC'`,
        ...['files', 'snapshots', 'history', 'partitions', 'manifests', 'refs', 'properties', 'data', 'nothing'].map(
          (kind) => `SELECT * FROM "${tenant}.public"."${table}$${kind}"`,
        ),
        `SELECT * FROM "${tenant}~${transaction}.public".${table}`,
        `SELECT * FROM information_schema.columns WHERE table_schema = '${tenant}.public' AND table_name = '${table}'`,
        `SELECT * FROM information_schema.tables WHERE table_schema = '${tenant}.public'`,
        `SELECT * FROM system.jdbc.columns WHERE table_schem = '${tenant}.public' AND table_name = '${table}'`,
        `SELECT * FROM system.metadata.table_comments WHERE catalog_name = 'lake' AND schema_name = '${tenant}.public' AND table_name = '${table}'`,
        `DESCRIBE "${tenant}.public".${table}`,
        `SHOW COLUMNS FROM "${tenant}.public".${table}`,
        `SHOW CREATE TABLE "${tenant}.public".${table}`,
        `SHOW STATS FOR "${tenant}.public".${table}`,
        `SHOW TABLES FROM "${tenant}.public"`,
        `EXPLAIN SELECT * FROM "${tenant}.public".${table}`,
        `EXPLAIN (TYPE VALIDATE) SELECT * FROM "${tenant}.public".${table}`,
        `INSERT INTO "${tenant}.public".${table} VALUES (1, 'x')`,
        `INSERT INTO "${tenant}.public".${table} VALUES (1)`,
        `INSERT INTO "${tenant}.public".${table} (word) VALUES (1)`,
        `UPDATE "${tenant}.public".${table} SET word = 'x'`,
        `UPDATE "${tenant}.public".${table} SET nothing = 'x'`,
        `DELETE FROM "${tenant}.public".${table} WHERE word = 'x'`,
        `MERGE INTO "${tenant}.public".${table} t USING (VALUES 1) v (i) ON t.id = v.i WHEN MATCHED THEN DELETE`,
        `TRUNCATE TABLE "${tenant}.public".${table}`,
        `DROP TABLE "${tenant}.public".${table}`,
        `ALTER TABLE "${tenant}.public".${table} ADD COLUMN x integer`,
        `ALTER TABLE "${tenant}.public".${table} DROP COLUMN word`,
        `ALTER TABLE "${tenant}.public".${table} EXECUTE optimize`,
        `ANALYZE "${tenant}.public".${table}`,
        `CREATE TABLE "${tenant}.public".${table} (a integer)`,
        `CREATE VIEW "${tenant}.public".${table} AS SELECT 1 AS a`,
        `CREATE TABLE "gate_a.public".mine (LIKE "${tenant}.public".${table})`,
        `GRANT SELECT ON "${tenant}.public".${table} TO USER "gate_a/ann"`,
        `SELECT * FROM TABLE(lake.system.table_changes('${tenant}.public', '${table}', 1, 2))`,
        `CALL lake.system.unregister_table('${tenant}.public', '${table}')`,
      ] as const
    const told = async (tenant: string, table: string) => {
      const answers: [string, unknown][] = []
      for (const [index, sql] of asked(tenant, table).entries()) {
        const answer = await askTrino(sql, { token: ann })
        const text = JSON.stringify(answer).replaceAll(tenant, 'gate_?').replaceAll(table, '?')
        answers.push([asked('gate_?', '?')[index]!, text])
      }
      return answers
    }
    const there = await told('gate_b', 'secret')
    expect(await told('gate_b', 'absent')).toEqual(there)
    expect(await told('gate_n', 'secret')).toEqual(there)
  })

  test('a list of catalogs holds the one', async () => {
    expect(await askTrino('SHOW CATALOGS', { token: ann })).toEqual({ kind: 'rows', rows: [['lake']] })
  })

  test('R14: a view does not run, not even one that its tenant wrote in Trino’s own dialect', async () => {
    const token = await withSigner((signer) => signer.sign({ audience: 'catalog', tenant: 'gate_a' }, 600))
    const made = await fetch(`${stack().admin.url}/v1/gate_a/namespaces/gate_a%1Fpublic/views`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'spy',
        schema: {
          type: 'struct',
          'schema-id': 0,
          fields: [{ id: 1, name: 'word', required: false, type: 'string' }],
        },
        'view-version': {
          'version-id': 1,
          'schema-id': 0,
          'timestamp-ms': Date.now(),
          summary: {},
          'default-namespace': ['gate_a', 'public'],
          representations: [{ type: 'sql', sql: 'SELECT word FROM lake."gate_b.public".secret', dialect: 'trino' }],
        },
        properties: { 'trino.run-as-owner': 'gate_b/ann', owner: 'gate_b/ann' },
      }),
    })
    expect([made.status, made.ok ? '' : await made.text()]).toEqual([200, ''])
    for (const view of ['spy', 'seen'])
      expect(await askTrino(`SELECT word FROM "gate_a.public".${view}`, { token: ann })).toMatchObject({
        kind: 'error',
        name: 'TABLE_NOT_FOUND',
      })
  })

  test('R5: another’s running query is not seen, not read and not ended', async () => {
    const headers = headersOf({ token: globexAnn })
    const { url } = stack().trino
    const slow =
      'SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 100)) c(z) WHERE x + y + z < 0'
    const started = await fetch(`${url}/v1/statement`, { method: 'POST', body: slow, headers })
    const first = (await started.json()) as { id: string; nextUri: string }
    const { id } = first
    let { nextUri } = first
    const nextPage = async () => {
      const response = await fetch(localUrl(nextUri, url), { headers })
      const page = (await response.json()) as { nextUri?: string }
      nextUri = page.nextUri ?? nextUri
      return page
    }
    try {
      // A query is one from the moment its client has asked for the first page.
      await expect.poll(() => nextPage(), { timeout: 60_000 }).toMatchObject({ stats: { state: 'RUNNING' } })
      const info = await (await fetch(`${url}/v1/query/${id}`, { headers })).json()
      expect(info).toMatchObject({ session: { user: 'gate_b/ann' }, resourceGroupId: ['tenant', 'gate_b'] })
      for (const token of [ann, bob]) {
        const other = headersOf({ token })
        const seen = await fetch(`${url}/v1/query/${id}`, { headers: other })
        expect(seen.status).toBe(403)
        const killed = await fetch(`${url}/v1/query/${id}`, { method: 'DELETE', headers: other })
        expect(killed.status).toBe(403)
        const listed = await fetch(`${url}/v1/query`, { headers: other })
        expect([listed.status, (await listed.text()).includes(id)]).toEqual([200, false])
      }
      expect(await nextPage()).not.toHaveProperty('error')
    } finally {
      await fetch(`${url}/v1/query/${id}`, { method: 'DELETE', headers })
    }
  })
})

describe('R16: who is not who they say', () => {
  const mine = 'SELECT id FROM "gate_a.public".secret WHERE id = 1'
  async function refused(ask: Parameters<typeof askTrino>[1]): Promise<number> {
    const answer = await askTrino(mine, ask)
    return answer.kind === 'http' ? answer.status : 200
  }

  test('no token, or nonsense', async () => {
    expect(await refused({})).toBe(401)
    expect(await refused({ headers: { 'x-trino-user': 'gate_a/ann' } })).toBe(401)
    expect(await refused({ token: 'nonsense' })).toBe(401)
    const basic = `Basic ${Buffer.from('gate_a/ann:').toString('base64')}`
    expect(await refused({ headers: { authorization: basic } })).toBe(401)
  })

  test('a token that another key has signed, though it names ours', async () => {
    const keys = await withSigner(async (signer) => signer.publicKeys.keys)
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const claims = () =>
      new SignJWT({ tenant: 'gate_a', user: 'ann' })
        .setIssuer('lakewire')
        .setAudience('trino')
        .setSubject('gate_a/ann')
        .setIssuedAt()
        .setExpirationTime('600s')
    const kid = keys[0]?.kid ?? ''
    expect(await refused({ token: await claims().setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey) })).toBe(
      401,
    )
    expect(
      await refused({ token: await claims().setProtectedHeader({ alg: 'ES256', kid: 'other' }).sign(privateKey) }),
    ).toBe(401)
    // The public key as a shared secret, and no signature at all.
    const secret = new TextEncoder().encode(await exportPKCS8(privateKey))
    expect(await refused({ token: await claims().setProtectedHeader({ alg: 'HS256', kid }).sign(secret) })).toBe(401)
    const [, payload] = ann.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url')
    expect(await refused({ token: `${none}.${payload}.` })).toBe(401)
  })

  test('an expired one, and those that are for something else', async () => {
    expect(await refused({ token: await signed('gate_a', 'ann', -120) })).toBe(401)
    expect(await refused({ token: service })).toBe(401)
    const catalog = await withSigner((signer) => signer.sign({ audience: 'catalog', tenant: 'gate_a' }, 600))
    expect(await refused({ token: catalog })).toBe(401)
    const access = await withSigner((signer) => signer.sign({ audience: 'access', service: 'trino' }, 600))
    expect(await refused({ token: access })).toBe(401)
  })

  test('a user other than the token’s', async () => {
    for (const user of ['gate_b/ann', 'gate_a/bob', 'trino', 'lakewire']) {
      const answer = await askTrino(mine, { token: ann, headers: { 'x-trino-user': user } })
      expect(answer).toMatchObject({
        name: 'PERMISSION_DENIED',
        message: expect.stringContaining('cannot impersonate'),
      })
    }
    expect(await refused({ token: ann, headers: { 'x-trino-user': 'gate_a/ann' } })).toBe(200)
    const original = { 'x-trino-original-user': 'gate_b/ann', 'x-trino-user': 'gate_a/ann' }
    const answer = await askTrino('SELECT word FROM "gate_b.public".secret', { token: ann, headers: original })
    expect(answer.kind).not.toBe('rows')
    expect(await askTrino('SET SESSION AUTHORIZATION "gate_b/ann"', { token: ann })).toMatchObject({ kind: 'error' })
  })
})
