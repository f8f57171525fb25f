import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Grant, meansFor } from '../../admin/catalog/credential/delegation.ts'
import { requestSigner } from '../../admin/catalog/credential/request-signer.ts'
import { sessionPolicy } from '../../admin/catalog/credential/session-policy.ts'
import { stsVendor } from '../../admin/catalog/credential/sts-vendor.ts'

const GRANT: Grant = { tenant: 'acme', folders: ['s3://lake/acme/sales/orders'], may: 'write' }
const KEYS = { accessKeyId: 'id', secretAccessKey: 'secret' }
const MINUTE_MS = 60_000

describe('keys by STS', () => {
  let server: Server
  let asked: URLSearchParams[] = []
  let lifeMs = 60 * MINUTE_MS
  let isUp = true

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      asked.push(new URLSearchParams(body))
      if (!isUp) return response.writeHead(403, { 'content-type': 'text/xml' }).end('<ErrorResponse/>')
      const expiration = new Date(Date.now() + lifeMs).toISOString()
      const keys = `<AccessKeyId>id${asked.length}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration}</Expiration>`
      response.writeHead(200, { 'content-type': 'text/xml' })
      return response.end(
        `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${keys}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      )
    }).listen(0, '127.0.0.1')
    await new Promise((done) => server.once('listening', done))
  })
  beforeEach(() => {
    asked = []
    lifeMs = 60 * MINUTE_MS
    isUp = true
  })
  afterAll(() => new Promise((done) => server.close(done)))

  const vendor = () =>
    stsVendor({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: KEYS,
      roleArn: null,
    })

  test('are made once for all who ask at a time, and each for its own folder and right', async () => {
    const one = vendor()
    const made = await Promise.all([1, 2, 3].map(() => one.credentialsFor(GRANT)))
    expect(new Set(made.map((keys) => keys.accessKeyId)).size).toBe(1)
    expect(asked).toHaveLength(1)
    expect(JSON.parse(asked[0]?.get('Policy') ?? '')).toEqual(JSON.parse(sessionPolicy(GRANT)))
    await one.credentialsFor({ ...GRANT, may: 'read' })
    await one.credentialsFor({ ...GRANT, folders: ['s3://lake/acme/sales/orders2'] })
    await one.credentialsFor({ ...GRANT, tenant: 'globex' })
    expect(asked).toHaveLength(4)
  })

  test('that end soon are not handed out again', async () => {
    const one = vendor()
    lifeMs = 20 * MINUTE_MS
    expect((await one.credentialsFor(GRANT)).accessKeyId).toBe('id1')
    expect((await one.credentialsFor(GRANT)).accessKeyId).toBe('id2')
    lifeMs = 60 * MINUTE_MS
    expect((await one.credentialsFor(GRANT)).accessKeyId).toBe('id3')
    expect((await one.credentialsFor(GRANT)).accessKeyId).toBe('id3')
  })

  test('that could not be had are asked for again', async () => {
    const one = vendor()
    isUp = false
    await expect(one.credentialsFor(GRANT)).rejects.toMatchObject({ code: '58000', fault: 'lake' })
    isUp = true
    expect((await one.credentialsFor(GRANT)).sessionToken).toBe('t')
  })
})

test('what a client says that it can use is looked at in our order', () => {
  const signer = requestSigner({
    endpoint: 'http://s3',
    region: 'r',
    bucket: 'b',
    pathStyle: true,
    credentials: async () => KEYS,
    vendor: null,
  })
  const none = { server: {}, vendor: null, signer }
  const both = { ...none, vendor: stsVendor({ endpoint: 'http://s3', region: 'r', credentials: KEYS, roleArn: null }) }
  expect(meansFor(both, undefined)).toBeNull()
  expect(meansFor(both, 'something-else')).toBeNull()
  expect(meansFor(both, 'remote-signing, Vended-Credentials')).toBe('vended-credentials')
  expect(meansFor(both, 'remote-signing')).toBe('remote-signing')
  expect(meansFor(none, 'vended-credentials,remote-signing')).toBe('remote-signing')
  expect(meansFor(none, 'vended-credentials')).toBeNull()
})

describe.each([
  ['in the path', true, 'https://s3.example:9000/lake'],
  ['in the host', false, 'https://lake.s3.example:9000'],
] as const)('requests signed, the bucket %s', (_, pathStyle, root) => {
  const options = { endpoint: 'https://s3.example:9000', region: 'us-east-1', bucket: 'lake', pathStyle }
  const signer = requestSigner({ ...options, credentials: async () => KEYS, vendor: null })
  const ask = (method: string, uri: string, headers: Record<string, string[]> = {}, body: string | null = null) =>
    signer.sign({ method, uri, region: 'us-east-1', headers, body }, GRANT)
  const inside = `${root}/acme/sales/orders/data/x.parquet`

  test('a request within the folder, with what it says of itself', async () => {
    const { uri, headers } = await ask('GET', inside, { Range: ['bytes=0-1'], 'X-Amz-Checksum-Mode': ['ENABLED'] })
    expect(uri).toBe(inside)
    expect(headers.authorization?.[0]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    )
    expect(headers).not.toHaveProperty('host')
    expect(headers['x-amz-content-sha256']).toEqual(['UNSIGNED-PAYLOAD'])
  })

  test('a deletion of several, bound to its body', async () => {
    const body = '<Delete><Object><Key>acme/sales/orders/data/a&amp;b</Key></Object></Delete>'
    const { headers } = await ask('POST', `${root}/?delete`, {}, body)
    expect(headers['x-amz-content-sha256']).toEqual([createHash('sha256').update(body).digest('hex')])
  })

  test.each([
    ['GET', `${root}/acme/sales/orders2/x`],
    ['GET', `${root}/acme/sales/orders`],
    ['GET', `${root}/acme/sales/orders/../orders2/x`],
    ['GET', `${root}/acme/sales/orders/%2e%2e/x`],
    ['GET', `${root}/acme/sales/orders/a%2f..%2f..%2fx`],
    ['GET', `${root}/acme/sales/orders/%zz`],
    ['GET', inside.replace('https:', 'http:')],
    ['GET', inside.replace(':9000', ':9001')],
    ['GET', inside.replace('https://', 'https://user@')],
    ['GET', `${inside}#x`],
    ['GET', 'not an address'],
    ['GET', `${inside}?torrent`],
    ['GET', `${inside}?versionId=1&versionId=2`],
    ['PUT', `${inside}?tagging`],
    ['PUT', `${inside}?uploadId=1`],
    ['OPTIONS', inside],
    ['PUT', `${root}/`],
  ])('%s %s is refused', async (method, uri) => {
    await expect(ask(method, uri)).rejects.toMatchObject({ status: 403 })
  })

  test('what would do more than it seems to is refused', async () => {
    for (const name of [
      'x-amz-copy-source',
      'X-Amz-Acl',
      'x-amz-grant-read',
      'x-amz-tagging',
      'x-amz-website-redirect-location',
    ])
      await expect(ask('PUT', inside, { [name]: ['x'] })).rejects.toMatchObject({ status: 403 })
    await expect(ask('PUT', `${root}/acme/sales/orders/metadata/1.metadata.json`)).rejects.toMatchObject({
      status: 403,
    })
  })
})
