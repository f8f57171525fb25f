import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { s3Files } from '../../admin/catalog/s3-files.ts'
import { fileIoContract } from '../catalog/file-io-contract.ts'
import { makeBucket } from './bucket.ts'

fileIoContract('a bucket', async () => ({ files: s3Files(await makeBucket()), end: async () => {} }))

test('a folder of more files than one request lists or removes is removed', async () => {
  const files = s3Files(await makeBucket())
  const folder = `${files.tenantRoot('acme')}/sales/many`
  const names = Array.from({ length: 1203 }, (_, n) => `${folder}/data/${n}.parquet`)
  for (let at = 0; at < names.length; at += 50)
    await Promise.all(names.slice(at, at + 50).map((name) => files.write(name, '1')))
  await files.removeFolder(folder)
  for await (const file of files.list(folder)) expect(file).toBeNull()
})

test('a server that is not there is an error of the lake', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  const files = s3Files({ ...(await makeBucket()), endpoint: `http://127.0.0.1:${port}` })
  await expect(files.read(`${files.tenantRoot('acme')}/a/b`)).rejects.toMatchObject({ code: '58000', fault: 'lake' })
})
