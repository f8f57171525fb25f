import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningLakewire, startLakewire } from './harness.ts'
import { runCase, shown } from './script.ts'

let lakewire: RunningLakewire

beforeAll(async () => {
  lakewire = await startLakewire()
})

afterAll(async () => {
  await lakewire?.stop()
})

test('LISTEN and NOTIFY between two sessions, at commit', async () => {
  const listener = await lakewire.login()
  const speaker = await lakewire.login()
  expect(await runCase(listener, ["Q listen ch; notify ch, 'to myself'"])).toEqual([
    'CommandComplete LISTEN',
    'CommandComplete NOTIFY',
    'NotificationResponse ch to myself',
    'ReadyForQuery I',
  ])
  await runCase(speaker, [
    'Q begin',
    "Q notify ch, 'lost'",
    'Q rollback',
    'Q begin',
    "Q notify ch, 'kept'",
    "Q notify ch, 'kept'",
  ])
  await runCase(speaker, ['Q commit'])
  expect(shown((await listener.until('NotificationResponse')).at(-1) ?? expect.fail())).toBe(
    'NotificationResponse ch kept',
  )
  await runCase(listener, ['Q begin'])
  await runCase(speaker, ["Q notify ch, 'later'"])
  expect(await runCase(listener, ['Q select 1'])).toHaveLength(4)
  expect(await runCase(listener, ['Q commit'])).toEqual([
    'CommandComplete COMMIT',
    'NotificationResponse ch later',
    'ReadyForQuery I',
  ])
  await runCase(listener, ['Q unlisten *'])
  await runCase(speaker, ['Q notify ch'])
  expect(await runCase(listener, ['Q select 1'])).toHaveLength(4)
  listener.end()
  speaker.end()
})
