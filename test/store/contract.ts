import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../proxy/store/store.ts'

/** What every adapter of the Store port promises. `reopen` gives a second handle on the same data, as another process has. */
export function storeContract(
  name: string,
  open: () => Promise<{ store: Store; reopen(): Promise<Store>; end(): Promise<void> }>,
) {
  describe(`store contract: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>
    let store: Store
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.end())

    test('a document is given back as it was put', async () => {
      const value = {
        a: 1,
        deep: { list: [1.5, 'é😀', null, true], 'dotted.name': 1, $dollar: 2, '': 3 },
        text: '\u0000',
      }
      expect(await store.insert('tenant', 'acme', value)).toBe(true)
      expect((await store.get('tenant', 'acme'))?.value).toEqual(value)
      expect((await store.get('tenant', 'acme'))?.id).toBe('acme')
      expect(await store.get('tenant', 'globex')).toBeNull()
      expect(await store.get('user', 'acme')).toBeNull()
    })

    test('an id is taken once', async () => {
      expect(await store.insert('user', 'acme/alice', { n: 1 })).toBe(true)
      expect(await store.insert('user', 'acme/alice', { n: 2 })).toBe(false)
      expect((await store.get('user', 'acme/alice'))?.value).toEqual({ n: 1 })
    })

    test('replace is compare and swap', async () => {
      await store.insert('lake', 'acme', { n: 1 })
      const first = (await store.get('lake', 'acme'))!
      expect(await store.replace('lake', 'acme', { n: 2 }, first.revision)).toBe(true)
      expect(await store.replace('lake', 'acme', { n: 3 }, first.revision)).toBe(false)
      const second = (await store.get<{ n: number }>('lake', 'acme'))!
      expect(second.value.n).toBe(2)
      expect(second.revision).not.toBe(first.revision)
      expect(await store.revision('lake', 'acme')).toBe(second.revision)
      expect(await store.replace('lake', 'nobody', { n: 1 }, 1)).toBe(false)
    })

    test('a revision is never seen twice, not even after the document was removed and made anew', async () => {
      const seen = new Set<number>()
      for (let round = 0; round < 3; round++) {
        await store.insert('lake', 'acme', { round })
        for (let change = 0; change < 3; change++) {
          const { revision } = (await store.get('lake', 'acme'))!
          expect(seen.has(revision)).toBe(false)
          seen.add(revision)
          await store.replace('lake', 'acme', { round, change }, revision)
        }
        await store.remove('lake', 'acme')
      }
      expect(await store.revision('lake', 'acme')).toBeNull()
    })

    test('remove, with and without a revision', async () => {
      await store.insert('token', 'x', {})
      const { revision } = (await store.get('token', 'x'))!
      await store.replace('token', 'x', { used: true }, revision)
      expect(await store.remove('token', 'x', revision)).toBe(false)
      expect(await store.remove('token', 'x')).toBe(true)
      expect(await store.remove('token', 'x')).toBe(false)
    })

    test('list: order, prefix, after, limit', async () => {
      for (const id of ['b/2', 'a/1', 'b/10', 'b', 'b/1', 'ba', 'c/1', 'b/é']) await store.insert('user', id, { id })
      const ids = async (options: Parameters<Store['list']>[1]) => {
        const listed = (await store.list('user', options)).map((row) => row.id)
        expect(await store.ids('user', options)).toEqual(listed)
        return listed
      }
      expect(await ids({})).toEqual(['a/1', 'b', 'b/1', 'b/10', 'b/2', 'b/é', 'ba', 'c/1'])
      expect(await ids({ prefix: 'b/' })).toEqual(['b/1', 'b/10', 'b/2', 'b/é'])
      expect(await ids({ prefix: 'b/', after: 'b/10' })).toEqual(['b/2', 'b/é'])
      expect(await ids({ prefix: 'b/', limit: 2 })).toEqual(['b/1', 'b/10'])
      expect(await ids({ after: 'b/é', limit: 1 })).toEqual(['ba'])
      expect(await ids({ prefix: 'zz' })).toEqual([])
    })

    test('eight writers on two handles: no update is lost', async () => {
      await store.insert('lake', 'acme', { n: 0 })
      const other = await opened.reopen()
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          const handle = writer % 2 === 0 ? store : other
          for (let done = 0; done < 10; ) {
            const seen = (await handle.get<{ n: number }>('lake', 'acme'))!
            if (await handle.replace('lake', 'acme', { n: seen.value.n + 1 }, seen.revision)) done++
          }
        }),
      )
      expect((await other.get('lake', 'acme'))?.value).toEqual({ n: 80 })
    })

    test('an aborted signal ends the call', async () => {
      await expect(store.get('lake', 'acme', AbortSignal.abort())).rejects.toThrow()
      await expect(store.insert('lake', 'acme', {}, AbortSignal.abort())).rejects.toThrow()
      expect(await store.get('lake', 'acme')).toBeNull()
    })
  })
}
