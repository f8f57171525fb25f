import { PgError } from '../error.ts'
import { quoteLiteral } from '../quote.ts'
import type { Settings } from './compiler.ts'

/**
 * Settings of a session that its twin takes over: those on which the analysis, or the output of a query that the twin
 * answers by itself, depends. Others (work_mem, role, …) never reach a backend, whatever a session keeps of them.
 */
const ANALYSIS = [
  'array_nulls',
  'backslash_quote',
  'datestyle',
  'default_text_search_config',
  'intervalstyle',
  'search_path',
  'standard_conforming_strings',
  'timezone',
  'timezone_abbreviations',
  'transform_null_equals',
  'xmloption',
] as const

const OUTPUT = [
  'application_name',
  'bytea_output',
  'escape_string_warning',
  'extra_float_digits',
  'icu_validation_level',
  'lc_messages',
  'quote_all_identifiers',
  'xmlbinary',
] as const

const ANALYSIS_SETTINGS: ReadonlySet<string> = new Set(ANALYSIS)
const TAKEN: ReadonlySet<string> = new Set([...ANALYSIS, ...OUTPUT])

/** GUC_LIST_QUOTE: a list whose elements are identifiers; given as one string it would become one element. */
const LISTS: ReadonlySet<string> = new Set(['search_path', 'temp_tablespaces', 'local_preload_libraries'])

/** name.name: a placeholder of the user's own. */
const CUSTOM = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$/
const NAME = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)*$/

/** Does a backend run under this setting of the session? */
export function isTaken(name: string): boolean {
  return TAKEN.has(name.toLowerCase()) || CUSTOM.test(name.toLowerCase())
}

/** What two sessions must have in common to share an analysis. */
export function analysisKey(settings: Settings): string {
  const parts: string[] = []
  for (const [name, value] of settings) {
    if (ANALYSIS_SETTINGS.has(name.toLowerCase())) parts.push(`${name.toLowerCase()}=${value}`)
  }
  return parts.sort().join('\0')
}

/** The statements that bring a backend from one set of settings to another; empty: they are the same. */
export function difference(from: Settings, to: Settings): string[] {
  const statements: string[] = []
  for (const name of from.keys()) if (!to.has(name)) statements.push(`RESET ${settingName(name)}`)
  for (const [name, value] of to) if (from.get(name) !== value) statements.push(setStatement('SET', name, value))
  return statements
}

/** Only what a backend takes, by lower-case name. */
export function taken(settings: Settings): Settings {
  const kept = new Map<string, string>()
  for (const [name, value] of settings) if (isTaken(name)) kept.set(name.toLowerCase(), value)
  return kept
}

export function setStatement(verb: 'SET' | 'SET LOCAL', name: string, value: string | null): string {
  return `${verb} ${settingName(name)} TO ${value === null ? 'DEFAULT' : settingValue(name, value)}`
}

export function settingName(name: string): string {
  const lower = name.toLowerCase()
  if (!NAME.test(lower)) throw new PgError('42704', `unrecognized configuration parameter "${name}"`)
  return lower
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
}

function settingValue(name: string, value: string): string {
  const elements = LISTS.has(name.toLowerCase()) ? identifiers(value) : [value]
  return elements.map(quoteLiteral).join(', ')
}

/** As SplitIdentifierString: elements between commas, quoted or folded to lower case. */
function identifiers(list: string): string[] {
  if (list.trim() === '') return ['']
  const elements: string[] = []
  const element = /\s*(?:"((?:[^"]|"")*)"|([^",]*?))\s*(?:,|$)/gy
  while (element.lastIndex < list.length) {
    const found = element.exec(list)
    if (!found) return [list]
    elements.push(found[1] === undefined ? (found[2] ?? '').toLowerCase() : found[1].replaceAll('""', '"'))
  }
  return elements
}
