import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type S3Bucket, s3Files } from '../../admin/catalog/s3-files.ts'
import { type CatalogUnderTest, client, member, startCatalog } from '../catalog/harness.ts'
import { type Client, create, namespace, SCHEMA, table } from '../catalog/request.ts'
import { delegationOf, makeBucket } from './bucket.ts'

const NS = ['acme', 'public']
const ASKING = { 'x-iceberg-access-delegation': 'remote-signing' }

/** Where there is no STS the catalog signs requests itself, one by one. */
describe('requests that the catalog signs', () => {
  let bucket: S3Bucket
  let catalog: CatalogUnderTest
  let acme: Client
  let own: string
  let sibling: string
  let foreign: string

  beforeAll(async () => {
    bucket = await makeBucket()
    catalog = await startCatalog(undefined, 0, { files: s3Files(bucket), delegation: delegationOf(bucket, 'signing') })
    acme = client(catalog.uri, catalog.tokens.acme, 'acme')
    const globex = client(catalog.uri, catalog.tokens.globex, 'globex')
    const locationOf = async (made: ReturnType<Client>) => member((await made).body, 'metadata', 'location') as string
    own = await locationOf(create(acme, NS, 'orders'))
    sibling = await locationOf(create(acme, NS, 'orders2'))
    foreign = await locationOf(create(globex, ['globex', 'public'], 'orders'))
  })
  afterAll(() => catalog.end())

  const urlOf = (location: string) => location.replace('s3://', `${bucket.endpoint}/`)
  const root = () => `${bucket.endpoint}/${bucket.bucket}`

  type Ask = { headers?: Record<string, string>; body?: string; path?: string; call?: Client; region?: string }
  const sign = (method: string, uri: string, ask: Ask = {}) =>
    (ask.call ?? acme)('POST', ask.path ?? `${table(NS, 'orders')}/sign`, {
      method,
      uri,
      region: ask.region ?? bucket.region,
      headers: Object.fromEntries(Object.entries(ask.headers ?? {}).map(([name, value]) => [name, [value]])),
      ...(ask.body === undefined ? {} : { body: ask.body }),
    })
  /** Signed, then sent as a client would. */
  async function send(method: string, uri: string, ask: Ask & { content?: string } = {}) {
    const answer = await sign(method, uri, ask)
    expect(answer.status).toBe(200)
    const signed = answer.body as { uri: string; headers: Record<string, string[]> }
    const headers = Object.fromEntries(Object.entries(signed.headers).map(([name, values]) => [name, values.join(',')]))
    const body = ask.content ?? ask.body
    return fetch(signed.uri, {
      method,
      headers: { ...ask.headers, ...headers },
      ...(body === undefined ? {} : { body }),
    })
  }

  test('who asks is told where, and gets no keys', async () => {
    const { body } = await acme('GET', table(NS, 'orders'), undefined, ASKING)
    expect(member(body, 'config')).toMatchObject({
      's3.remote-signing-enabled': 'true',
      's3.signer.endpoint': 'v1/acme/namespaces/acme%1Fpublic/tables/orders/sign',
      's3.endpoint': bucket.endpoint,
    })
    expect(JSON.stringify(body)).not.toContain('secret')
    const vended = await acme('GET', table(NS, 'orders'), undefined, {
      'x-iceberg-access-delegation': 'vended-credentials',
    })
    expect(member(vended.body, 'config')).toEqual({})
  })

  test('write, read, list and delete in the folder of the table', async () => {
    const file = `${urlOf(own)}/data/a%3D1/x%20y.parquet`
    expect((await send('PUT', file, { content: 'rows' })).status).toBe(200)
    expect(await (await send('GET', file, { headers: { range: 'bytes=1-2' } })).text()).toBe('ow')
    expect((await send('HEAD', file)).status).toBe(200)
    const prefix = `${own}/data/`.replace(`s3://${bucket.bucket}/`, '')
    const list = `${root()}/?list-type=2&prefix=${encodeURIComponent(prefix)}`
    expect(await (await send('GET', list)).text()).toContain('x y.parquet')
    const key = `${prefix}a=1/x y.parquet`
    const body = `<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>${key}</Key></Object></Delete>`
    const md5 = { 'content-md5': createHash('md5').update(body).digest('base64') }
    expect((await send('POST', `${root()}/?delete`, { body, headers: md5 })).status).toBe(200)
    expect((await send('HEAD', file)).status).toBe(404)
  })

  test('I5: are signed for what is within the table, and nothing else', async () => {
    const inside = `${urlOf(own)}/data/x`
    const deletion = (key: string) => `<Delete><Object><Key>${key}</Key></Object></Delete>`
    const refused: [string, string, Ask?][] = [
      ['GET', `${urlOf(sibling)}/data/x`],
      ['GET', `${urlOf(foreign)}/data/x`],
      ['GET', urlOf(own)],
      ['GET', `${root()}/`],
      ['GET', `${root()}/?list-type=2`],
      ['GET', `${root()}/?list-type=2&prefix=acme/`],
      ['GET', `${root()}/?list-type=2&prefix=${own.replace(`s3://${bucket.bucket}/`, '')}`],
      ['GET', `${urlOf(own)}/../orders2/metadata/x`],
      ['GET', `${urlOf(own)}/%2e%2e/orders2/metadata/x`],
      ['GET', `${urlOf(own)}/data/..%2f..%2f..%2forders2/x`],
      ['GET', `http://169.254.169.254/latest/meta-data`],
      ['GET', `${bucket.endpoint}/other-bucket/acme/public/orders/data/x`],
      ['GET', `${bucket.endpoint}/${bucket.bucket}2/acme/public/orders/data/x`],
      ['GET', inside, { region: 'eu-central-1' }],
      ['GET', `${inside}?acl`],
      ['PUT', `${inside}?acl`],
      ['PUT', `${inside}?retention`],
      ['GET', `${inside}?X-Amz-Security-Token=x`],
      ['PUT', `${root()}/?policy`],
      ['DELETE', `${root()}/`],
      ['PATCH', inside],
      ['PUT', inside, { headers: { 'x-amz-copy-source': `${bucket.bucket}/acme/public/orders2/metadata/x` } }],
      ['PUT', inside, { headers: { 'X-Amz-Acl': 'public-read' } }],
      ['PUT', inside, { headers: { 'x-amz-meta-a': 'b' } }],
      ['PUT', `${urlOf(own)}/metadata/00001-x.metadata.json`],
      ['POST', `${urlOf(own)}/metadata/00001-x.metadata.json?uploads`],
      ['POST', `${root()}/?delete`],
      ['POST', `${root()}/?delete`, { body: deletion('acme/public/orders2/data/x') }],
      ['POST', `${root()}/?delete`, { body: `<Delete><x:Key>acme/public/orders2/data/x</x:Key></Delete>` }],
      ['POST', `${root()}/?delete`, { body: '<Delete><Object><Key><![CDATA[globex/a]]></Key></Object></Delete>' }],
    ]
    for (const [method, uri, ask] of refused) {
      const { status, body } = await sign(method, uri, ask)
      expect([method, uri, status]).toEqual([method, uri, 403])
      expect(member(body, 'error', 'message')).toBe('The request reaches beyond the table')
    }
  })

  test('a token for reading gets no writes signed', async () => {
    const reader = await catalog.signer.sign({ audience: 'catalog', tenant: 'acme', readOnly: true }, 60)
    const call = client(catalog.uri, reader, 'acme')
    expect((await sign('GET', `${urlOf(own)}/data/x`, { call })).status).toBe(200)
    expect((await sign('PUT', `${urlOf(own)}/data/x`, { call })).status).toBe(403)
    expect((await sign('DELETE', `${urlOf(own)}/data/x`, { call })).status).toBe(403)
  })

  test('for a table that does not yet exist, by its folder', async () => {
    const staged = { name: 'staged', schema: SCHEMA, 'stage-create': true }
    const { body } = await acme('POST', `${namespace(...NS)}/tables`, staged, ASKING)
    const path = `/${member(body, 'config', 's3.signer.endpoint')}`
    const folder = urlOf(member(body, 'metadata', 'location') as string)
    expect((await send('PUT', `${folder}/data/1.parquet`, { path, content: 'x' })).status).toBe(200)
    expect((await sign('PUT', `${urlOf(foreign)}/data/x`, { path })).status).toBe(403)
    expect((await sign('PUT', `${root()}/acme/nobodys/folder/x`, { path })).status).toBe(403)
    const limited = await catalog.signer.sign({ audience: 'catalog', tenant: 'acme', schemas: ['other'] }, 60)
    const call = client(catalog.uri, limited, 'acme')
    expect((await sign('GET', `${urlOf(own)}/data/x`, { path, call })).status).toBe(403)
  })

  /** What MinIO takes though it is not signed: a copy of another's file, an archive that it unpacks over the bucket. */
  test.each(['signing', 'sts'] as const)('what a client adds to a signed request leads nowhere (%s)', async (how) => {
    const files = s3Files(bucket)
    const secret = `${foreign}/data/secret-${how}.parquet`
    await files.write(secret, 'rows of globex')
    const grant = { tenant: 'acme', folders: [own], may: 'write' } as const
    const uri = `${urlOf(own)}/data/taken-${how}`
    const put = async (address: string, added: Record<string, string>, content?: Uint8Array<ArrayBuffer>) => {
      const unsigned = { method: 'PUT', uri: address, region: bucket.region, headers: {}, body: null }
      const { headers } = await delegationOf(bucket, how).signer.sign(unsigned, grant)
      const signed = Object.entries(headers).map(([name, values]): [string, string] => [name, values.join(',')])
      const body = content === undefined ? {} : { body: content }
      return (await fetch(address, { method: 'PUT', headers: [...signed, ...Object.entries(added)], ...body })).status
    }
    const copy = { 'x-amz-copy-source': secret.replace('s3:/', '') }
    expect(await put(uri, {}, Buffer.from('own rows'))).toBe(200)
    expect(await put(uri, copy)).toBeGreaterThanOrEqual(400)
    expect(await put(uri, { ...copy, 'x-amz-copy-source-if-match': '*' })).toBeGreaterThanOrEqual(400)
    expect(await put(`${uri}?partNumber=1&uploadId=x`, copy)).toBeGreaterThanOrEqual(400)
    const planted = `${foreign}/metadata/planted-${how}.metadata.json`
    const archive = tarOf(planted.replace(`s3://${bucket.bucket}/`, ''), '{}')
    await put(`${uri}.tar`, { 'x-amz-meta-snowball-auto-extract': 'true' }, archive)
    expect(await files.read(planted)).toBeNull()
    expect(await files.read(`${own}/data/taken-${how}`)).toBe('own rows')
  })
})

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar) */
function tarOf(name: string, text: string): Buffer<ArrayBuffer> {
  const header = Buffer.alloc(512)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(text.length, 11) + octal(0, 11), 100)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  )
  const content = Buffer.alloc(512)
  content.write(text)
  return Buffer.concat([header, content, Buffer.alloc(1024)])
}
