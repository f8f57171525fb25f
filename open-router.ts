import type { Config } from './proxy/config.ts'
import type { RouterServices } from './proxy/session/state.ts'

const MEBIBYTE = 1024 ** 2

/** What decides where statements run. */
export function openRouter({ router }: Pick<Config, 'router'>): RouterServices {
  return {
    thresholds: {
      scanBytesMax: router.scanMib * MEBIBYTE,
      joinBytesMax: router.joinMib * MEBIBYTE,
      queuedMax: router.queued,
    },
  }
}
