import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { localFiles } from '../../admin/catalog/local-files.ts'
import { fileIoContract } from './file-io-contract.ts'

fileIoContract('a local folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-files-'))
  return { files: localFiles(folder), end: () => rm(folder, { recursive: true, force: true }) }
})

test('a location may be spelled as a URL, and leads nowhere but into the folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-files-'))
  const files = localFiles(join(folder, 'lake'))
  const file = `${files.tenantRoot('acme')}/sales/orders/metadata/a.json`
  await files.write(`file:${file}`, '1')
  expect(await files.read(`file://${file}`)).toBe('1')
  for (const elsewhere of [
    join(folder, 'a.json'),
    `${folder}/lake2/a.json`,
    `${files.tenantRoot('acme')}/../../a.json`,
    'a.json',
    'file:a.json',
  ])
    await expect(files.write(elsewhere, '1')).rejects.toThrow('not a location')
  await rm(folder, { recursive: true })
})
