import { PgError, type PgErrorFields } from '../proxy/error.ts'
import { raisedError } from '../proxy/print/raise.ts'
import { ClientFailure, type FailureKind, StatementFailure } from './client/failure.ts'
import type { TrinoFailure } from './client/page.ts'
import { MalformedPage } from './encode/json.ts'

/**
 * What Trino says, and the SQLSTATE PostgreSQL would give. Messages become PostgreSQL's own where it has one for the case;
 * else a fixed text, so that no host, path, name of an engine or of another tenant's table leaves. The engine's words stay
 * in `cause`, for the log. Positions are left out, as they are those of the printed SQL.
 * https://github.com/trinodb/trino/blob/476/core/trino-spi/src/main/java/io/trino/spi/StandardErrorCode.java
 */
export function pgErrorOf(error: unknown, isWrite: boolean): PgError {
  if (error instanceof PgError) return error
  if (error instanceof StatementFailure) return statementError(error.failure)
  if (error instanceof ClientFailure) return clientError(error, isWrite)
  if (error instanceof MalformedPage) return clientError(new ClientFailure('malformed', error.message, error), isWrite)
  throw error
}

export function cancelled(): PgError {
  return new PgError('57014', 'canceling statement due to user request')
}

type Answer = readonly [code: string, message: string, fields?: PgErrorFields]

const OUT_OF_MEMORY: Answer = ['53200', 'out of memory', { detail: 'The statement used more memory than it may.' }]
const RAN_TOO_LONG: Answer = ['57014', 'canceling statement due to statement timeout', { fault: 'limit' }]
const TOO_MANY: Answer = ['53300', 'too many statements are running', { hint: 'Try again later.', fault: 'limit' }]
const STOPPED: Answer = [
  '57P02',
  'the engine that ran the statement has stopped',
  { hint: 'Run the statement again.', fault: 'engine' },
]
const STARTING: Answer = ['57P03', 'the engine is not available', { hint: 'Try again later.', fault: 'engine' }]
const NO_RELATION: Answer = ['42P01', 'relation does not exist', { fault: 'lake' }]
const NO_LAKE: Answer = ['58030', 'could not read or write the lake', { fault: 'lake' }]
const LOST_RACE: Answer = ['40001', 'could not serialize access due to concurrent update', { fault: 'lake' }]
const OUTCOME_UNKNOWN: Answer = [
  '08007',
  'it is not known whether the statement took effect',
  { hint: 'Look before you run it again.', fault: 'engine' },
]
const NO_SUCH_SUBQUERY: Answer = ['0A000', 'a subquery of this kind is not supported', { fault: 'engine' }]
/** Printed SQL that the engine does not take is a bug of the printer. */
const NOT_TAKEN: Answer = ['XX000', 'the statement could not be run', { fault: 'engine' }]

const BY_NAME: Readonly<Record<string, Answer>> = {
  DIVISION_BY_ZERO: ['22012', 'division by zero'],
  SUBQUERY_MULTIPLE_ROWS: ['21000', 'more than one row returned by a subquery used as an expression'],
  MERGE_TARGET_ROW_MULTIPLE_MATCHES: ['21000', 'MERGE command cannot affect row a second time'],
  INVALID_WINDOW_FRAME: ['22013', 'invalid preceding or following size in window function'],
  INVALID_FUNCTION_ARGUMENT: ['22023', 'invalid parameter value'],
  INVALID_JSON_LITERAL: ['22P02', 'invalid input syntax for type json'],
  JSON_INPUT_CONVERSION_ERROR: ['22P02', 'invalid input syntax for type json'],
  CONSTRAINT_VIOLATION: ['23502', 'null value violates not-null constraint'],
  PERMISSION_DENIED: ['42501', 'permission denied'],
  USER_CANCELED: ['57014', 'canceling statement due to user request'],
  ADMINISTRATIVELY_KILLED: ['57014', 'canceling statement due to administrator command'],
  ADMINISTRATIVELY_PREEMPTED: TOO_MANY,
  ABANDONED_QUERY: ['57014', 'canceling statement as its rows were not read', { fault: 'limit' }],
  EXCEEDED_TIME_LIMIT: RAN_TOO_LONG,
  EXCEEDED_CPU_LIMIT: RAN_TOO_LONG,
  OPTIMIZER_TIMEOUT: RAN_TOO_LONG,
  EXCEEDED_SCAN_LIMIT: ['53400', 'the statement reads more than it may', { fault: 'limit' }],
  EXCEEDED_SPILL_LIMIT: ['53400', 'temporary file size exceeds the limit', { fault: 'limit' }],
  OUT_OF_SPILL_SPACE: ['53100', 'could not write: no space left on device'],
  EXCEEDED_GLOBAL_MEMORY_LIMIT: OUT_OF_MEMORY,
  EXCEEDED_LOCAL_MEMORY_LIMIT: OUT_OF_MEMORY,
  EXCEEDED_FUNCTION_MEMORY_LIMIT: OUT_OF_MEMORY,
  CLUSTER_OUT_OF_MEMORY: OUT_OF_MEMORY,
  GENERIC_INSUFFICIENT_RESOURCES: OUT_OF_MEMORY,
  QUERY_QUEUE_FULL: TOO_MANY,
  PAGE_TOO_LARGE: ['54000', 'row is too large'],
  QUERY_TEXT_TOO_LARGE: ['54000', 'the statement is too large'],
  QUERY_HAS_TOO_MANY_STAGES: ['54001', 'the statement is too complex'],
  STACK_OVERFLOW: ['54001', 'stack depth limit exceeded'],
  COMPILER_ERROR: ['54001', 'the statement is too complex'],
  QUERY_EXCEEDED_COMPILER_LIMIT: ['54001', 'the statement is too complex'],
  SERVER_STARTING_UP: STARTING,
  NO_NODES_AVAILABLE: STARTING,
  SERVER_SHUTTING_DOWN: STOPPED,
  REMOTE_HOST_GONE: STOPPED,
  REMOTE_TASK_ERROR: STOPPED,
  REMOTE_TASK_MISMATCH: STOPPED,
  REMOTE_TASK_FAILED: STOPPED,
  TOO_MANY_REQUESTS_FAILED: STOPPED,
  PAGE_TRANSPORT_ERROR: STOPPED,
  PAGE_TRANSPORT_TIMEOUT: STOPPED,
  ABANDONED_TASK: STOPPED,
  TABLE_NOT_FOUND: NO_RELATION,
  SCHEMA_NOT_FOUND: NO_RELATION,
  NOT_FOUND: NO_RELATION,
  // the table has changed between printing and running
  COLUMN_NOT_FOUND: ['42703', 'column does not exist', { fault: 'lake' }],
  ALREADY_EXISTS: ['42P07', 'relation already exists', { fault: 'lake' }],
  TABLE_ALREADY_EXISTS: ['42P07', 'relation already exists', { fault: 'lake' }],
  TRANSACTION_CONFLICT: LOST_RACE,
  NOT_SUPPORTED: ['0A000', 'the statement uses something that is not supported', { fault: 'engine' }],
  UNSUPPORTED_SUBQUERY: NO_SUCH_SUBQUERY,
  TOO_MANY_ARGUMENTS: ['54023', 'cannot pass so many arguments to a function'],
  SYNTAX_ERROR: NOT_TAKEN,
  TYPE_MISMATCH: NOT_TAKEN,
}

type Rule = { readonly pattern: RegExp; readonly make: (found: RegExpExecArray) => Answer }

/** A message may quote a user's value, so that each pattern is tied to its beginning, up to where values start. */
const VALUES: readonly Rule[] = [
  { pattern: /^Out of range for (\w+)/, make: ([, type]) => ['22003', outOfRange(type)] },
  {
    pattern: /^Value \S+ is out of range for \w+\((\w+)/,
    make: ([, type]) => ['22003', outOfRange(type)],
  },
  {
    pattern: /^(\w+) (?:addition|subtraction|multiplication|negation|division) /,
    make: ([, type]) => ['22003', outOfRange(type)],
  },
  { pattern: /^Decimal (?:overflow|result exceeds)/i, make: () => ['22003', 'numeric field overflow'] },
  {
    pattern: /^Cannot cast (?:\w+(?:\([\d, ]+\))? )?'([\s\S]*)' to DECIMAL\([\d, ]+\)\. Value is not a number/,
    make: ([, value]) => ['22P02', badInput('numeric', value)],
  },
  { pattern: /^Cannot cast \w+(?:\([\d, ]+\))? '[^']*' to DECIMAL/, make: () => ['22003', 'numeric field overflow'] },
  {
    pattern: /^(?:Unable to cast|Cannot cast (?:double|real|decimal)) \S+ to (\w+)/i,
    make: ([, type]) => ['22003', outOfRange(type)],
  },
  {
    pattern: /^Value cannot be cast to (date|timestamp|time)\b[^:]{0,30}: ([\s\S]*)$/,
    make: ([, type, value]) => ['22007', badInput(typeName(type), value)],
  },
  { pattern: /^Cannot cast value to UUID: ([\s\S]*)$/, make: ([, value]) => ['22P02', badInput('uuid', value)] },
  { pattern: /^Cannot cast '([\s\S]*)' to (\w+)$/, make: ([, value, type]) => notCast(value, type) },
  { pattern: /^Cannot convert value to JSON/, make: () => ['22P02', 'invalid input syntax for type json'] },
  {
    pattern:
      /^(?:Value \S+ exceeds M(?:AX|IN)_INT|\S+ is out of range|Millis overflow|Timestamp|Invalid value for (?:Year|EpochDay))/i,
    make: () => ['22008', 'date/time field value out of range'],
  },
  // its planner, of a join below a subquery whose condition names columns from further outside: nothing has run
  { pattern: /^Some filter inputs missing from left\/right: /, make: () => NO_SUCH_SUBQUERY },
  { pattern: /^\/ by zero$|^BigInteger divide by zero$/, make: () => ['22012', 'division by zero'] },
  {
    pattern: /^'[^']*' is not a valid time zone|^Unknown time-zone ID|^The datetime zone id/i,
    make: () => ['22023', 'time zone not recognized'],
  },
  {
    pattern: /^(?:NULL value not allowed for NOT NULL column: |Cannot insert null into )(?:\S+\.)?(\w+)/i,
    make: ([, column = '']) => ['23502', `null value in column "${column}" violates not-null constraint`, { column }],
  },
]

/** Trino's names of types in its messages, and PostgreSQL's. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  tinyint: 'smallint',
  smallint: 'smallint',
  int: 'integer',
  integer: 'integer',
  bigint: 'bigint',
  real: 'real',
  double: 'double precision',
  decimal: 'numeric',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
}

function typeName(type = ''): string {
  return TYPE_NAMES[type.toLowerCase()] ?? 'unknown'
}

function outOfRange(type: string | undefined): string {
  const name = typeName(type)
  return name === 'unknown' ? 'value out of range' : `${name} out of range`
}

function badInput(type: string, value = ''): string {
  return `invalid input syntax for type ${type}: "${value}"`
}

function notCast(value = '', type = ''): Answer {
  const name = typeName(type)
  if (/^\s*[+-]?\d+\s*$/.test(value) && /int$|^integer$/.test(name)) {
    return ['22003', `value "${value}" is out of range for type ${name}`]
  }
  return name === 'unknown' ? ['22P02', `invalid input syntax: "${value}"`] : ['22P02', badInput(name, value)]
}

function statementError(failure: TrinoFailure): PgError {
  const { errorName, message } = failure
  // fail('…') of printed SQL: anywhere else the text is a value's
  const raised = errorName === 'GENERIC_USER_ERROR' && message.startsWith('@') ? raisedError(message) : null
  if (raised !== null) return raised
  const [code, text, fields] = answerFor(failure)
  return new PgError(code, text, { ...fields, cause: `${errorName}: ${message}` })
}

function answerFor(failure: TrinoFailure): Answer {
  const { errorName, errorType, message } = failure
  if (errorName.startsWith('ICEBERG_')) return lakeAnswer(failure)
  if (/^(?:INVALID_|NUMERIC_|GENERIC_|CONSTRAINT_)/.test(errorName)) {
    for (const { pattern, make } of VALUES) {
      const found = pattern.exec(message)
      if (found !== null) return make(found)
    }
  }
  const known = BY_NAME[errorName]
  if (known !== undefined) return known
  if (errorName === 'INVALID_CAST_ARGUMENT') return ['22000', 'invalid value']
  if (errorName === 'NUMERIC_VALUE_OUT_OF_RANGE') return ['22003', 'value out of range']
  if (isTooLarge(message)) return ['54000', 'value is too large']
  if (errorType === 'INSUFFICIENT_RESOURCES') return OUT_OF_MEMORY
  if (errorType === 'EXTERNAL') return NO_LAKE
  return errorType === 'USER_ERROR' ? NOT_TAKEN : ['XX000', 'the statement could not be run', { fault: 'engine' }]
}

function isTooLarge(message: string): boolean {
  return /^(?:Requested array size exceeds|Cannot allocate|Required array (?:length|size))/i.test(message)
}

/** https://iceberg.apache.org/rest-catalog-spec/ CommitFailedException, CommitStateUnknownException */
function lakeAnswer({ errorName, message, causes }: TrinoFailure): Answer {
  const why = causes.join()
  if (errorName === 'ICEBERG_COMMIT_ERROR') {
    if (/CommitStateUnknown/.test(why)) return OUTCOME_UNKNOWN
    return LOST_RACE
  }
  if (/NoSuch(?:Table|Namespace)/.test(why)) return NO_RELATION
  if (/NotAuthorized|Forbidden|AccessDenied/.test(why)) return ['58000', 'the lake refused access', { fault: 'lake' }]
  if (/CommitFailed|AlreadyExists/.test(why)) return LOST_RACE
  if (/CommitStateUnknown/.test(why)) return OUTCOME_UNKNOWN
  if (errorName === 'ICEBERG_WRITE_VALIDATION_FAILED' && /null/i.test(message)) {
    return ['23502', 'null value violates not-null constraint']
  }
  return NO_LAKE
}

/** The write lost the race for its commit, and has done nothing. */
export function isLostRace(error: unknown): boolean {
  return error instanceof StatementFailure && statementError(error.failure).code === LOST_RACE[0]
}

const CLIENT_ANSWERS: Readonly<Record<FailureKind, Answer>> = {
  unreachable: STARTING,
  unavailable: STARTING,
  unknownOutcome: ['58000', 'the engine’s answer was lost', { hint: 'Run the statement again.', fault: 'engine' }],
  forgotten: STOPPED,
  refused: ['58000', 'the engine refused access', { fault: 'internal' }],
  malformed: ['58000', 'the engine’s answer could not be read', { fault: 'engine' }],
  cancelled: ['57014', 'canceling statement due to user request'],
}

/** A write that was sent may have been done. */
const UNKNOWN_FOR_WRITES: ReadonlySet<FailureKind> = new Set(['unknownOutcome', 'forgotten', 'malformed'])

function clientError(failure: ClientFailure, isWrite: boolean): PgError {
  const isUnknown = isWrite && UNKNOWN_FOR_WRITES.has(failure.kind)
  const [code, message, fields] = isUnknown ? OUTCOME_UNKNOWN : CLIENT_ANSWERS[failure.kind]
  return new PgError(code, message, { ...fields, cause: failure })
}
