import { expect, test } from 'vitest'
import { LoginThrottle, throttleKey } from '../../proxy/listen/auth/throttle.ts'
import {
  LOGIN_BLOCK_MS,
  LOGIN_FAILURE_WINDOW_MS,
  LOGIN_FAILURES_MAX,
  LOGIN_KEYS_MAX,
} from '../../proxy/listen/limits.ts'

test('A5 a key is blocked by failures within the window, for as long as it says, and counts anew afterwards', () => {
  let now = 0
  const throttle = new LoginThrottle(() => now)
  for (let count = 1; count < LOGIN_FAILURES_MAX; count += 1) throttle.fail('k')
  expect(throttle.blocked('k')).toBe(false)
  throttle.fail('k')
  expect(throttle.blocked('k')).toBe(true)
  expect(throttle.blocked('other')).toBe(false)
  now += LOGIN_BLOCK_MS
  expect(throttle.blocked('k')).toBe(false)
  throttle.fail('k')
  expect(throttle.blocked('k')).toBe(false)
})

test('failures further apart than the window, or with a success between, do not add up', () => {
  let now = 0
  const throttle = new LoginThrottle(() => now)
  for (let count = 0; count < LOGIN_FAILURES_MAX * 2; count += 1) {
    throttle.fail('slow')
    now += LOGIN_FAILURE_WINDOW_MS / (LOGIN_FAILURES_MAX - 2)
  }
  expect(throttle.blocked('slow')).toBe(false)
  for (let count = 0; count < LOGIN_FAILURES_MAX * 2; count += 1) {
    if (count % (LOGIN_FAILURES_MAX - 1) === 0) throttle.succeed('lucky')
    throttle.fail('lucky')
  }
  expect(throttle.blocked('lucky')).toBe(false)
})

test('the keys that are remembered are bounded, and no part of one runs into the next', () => {
  const throttle = new LoginThrottle()
  for (let count = 0; count < LOGIN_FAILURES_MAX; count += 1) throttle.fail('first')
  for (let count = 0; count < LOGIN_KEYS_MAX; count += 1) throttle.fail(`key ${count}`)
  expect(throttle.blocked('first')).toBe(false)
  expect(throttleKey('a', 'b,c')).not.toBe(throttleKey('a,b', 'c'))
})
