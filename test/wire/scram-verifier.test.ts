import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  formatVerifier,
  makeVerifier,
  parseVerifier,
  scramSecret,
  userVerifier,
} from '../../proxy/store/scram-verifier.ts'
import { openSqliteStore } from '../../proxy/store/sqlite/sqlite-store.ts'
import { type RunningPostgres, startPostgres } from '../harness/postgres.ts'

let postgres: RunningPostgres
let client: pg.Client
beforeAll(async () => {
  postgres = await startPostgres()
  client = new pg.Client({ ...postgres })
  await client.connect()
  await client.query('create role somebody')
})
afterAll(async () => {
  await client.end()
  await postgres.stop()
})

const passwords: [string, string][] = [
  ['plain ASCII', 'open sesame'],
  ['control characters', 'bell\u0007tab\t'],
  ['Latin letters', 'pässwörd'],
  ['a letter and its accent apart', 'pa\u0308sswort'],
  ['a soft hyphen, mapped to nothing', 'I\u00adX'],
  ['a Roman numeral, which NFKC takes apart', '\u2168'],
  ['a no-break space', 'a\u00a0b'],
  ['letters of two directions, which are refused', '\u0627\u0031'],
  ['an emoji, unassigned in Unicode 3.2', 'ill\u00e9gal \u{1f40d} \u2168'],
  ['a private use character, prohibited', '\ue000\u2168'],
  ['nothing but what is mapped to nothing', '\u00ad'],
]

test.each(passwords)('a password with %s gives the keys that PostgreSQL keeps', async (_title, password) => {
  await client.query(`alter role somebody password ${pg.escapeLiteral(password)}`)
  const { rows } = await client.query("select rolpassword from pg_authid where rolname = 'somebody'")
  const theirs = parseVerifier(rows[0].rolpassword)
  if (theirs === null) throw new Error(`not a verifier: ${rows[0].rolpassword}`)
  expect(formatVerifier(await makeVerifier(password, theirs.salt, theirs.iterations))).toBe(rows[0].rolpassword)
})

test.each(['', 'x'.repeat(1025), 'a\0b'])('password %j is refused', async (password) => {
  await expect(makeVerifier(password, Buffer.alloc(16), 4096)).rejects.toMatchObject({
    code: expect.stringMatching(/^22/),
  })
})

test.each([
  '',
  'md5 0123',
  'SCRAM-SHA-256$4096:c2FsdA==$AAAA:AAAA',
  `SCRAM-SHA-256$1:c2FsdA==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`,
  `SCRAM-SHA-256$1000000000:c2FsdA==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`,
])('A13 %s is no verifier', (verifier) => {
  expect(parseVerifier(verifier)).toBeNull()
})

test('the secret behind the salts is made once, also by servers that start together', async () => {
  const store = openSqliteStore(':memory:')
  const [first, second] = await Promise.all([scramSecret(store), scramSecret(store)])
  expect(first).toEqual(second)
  const verifiers = await Promise.all([
    userVerifier(store, 'alice', 'a'),
    userVerifier(store, 'alice', 'b'),
    userVerifier(store, 'bob', 'a'),
  ])
  const [a, b, c] = verifiers.map((verifier) => parseVerifier(verifier)?.salt.toString('hex'))
  expect(a).toBe(b)
  expect(a).not.toBe(c)
  await store.close()
})
