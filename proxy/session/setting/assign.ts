import type { Front } from '../../compiler/compiler.ts'
import { PgError } from '../../error.ts'
import type { SessionSettings } from './settings.ts'
import { REFUSED_SETTINGS, SETTINGS } from './table.ts'

export type Assignment = {
  readonly name: string
  /** null: DEFAULT */
  readonly value: string | null
  readonly scope: 'session' | 'local'
}

export type AssignTo = {
  readonly settings: SessionSettings
  readonly front: Front
  readonly user: string
}

const CUSTOM_NAME = /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*(\.[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)+$/
const VALUE_CHARACTERS_MAX = 64 * 1024
const SETTINGS_MAX = 1000

/** SET, set_config() and a startup option alike. Throws what PostgreSQL would; gives the canonical value. */
export async function assign(to: AssignTo, assignment: Assignment, signal: AbortSignal): Promise<string> {
  const { settings, front, user } = to
  const { name, value, scope } = assignment
  const key = name.toLowerCase()
  if (key === 'role' || key === 'session_authorization') return assignIdentity(key, value, user)

  const row = SETTINGS.get(key)
  if (row === undefined && REFUSED_SETTINGS.test(key)) {
    throw new PgError('42501', `permission denied to set parameter "${name}"`)
  }
  if (row?.parse === null) throw new PgError('55P02', `parameter "${row.name}" cannot be changed`)
  if ((value?.length ?? 0) > VALUE_CHARACTERS_MAX) {
    throw new PgError('54000', `value of parameter "${name}" is too long`)
  }
  // PostgreSQL's own lexer refuses it in any string.
  if (value?.includes('\0')) throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
  if (value === null) {
    if (row === undefined && settings.get(key) === undefined && !CUSTOM_NAME.test(name)) {
      await front.checkSetting(name, null, settings.forTwin(), signal)
    }
    settings.set(key, null, scope)
    return settings.get(key) ?? ''
  }
  if (row === undefined && settings.get(key) === undefined && [...settings.entries()].length >= SETTINGS_MAX) {
    throw new PgError('53400', 'too many settings in this session', { detail: `At most ${SETTINGS_MAX} are kept.` })
  }
  const canonical =
    row !== undefined && row.parse !== 'twin'
      ? (row.parse?.(row.name, value, settings.get(row.name)) ?? value)
      : CUSTOM_NAME.test(name)
        ? value
        : await front.checkSetting(row?.name ?? name, value, settings.forTwin(), signal)
  settings.set(key, canonical, scope)
  return canonical
}

/** A session has one user for its whole life: only what changes nothing is allowed. */
function assignIdentity(key: 'role' | 'session_authorization', value: string | null, user: string): string {
  if (value === null || value === user || (key === 'role' && value.toLowerCase() === 'none')) return value ?? user
  const what = key === 'role' ? 'role' : 'session authorization'
  throw new PgError('42501', `permission denied to set ${what} "${value}"`)
}
