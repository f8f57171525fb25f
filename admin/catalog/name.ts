import { createHash } from 'node:crypto'
import { badRequest } from './problem.ts'

/** Between the levels of a namespace, in paths (as %1F) and in our keys. */
export const LEVEL_SEPARATOR = '\u001f'
/** As PostgreSQL's identifiers, but in characters of UTF-16: longer names fit neither folders nor keys. */
const NAME_LENGTH_MAX = 255
const LEVELS_MAX = 16

/**
 * Names are kept as they are but for what cannot survive the way to every client: control characters, lone surrogates,
 * and `.` and `..`, which clients fold away in paths.
 */
export function checkName(name: string, what: string): string {
  if (name === '') throw badRequest(`Invalid ${what} name: empty`)
  if (name.length > NAME_LENGTH_MAX) throw badRequest(`Invalid ${what} name: longer than ${NAME_LENGTH_MAX} characters`)
  if (name === '.' || name === '..') throw badRequest(`Invalid ${what} name: ${name}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) throw badRequest(`Invalid ${what} name: it holds a control character`)
  if (!name.isWellFormed()) throw badRequest(`Invalid ${what} name: not well-formed Unicode`)
  return name
}

export function checkLevels(levels: readonly string[]): readonly string[] {
  if (levels.length === 0) throw badRequest('Invalid namespace: no levels')
  if (levels.length > LEVELS_MAX) throw badRequest(`Invalid namespace: more than ${LEVELS_MAX} levels`)
  for (const level of levels) checkName(level, 'namespace')
  return levels
}

export function keyOf(levels: readonly string[]): string {
  return levels.join(LEVEL_SEPARATOR)
}

const READABLE = /^[a-z0-9][a-z0-9_-]{0,47}$/
const SLUG_STEM_LENGTH = 32
const HASH_LENGTH = 16

/**
 * The folder name of a namespace level or table: the name itself where it is plain, else what is plain of it and a hash of
 * the whole. Injective: a readable name never holds the two dashes that come before a hash, and case-folding file systems
 * do no harm.
 */
export function slugOf(name: string): string {
  if (READABLE.test(name) && !name.includes('--')) return name
  const stem = name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/-+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, SLUG_STEM_LENGTH)
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)
  return `${stem || 'x'}--${hash}`
}
