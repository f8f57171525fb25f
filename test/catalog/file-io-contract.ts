import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FileIo, ListedFile } from '../../admin/catalog/file-io.ts'

/** What every adapter of the FileIo port promises. */
export function fileIoContract(name: string, open: () => Promise<{ files: FileIo; end(): Promise<void> }>) {
  describe(`file-io contract: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>
    let files: FileIo
    let folder: string
    beforeEach(async () => {
      opened = await open()
      files = opened.files
      folder = `${files.tenantRoot('acme')}/sales/orders`
      await files.prepareFolder(folder)
    })
    afterEach(() => opened.end())

    const listed = async (of: string) => {
      const found: ListedFile[] = []
      for await (const file of files.list(of)) found.push(file)
      return found.sort((a, b) => (a.location < b.location ? -1 : 1))
    }

    test('a file is given back as it was written', async () => {
      const file = `${folder}/metadata/00000-a.metadata.json`
      const text = `{"a": "é😀\\u0000", "long": "${'x'.repeat(300_000)}"}\n`
      await files.write(file, text)
      expect(await files.read(file)).toBe(text)
      expect(Buffer.from((await files.readBytes(file, 1_000_000))!).toString()).toBe(text)
    })

    test('what is not there is null, a folder too', async () => {
      expect(await files.read(`${folder}/metadata/none.json`)).toBeNull()
      expect(await files.readBytes(`${folder}/none/none.avro`, 1)).toBeNull()
      expect(await files.read(`${files.tenantRoot('globex')}/sales/orders/metadata/none.json`)).toBeNull()
    })

    test('of a file that is larger than expected nothing is read', async () => {
      const file = `${folder}/metadata/a.avro`
      await files.write(file, 'four')
      await expect(files.readBytes(file, 3)).rejects.toMatchObject({ code: '54000' })
      expect(Buffer.from((await files.readBytes(file, 4))!).toString()).toBe('four')
    })

    test('a name is written once', async () => {
      const file = `${folder}/metadata/00000-a.metadata.json`
      await files.write(file, '1')
      await expect(files.write(file, '2')).rejects.toMatchObject({ code: '58000', fault: 'lake' })
      // As when an answer was lost and the same is tried anew.
      await files.write(file, '1')
      expect(await files.read(file)).toBe('1')
    })

    test('of several that write one name at once, one is first', async () => {
      const file = `${folder}/metadata/00000-a.metadata.json`
      const outcomes = await Promise.allSettled(['1', '2', '3', '4'].map((text) => files.write(file, text)))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      expect(await files.read(file)).toBe(String(winner + 1))
    })

    test('a file is removed, and one that is not there as well', async () => {
      const file = `${folder}/metadata/a.json`
      await files.write(file, '1')
      await files.remove(file)
      await files.remove(file)
      expect(await files.read(file)).toBeNull()
    })

    test('a folder lists all that is in it, and nothing of one whose name is longer', async () => {
      const inside = ['data/x/1.parquet', 'metadata/a b.json', 'metadata/c=1.json'].map((path) => `${folder}/${path}`)
      for (const file of inside) await files.write(file, '12345')
      await files.write(`${folder}2/metadata/a.json`, '1')
      const found = await listed(folder)
      expect(found.map(({ location }) => location)).toEqual(inside)
      expect(found.map(({ bytes }) => bytes)).toEqual([5, 5, 5])
      for (const { modifiedMs } of found) expect(Math.abs(Date.now() - modifiedMs)).toBeLessThan(60_000)
      expect(await listed(`${folder}3`)).toEqual([])
    })

    test('a folder is removed with all that is in it, and no other', async () => {
      for (const path of ['data/1.parquet', 'metadata/a.json', 'metadata/deep/er/b.json'])
        await files.write(`${folder}/${path}`, '1')
      await files.write(`${folder}2/metadata/a.json`, '1')
      await files.removeFolder(folder)
      expect(await listed(folder)).toEqual([])
      expect(await files.read(`${folder}2/metadata/a.json`)).toBe('1')
      await files.removeFolder(folder)
    })

    test('whoever has gone away is not answered', async () => {
      const gone = AbortSignal.abort(new Error('gone'))
      await expect(files.write(`${folder}/metadata/a.json`, '1', gone)).rejects.toThrow('gone')
      await expect(files.read(`${folder}/metadata/a.json`, gone)).rejects.toThrow()
      expect(await files.read(`${folder}/metadata/a.json`)).toBeNull()
    })
  })
}
