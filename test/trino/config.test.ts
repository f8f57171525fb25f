import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { TRINO_LIMITS, trinoFiles } from '../../trino/config/files.ts'
import { ROOT } from '../harness/start.ts'

const files = trinoFiles({
  host: '10.0.0.7',
  port: 8443,
  environment: 'test',
  adminUrl: 'http://admin:8181',
  catalog: 'lake',
  publicKey: 'PEM',
  serviceToken: 'SERVICE',
  accessToken: 'ACCESS',
  sharedSecret: 'SHARED',
  storage: { endpoint: 'http://s3:9000', region: 'us-east-1', pathStyle: true },
  limits: TRINO_LIMITS,
})
const lines = (name: string) => files[name]?.split('\n') ?? []

describe('the files', () => {
  test('only who brings a token of ours is let in, and nobody is shown another’s queries', () => {
    expect(lines('config.properties')).toEqual(
      expect.arrayContaining([
        'http-server.authentication.type=JWT',
        'http-server.authentication.jwt.key-file=etc/lakewire-key.pem',
        'http-server.authentication.jwt.required-issuer=lakewire',
        'http-server.authentication.jwt.required-audience=trino',
        'internal-communication.shared-secret=SHARED',
        'web-ui.enabled=false',
      ]),
    )
  })

  test('the second gate is asked, one by one and in batches', () => {
    expect(lines('access-control.properties')).toEqual([
      'access-control.name=opa',
      'opa.policy.uri=http://admin:8181/trino/access/ACCESS',
      'opa.policy.batched-uri=http://admin:8181/trino/access/ACCESS/batch',
      'opa.allow-permission-management-operations=false',
      '',
    ])
  })

  test('the catalog is the service’s part of ours, with keys for each table', () => {
    expect(lines('catalog/lake.properties')).toEqual(
      expect.arrayContaining([
        'iceberg.rest-catalog.uri=http://admin:8181',
        'iceberg.rest-catalog.warehouse=~',
        'iceberg.rest-catalog.nested-namespace-enabled=true',
        'iceberg.rest-catalog.oauth2.token=SERVICE',
        'iceberg.rest-catalog.vended-credentials-enabled=true',
        's3.endpoint=http://s3:9000',
      ]),
    )
  })

  test('a tenant has a group of its own; who is no principal of ours has none', () => {
    const { selectors, rootGroups } = JSON.parse(files['resource-groups.json'] ?? '')
    expect(selectors).toHaveLength(1)
    const pattern = new RegExp(`^(?:${selectors[0].user})$`)
    expect(pattern.exec('acme/ann')?.groups).toEqual({ tenant: 'acme' })
    expect(pattern.exec('acme/a/b')?.groups).toEqual({ tenant: 'acme' })
    for (const user of ['acme', '', '/ann']) expect(pattern.test(user)).toBe(false)
    expect(rootGroups[0].subGroups[0]).toMatchObject({ hardConcurrencyLimit: 10, maxQueued: 100, hardCpuLimit: '600s' })
  })

  test('no value can become a line of its own', () => {
    const odd = trinoFiles({ ...optionsOf(), serviceToken: 'a\nb=c\\d' })
    expect(odd['catalog/lake.properties']).toContain('iceberg.rest-catalog.oauth2.token=a b=c\\\\d\n')
  })
})

function optionsOf(): Parameters<typeof trinoFiles>[0] {
  return {
    host: 'h',
    port: 1,
    environment: 'test',
    adminUrl: 'http://a',
    catalog: 'lake',
    publicKey: 'k',
    serviceToken: 's',
    accessToken: 'a',
    sharedSecret: 'x',
    storage: { endpoint: null, region: 'eu-central-1', pathStyle: false },
    limits: TRINO_LIMITS,
  }
}

describe('lakewire trino config', () => {
  const dir = mkdtempSync(join(tmpdir(), 'lakewire-trino-config-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(ROOT, 'main.ts'), 'trino', 'config', ...args], {
      env: { ...process.env, LAKEWIRE_DATA_DIR: join(dir, 'data') },
    })

  test('writes the folder, for its owner only', async () => {
    const out = join(dir, 'etc')
    const { stdout } = await run(
      ...['--out', out, '--admin-url', 'http://admin:8181/', '--s3-endpoint', 'http://s3:9000', '--port', '8090'],
      ...['--heap-mib', '2048', '--json'],
    )
    const { files: named, expiresAt } = JSON.parse(stdout)
    expect(named).toHaveLength(Object.keys(files).length)
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(364 * 24 * 3600 * 1000)
    for (const file of named) expect(statSync(file).mode & 0o077).toBe(0)
    expect(readdirSync(out).sort()).toContain('config.properties')
    const text = readFileSync(join(out, 'config.properties'), 'utf8')
    expect(text).toContain('http-server.http.port=8090\n')
    expect(text).toContain('query.max-memory-per-node=512MB\n')
    expect(readFileSync(join(out, 'lakewire-key.pem'), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----\n/)
    const catalog = readFileSync(join(out, 'catalog/lake.properties'), 'utf8')
    expect(catalog).toMatch(/^iceberg.rest-catalog.oauth2.token=eyJ\S+$/m)
    expect(catalog).toContain('iceberg.rest-catalog.uri=http://admin:8181\n')
  })

  test('says what is missing', async () => {
    const out = ['--out', join(dir, 'none')]
    await expect(run(...out, '--s3-endpoint', 'http://s3:9000')).rejects.toThrow(/--admin-url is needed/)
    await expect(run(...out, '--admin-url', 'http://admin:8181')).rejects.toThrow(/s3.endpoint is needed/)
    await expect(run(...out, '--port', 'x')).rejects.toThrow(/--port: x is not a number/)
  })
})
