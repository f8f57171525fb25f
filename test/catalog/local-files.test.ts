import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localFiles } from '../../admin/catalog/local-files.ts'
import { fileIoContract } from './file-io-contract.ts'

fileIoContract('a local folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lakewire-files-'))
  return { files: localFiles(folder), end: () => rm(folder, { recursive: true, force: true }) }
})
