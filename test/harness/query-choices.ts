/**
 * Where a generator's decisions come from. They are kept as a list of numbers, so that a statement can be made again, and
 * made smaller, by changing the list alone: 0 is always the simplest choice, and a list that has run out says 0.
 * https://hypothesis.works/articles/compositional-shrinking/
 */
export type Choices = {
  /** a number from 0 to below `bound` */
  next(bound: number): number
}

/** Choices after which a seed says only 0, so that every statement comes to an end. */
const CHOICES_MIN = 40
const CHOICES_MAX = 320

export function seededChoices(seed: number): number[] {
  const random = mulberry32(seed)
  const length = CHOICES_MIN + (random() % (CHOICES_MAX - CHOICES_MIN))
  return Array.from({ length }, random)
}

export function replay(list: readonly number[]): Choices & { used(): number } {
  let at = 0
  return {
    next(bound) {
      const value = list[at++] ?? 0
      return value % bound
    },
    used: () => at,
  }
}

/** https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** The shortest list found, within `attempts`, of which `fails` is still true. */
export async function shrink(
  list: readonly number[],
  attempts: number,
  fails: (list: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  let best = list
  let left = attempts
  const take = async (candidate: readonly number[]): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(candidate))) return false
    best = candidate
    return true
  }
  for (let width = Math.max(1, best.length >> 1); width >= 1 && left > 0; width = width === 1 ? 0 : width >> 1)
    for (let at = 0; at < best.length && left > 0; ) {
      const without = [...best.slice(0, at), ...best.slice(at + width)]
      if (await take(without)) continue
      const end = Math.min(at + width, best.length)
      const zeroed = best.map((value, index) => (index >= at && index < end ? 0 : value))
      if (best.slice(at, end).some((value) => value !== 0)) await take(zeroed)
      at += width
    }
  return best
}

export function chance(choices: Choices, percent: number): boolean {
  return choices.next(100) >= 100 - percent
}

export function pick<T>(choices: Choices, list: readonly [T, ...T[]]): T {
  return list[choices.next(list.length)] ?? list[0]
}
