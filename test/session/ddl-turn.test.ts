import { expect, test } from 'vitest'
import { Turns } from '../../proxy/session/ddl/turn.ts'

const never = new AbortController().signal

test('turns of a tenant come one after the other, in the order in which they were asked for', async () => {
  const turns = new Turns()
  const said: string[] = []
  const first = await turns.take('acme', never)
  const others = ['second', 'third'].map(async (name) => {
    const done = await turns.take('acme', never)
    said.push(name)
    done()
  })
  await (await turns.take('globex', never))()
  said.push('first')
  first()
  await Promise.all(others)
  expect(said).toEqual(['first', 'second', 'third'])
})

test('who gives up waiting holds up nobody', async () => {
  const turns = new Turns()
  const first = await turns.take('acme', never)
  const impatient = new AbortController()
  const given = turns.take('acme', impatient.signal)
  const third = turns.take('acme', never)
  impatient.abort()
  await expect(given).rejects.toThrow()
  first()
  ;(await third)()
  ;(await turns.take('acme', never))()
})
