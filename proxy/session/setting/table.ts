import {
  boolean,
  dateStyle,
  duration,
  encoding,
  identifierList,
  integer,
  oneOf,
  only,
  type Parse,
  printable,
  text,
} from './value.ts'

/** A setting that the session itself knows; any other is PostgreSQL's to judge, and kept per session. */
export type Setting = {
  /** as SHOW ALL and ParameterStatus spell it */
  readonly name: string
  readonly default: string
  /** 'twin': PostgreSQL checks it and says its canonical form; null: cannot be changed (55P02) */
  readonly parse: Parse | 'twin' | null
  /** announced to the client by ParameterStatus: at startup and whenever it has changed */
  readonly reported?: true
  /** the tenant's PostgreSQL must have it too: analysis, input or output depends on it */
  readonly twin?: true
  /** elements are given one by one and quoted as identifiers (GUC_LIST_QUOTE), or only joined (GUC_LIST_INPUT) */
  readonly list?: 'quoted' | 'plain'
  /** belongs to one transaction: cleared at its end, and shows this other setting where it was not set */
  readonly transaction?: string
  readonly description: string
}

const TIMEOUT = 'Sets the maximum allowed'
/** Every level is accepted and runs as snapshot isolation, which allows no phenomenon that the weaker ones forbid. */
const ISOLATION = oneOf('serializable', 'repeatable read', 'read committed', 'read uncommitted')

// biome-ignore format: one row each
const ROWS: readonly Setting[] = [
  { name: 'application_name', default: '', parse: printable, reported: true, twin: true, description: 'Sets the application name to be reported in statistics and logs.' },
  { name: 'backslash_quote', default: 'safe_encoding', parse: only('safe_encoding', oneOf('safe_encoding', 'on', 'off'), 'Statements are read by one lexical rule only.'), description: 'Sets whether "\\\'" is allowed in string literals.' },
  { name: 'bytea_output', default: 'hex', parse: oneOf('escape', 'hex'), twin: true, description: 'Sets the output format for bytea.' },
  { name: 'client_encoding', default: 'UTF8', parse: encoding, reported: true, description: "Sets the client's character set encoding." },
  { name: 'client_min_messages', default: 'notice', parse: oneOf('debug5', 'debug4', 'debug3', 'debug2', 'debug1', 'debug', 'log', 'notice', 'warning', 'error'), description: 'Sets the message levels that are sent to the client.' },
  { name: 'DateStyle', default: 'ISO, MDY', parse: dateStyle, reported: true, twin: true, list: 'plain', description: 'Sets the display format for date and time values.' },
  { name: 'default_table_access_method', default: 'heap', parse: only('heap', oneOf('heap'), 'There is no other.'), description: 'Sets the default table access method for new tables.' },
  { name: 'default_tablespace', default: '', parse: only('', text, 'There are no tablespaces.'), description: 'Sets the default tablespace to create tables and indexes in.' },
  { name: 'default_transaction_deferrable', default: 'off', parse: boolean, description: 'Sets the default deferrable status of new transactions.' },
  { name: 'default_transaction_isolation', default: 'read committed', parse: ISOLATION, description: 'Sets the transaction isolation level of each new transaction.' },
  { name: 'default_transaction_read_only', default: 'off', parse: boolean, reported: true, description: 'Sets the default read-only status of new transactions.' },
  { name: 'extra_float_digits', default: '1', parse: integer(-15, 3), twin: true, description: 'Sets the number of digits displayed for floating-point values.' },
  { name: 'idle_in_transaction_session_timeout', default: '0', parse: duration, description: `${TIMEOUT} idle time between queries, when in a transaction.` },
  { name: 'idle_session_timeout', default: '0', parse: duration, description: `${TIMEOUT} idle time between queries, when not in a transaction.` },
  { name: 'in_hot_standby', default: 'off', parse: null, reported: true, description: 'Shows whether hot standby is currently active.' },
  { name: 'integer_datetimes', default: 'on', parse: null, reported: true, description: 'Shows whether datetimes are integer based.' },
  { name: 'IntervalStyle', default: 'postgres', parse: oneOf('postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'), reported: true, twin: true, description: 'Sets the display format for interval values.' },
  { name: 'is_superuser', default: 'off', parse: null, reported: true, description: 'Shows whether the current user is a superuser.' },
  { name: 'lakewire.engine', default: 'auto', parse: oneOf('auto', 'duckdb', 'trino', 'spark'), description: 'Sets the engine that runs statements over the lake.' },
  { name: 'lakewire.progress', default: 'off', parse: boolean, description: 'Sends notices that tell how far a statement over the lake has come.' },
  { name: 'lock_timeout', default: '0', parse: duration, description: `${TIMEOUT} duration of any wait for a lock.` },
  { name: 'scram_iterations', default: '4096', parse: null, reported: true, description: 'Shows the iteration count for SCRAM secret generation.' },
  { name: 'search_path', default: '"$user", public', parse: identifierList, reported: true, twin: true, list: 'quoted', description: 'Sets the schema search order for names that are not schema-qualified.' },
  { name: 'server_encoding', default: 'UTF8', parse: null, reported: true, description: 'Shows the server (database) character set encoding.' },
  { name: 'server_version', default: '18.4', parse: null, reported: true, description: 'Shows the server version.' },
  { name: 'server_version_num', default: '180004', parse: null, description: 'Shows the server version as an integer.' },
  { name: 'session_authorization', default: '', parse: null, reported: true, description: 'Shows the session user name.' },
  { name: 'standard_conforming_strings', default: 'on', parse: only('on', boolean, 'Statements are read by one lexical rule only.'), reported: true, description: "Causes '...' strings to treat backslashes literally." },
  { name: 'statement_timeout', default: '0', parse: duration, description: `${TIMEOUT} duration of any statement.` },
  { name: 'TimeZone', default: 'UTC', parse: 'twin', reported: true, twin: true, description: 'Sets the time zone for displaying and interpreting time stamps.' },
  { name: 'transaction_deferrable', default: 'off', parse: boolean, transaction: 'default_transaction_deferrable', description: 'Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.' },
  { name: 'transaction_isolation', default: 'read committed', parse: ISOLATION, transaction: 'default_transaction_isolation', description: "Sets the current transaction's isolation level." },
  { name: 'transaction_read_only', default: 'off', parse: boolean, transaction: 'default_transaction_read_only', description: "Sets the current transaction's read-only status." },
  { name: 'transaction_timeout', default: '0', parse: duration, description: `${TIMEOUT} duration of any transaction within a session (not a prepared transaction).` },
]

export const SETTINGS: ReadonlyMap<string, Setting> = new Map(ROWS.map((row) => [row.name.toLowerCase(), row]))

/** Settings of PostgreSQL that its analysis, input or output depends on: kept, and passed to the tenant's PostgreSQL. */
export const TWIN_SETTINGS: ReadonlySet<string> = new Set([
  'array_nulls',
  'default_text_search_config',
  'escape_string_warning',
  'lc_messages',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'quote_all_identifiers',
  'restrict_nonsystem_relation_kind',
  'row_security',
  'timezone_abbreviations',
  'transform_null_equals',
  'xmlbinary',
  'xmloption',
])

/**
 * What no client may set, whatever PostgreSQL would allow its user: these would open or break the compiler behind the
 * session. `role` and `session_authorization` have their own rule (assign.ts).
 */
export const REFUSED_SETTINGS: RegExp =
  /^(debug_.*|log_.*|trace_.*|wal_.*|allow_.*|dynamic_library_path|local_preload_libraries|session_preload_libraries|session_replication_role|zero_damaged_pages|ignore_.*|backtrace_functions|createrole_self_grant|event_triggers|exit_on_error|jit_.*|lo_compat_privileges|temp_tablespaces|commit_delay|update_process_title|track_.*|max_stack_depth|compute_query_id|lakewire\..*)$/
