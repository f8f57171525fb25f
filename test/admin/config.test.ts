import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { CONFIG_KEYS, ConfigError, loadConfig, printConfig, strayVariables } from '../../proxy/config.ts'

const dir = mkdtempSync(join(tmpdir(), 'lakewire-config-'))
afterAll(() => rmSync(dir, { recursive: true }))

function file(text: string): string {
  const path = join(dir, `${Math.random()}.yaml`)
  writeFileSync(path, text)
  return path
}

function load(given: { flags?: Record<string, string>; env?: Record<string, string>; yaml?: string }) {
  return loadConfig({
    flags: new Map(Object.entries(given.flags ?? {})),
    env: given.env ?? {},
    file: given.yaml === undefined ? undefined : file(given.yaml),
  })
}

test('a flag goes before the environment, that before the file, that before the default', () => {
  expect(load({}).pg.port).toBe(5433)
  const yaml = 'pg: { port: 1 }'
  const env = { LAKEWIRE_PG_PORT: '2' }
  expect(load({ yaml }).pg.port).toBe(1)
  expect(load({ yaml, env }).pg.port).toBe(2)
  expect(load({ yaml, env, flags: { 'pg.port': '3' } }).pg.port).toBe(3)
  // the file's other keys stay
  expect(load({ yaml: 'pg: { port: 1, host: "::1" }', env }).pg).toEqual({ port: 2, host: '::1' })
  expect(load({ env: { LAKEWIRE_CONFIG: file('demo: off') } }).demo).toBe('off')
})

test('the contract for scripts', () => {
  const env = { LAKEWIRE_PG_PORT: '1', LAKEWIRE_HTTP_PORT: '2', LAKEWIRE_DATA_DIR: '/x', LAKEWIRE_DEMO: 'off' }
  expect(load({ env })).toMatchObject({ pg: { port: 1 }, http: { port: 2 }, dataDir: '/x', demo: 'off' })
})

describe('mistakes are told with what was meant', () => {
  test.each([
    ['pg: { prot: 1 }', /unknown key "pg.prot" \(did you mean "pg.port"\?\)/],
    ['dmeo: on', /unknown key "dmeo" \(did you mean "demo"\?\)/],
    ['something: else', /^unknown key "something"$/],
    ['pg: { port: 70000 }', /^pg.port: /],
    ['pg: { port: "x" }', /^pg.port: /],
    ['demo: maybe', /^demo: /],
    ['tls: { certFile: a.pem }', /^tls: needs both certFile and keyFile/],
    ['bucket: ../x', /^bucket: /],
    ['bucket: system', /^bucket: /],
    ['adminToken: short', /^adminToken: /],
    ['- 1', /does not hold keys and values/],
    ['a: [', /cannot read the configuration file/],
  ])('%s', (yaml, message) => {
    expect(() => load({ yaml })).toThrow(ConfigError)
    expect(() => load({ yaml })).toThrow(message)
  })

  test('in the environment too', () => {
    expect(() => load({ env: { LAKEWIRE_PG_PORT: '' } })).toThrow(/pg.port/)
    expect(strayVariables({ LAKEWIRE_PG_PROT: '1', PATH: '' })).toEqual([
      'unknown environment variable LAKEWIRE_PG_PROT (did you mean "LAKEWIRE_PG_PORT"?)',
    ])
  })
})

test('what is printed can be given back, and holds no secret', () => {
  const secret = 's'.repeat(40)
  const printed = printConfig(load({ env: { LAKEWIRE_ADMIN_TOKEN: secret }, flags: { 'pg.port': '7' } }))
  expect(printed).not.toContain(secret)
  expect(load({ yaml: printed.replace(/^adminToken.*\n/m, '') })).toEqual(load({ flags: { 'pg.port': '7' } }))
})

test('no secret is printed, in a section neither', () => {
  const secrets = CONFIG_KEYS.filter(({ isSecret }) => isSecret)
  expect(secrets.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['adminToken', 'store.url', 's3.secretAccessKey']),
  )
  const text = 'mongodb://ann:hidden-hidden-hidden-hidden@localhost/x'
  const printed = printConfig(load({ flags: Object.fromEntries(secrets.map(({ path }) => [path, text])) }))
  expect(printed).not.toContain('hidden')
  expect(printed.split('********')).toHaveLength(secrets.length + 1)
  expect(printConfig(load({}))).not.toContain('***')
})

test('every key says what it is for', () => {
  expect(CONFIG_KEYS.filter((key) => key.description === '').map((key) => key.path)).toEqual([])
  expect(CONFIG_KEYS.map((key) => [key.path, key.env, key.flag])).toContainEqual([
    'limits.statementTimeoutMs',
    'LAKEWIRE_LIMITS_STATEMENT_TIMEOUT_MS',
    '--limits-statement-timeout-ms',
  ])
})
