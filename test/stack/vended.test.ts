import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientConfig, type S3Bucket, s3Files } from '../../admin/catalog/s3-files.ts'
import { type CatalogUnderTest, client, member, startCatalog } from '../catalog/harness.ts'
import { type Client, create, namespace, SCHEMA, table } from '../catalog/request.ts'
import { delegationOf, makeBucket } from './bucket.ts'

const NS = ['acme', 'public']
const ASKING = { 'x-iceberg-access-delegation': 'vended-credentials,remote-signing' }

describe('keys that come with a table', () => {
  let bucket: S3Bucket
  let catalog: CatalogUnderTest
  let acme: Client
  let own: string
  let sibling: string
  let foreign: string

  beforeAll(async () => {
    bucket = await makeBucket()
    catalog = await startCatalog(undefined, 0, { files: s3Files(bucket), delegation: delegationOf(bucket, 'sts') })
    acme = client(catalog.uri, catalog.tokens.acme, 'acme')
    const globex = client(catalog.uri, catalog.tokens.globex, 'globex')
    const locationOf = async (made: ReturnType<Client>) => member((await made).body, 'metadata', 'location') as string
    own = await locationOf(create(acme, NS, 'orders'))
    sibling = await locationOf(create(acme, NS, 'orders2'))
    foreign = await locationOf(create(globex, ['globex', 'public'], 'orders'))
  })
  afterAll(() => catalog.end())

  const s3With = (config: Record<string, string>) =>
    new S3Client({
      ...clientConfig({ ...bucket, credentials: null }),
      credentials: {
        accessKeyId: config['s3.access-key-id'] ?? '',
        secretAccessKey: config['s3.secret-access-key'] ?? '',
        sessionToken: config['s3.session-token'] ?? '',
      },
    })
  const at = (location: string) => {
    const [, name, key] = /^s3:\/\/([^/]+)\/(.*)$/.exec(location) ?? []
    return { Bucket: name ?? '', Key: key ?? '' }
  }
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: Error) => error.name,
    )
  const load = async (call: Client = acme, headers: Record<string, string> = ASKING) =>
    (await call('GET', table(NS, 'orders'), undefined, headers)).body
  const keys = async (call: Client = acme) => member(await load(call), 'config') as Record<string, string>

  test('only who asks is told', async () => {
    expect(member(await load(acme, {}), 'config')).toEqual({})
    expect(await load(acme, {})).not.toHaveProperty('storage-credentials')
  })

  test('are in the answer of load, create, staged create and commit, and of a route of their own', async () => {
    const fields = ['s3.access-key-id', 's3.secret-access-key', 's3.session-token', 's3.session-token-expires-at-ms']
    const make = (name: string, more: object = {}) =>
      acme('POST', `${namespace(...NS)}/tables`, { name, schema: SCHEMA, ...more }, ASKING)
    const made = await make('made')
    const staged = await make('staged', { 'stage-create': true })
    const path = table(NS, 'orders')
    const committed = await acme('POST', path, { requirements: [], updates: [] }, ASKING)
    for (const body of [await load(), made.body, staged.body, committed.body]) {
      for (const field of fields) expect(member(body, 'config', field)).toBeTruthy()
      const [credential] = member(body, 'storage-credentials') as { prefix: string; config: Record<string, string> }[]
      expect(credential?.prefix).toBe(`${member(body, 'metadata', 'location')}/`)
      expect(credential?.config).toMatchObject({ 's3.endpoint': bucket.endpoint, 's3.path-style-access': 'true' })
    }
    const endpoint = member(await load(), 'config', 'client.refresh-credentials-endpoint') as string
    const fresh = await acme('GET', `/${endpoint}`)
    expect(member(fresh.body, 'storage-credentials', 0, 'prefix')).toBe(`${own}/`)
    const { endpoints } = (await acme('GET', '/v1/config')).body as { endpoints: string[] }
    expect(endpoints).toContain('GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials')
  })

  test('X21: are the same until they have little time left', async () => {
    const [first, second] = [await keys(), await keys()]
    expect(second).toEqual(first)
    const leftMs = Number(first['s3.session-token-expires-at-ms']) - Date.now()
    expect(leftMs).toBeGreaterThan(35 * 60_000)
    expect(leftMs).toBeLessThan(61 * 60_000)
  })

  test('write, read, list and delete in the folder of the table', async () => {
    const s3 = s3With(await keys())
    const file = at(`${own}/data/a=1/1.parquet`)
    await s3.send(new PutObjectCommand({ ...file, Body: 'rows' }))
    expect(await (await s3.send(new GetObjectCommand(file))).Body?.transformToString()).toBe('rows')
    const listed = await s3.send(new ListObjectsV2Command({ Bucket: file.Bucket, Prefix: at(`${own}/data/`).Key }))
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual([file.Key])
    await s3.send(new DeleteObjectCommand(file))
  })

  test('I1, I9: reach nothing else: no other table, no other tenant, no list, no policy, no metadata to write', async () => {
    const s3 = s3With(await keys())
    const metadata = member(await load(), 'metadata-location') as string
    const { Bucket } = at(own)
    const list = (prefix: string) => outcome(s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix })))
    const put = (location: string) => outcome(s3.send(new PutObjectCommand({ ...at(location), Body: 'x' })))
    for (const elsewhere of [sibling, foreign, `s3://${Bucket}/acme`, `s3://${Bucket}`]) {
      expect(await outcome(s3.send(new GetObjectCommand(at(`${elsewhere}/metadata/x`))))).toBe('AccessDenied')
      expect(await put(`${elsewhere}/data/x.parquet`)).toBe('AccessDenied')
      expect(await outcome(s3.send(new DeleteObjectCommand(at(`${elsewhere}/data/x`))))).toBe('AccessDenied')
      expect(await list(at(`${elsewhere}/`).Key)).toBe('AccessDenied')
    }
    // The name of the sibling begins as ours does.
    expect(await list(at(own).Key)).toBe('AccessDenied')
    expect(await list('')).toBe('AccessDenied')
    const copy = { ...at(`${own}/data/copy`), CopySource: `${Bucket}/${at(`${sibling}/metadata/x`).Key}` }
    expect(await outcome(s3.send(new CopyObjectCommand(copy)))).toBe('AccessDenied')
    expect(await outcome(s3.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })))).toBe('AccessDenied')
    expect(await put(metadata)).toBe('AccessDenied')
    expect(await outcome(s3.send(new GetObjectCommand(at(metadata))))).toBe('done')
  })

  test('reach what a table that was moved has left where it was', async () => {
    const before = member((await create(acme, NS, 'moved')).body, 'metadata', 'location') as string
    const after = `${before}-elsewhere`
    const move = { requirements: [], updates: [{ action: 'set-location', location: after }] }
    const { body } = await acme('POST', table(NS, 'moved'), move, ASKING)
    const credentials = member(body, 'storage-credentials') as { prefix: string; config: Record<string, string> }[]
    expect(credentials.map((one) => one.prefix)).toEqual([`${after}/`, `${before}/`])
    const s3 = s3With(credentials[0]?.config ?? {})
    for (const folder of [before, after]) await s3.send(new PutObjectCommand({ ...at(`${folder}/data/x`), Body: 'x' }))
    expect(await outcome(s3.send(new PutObjectCommand({ ...at(`${own}/data/x`), Body: 'x' })))).toBe('AccessDenied')
  })

  test('of a token for reading read only', async () => {
    const reader = await catalog.signer.sign({ audience: 'catalog', tenant: 'acme', readOnly: true }, 60)
    const s3 = s3With(await keys(client(catalog.uri, reader, 'acme')))
    const { body } = await acme('GET', table(NS, 'orders'))
    expect(await outcome(s3.send(new GetObjectCommand(at(member(body, 'metadata-location') as string))))).toBe('done')
    expect(await outcome(s3.send(new PutObjectCommand({ ...at(`${own}/data/x`), Body: 'x' })))).toBe('AccessDenied')
    expect(await outcome(s3.send(new DeleteObjectCommand(at(`${own}/data/x`))))).toBe('AccessDenied')
  })

  test('are given to an engine of all tenants as well, under its own path', async () => {
    const token = await catalog.signer.sign({ audience: 'service', service: 'trino' }, 60)
    const service = client(catalog.uri, token, '~')
    const body = await load(service)
    expect(member(body, 'config', 'client.refresh-credentials-endpoint')).toContain('v1/~/')
    expect(
      await outcome(s3With(member(body, 'config') as Record<string, string>).send(new GetObjectCommand(at(foreign)))),
    ).toBe('AccessDenied')
  })

  test('of a store that gives none are an outage, not a wrong answer', async () => {
    const files = s3Files(bucket)
    const none = { ...bucket, credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' } }
    const other = await startCatalog(undefined, 0, { files, delegation: delegationOf(none, 'sts') })
    const call = client(other.uri, other.tokens.acme, 'acme')
    await create(call, NS, 'kept')
    expect((await call('GET', table(NS, 'kept'), undefined, ASKING)).status).toBe(503)
    expect((await call('GET', table(NS, 'kept'))).status).toBe(200)
    await other.end()
  })
})
