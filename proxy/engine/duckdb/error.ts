import { PgError } from '../../error.ts'
import { raisedError } from '../../print/raise.ts'

/**
 * What DuckDB says, and the SQLSTATE PostgreSQL would give. Messages become PostgreSQL's own where it has one for the
 * case; else a fixed text, so that no path, file name or engine name leaves. The engine's words stay in `cause`, for the log.
 */
type Rule = { readonly pattern: RegExp; readonly make: (found: RegExpExecArray) => PgError }

function rule(pattern: RegExp, code: string, message: string, fault?: 'lake' | 'engine' | 'limit' | 'internal'): Rule {
  return { pattern, make: () => new PgError(code, message, fault === undefined ? {} : { fault }) }
}

/** https://iceberg.apache.org/rest-catalog-spec/ CommitFailedException */
const LOST_RACE =
  /^TransactionContext Error.*(?:CommitFailedException|Conflict_409|[Cc]onflict on|write-write conflict)/s

export function isConflict(message: string): boolean {
  return LOST_RACE.test(message)
}

/** The lake did not accept the token, or no longer. */
export function isRefused(message: string): boolean {
  return /^(?:HTTP|IO|TransactionContext|Catalog) Error.{0,300}\b(?:401|Unauthorized)/s.test(message)
}

/** After an error of its own making DuckDB answers nothing any more: only a new process does. */
export function isBroken(message: string): boolean {
  return /^(?:INTERNAL|FATAL) Error/i.test(message)
}

/**
 * The first that fits. A message may quote a user's value, so that each pattern is tied to the message's beginning, up to
 * where values start.
 */
const RULES: readonly Rule[] = [
  // limits
  rule(/^Out of Memory Error|^std::bad_alloc/, '53200', 'out of memory'),
  rule(
    /^IO Error: .{0,40}(?:max_temp_directory_size|failed to offload)/is,
    '53400',
    'temporary file size exceeds the limit',
    'limit',
  ),
  rule(/^IO Error: .{0,300}No space left on device/s, '53100', 'could not write: no space left on device', 'lake'),
  rule(
    /^\w+ Error: (?:Max(?:imum)? (?:expression|recursion) depth|Stack overflow)/i,
    '54001',
    'stack depth limit exceeded',
  ),
  rule(
    /^Out of Range Error: (?:Cannot create a string of size|String .{0,20}too large)/i,
    '54000',
    'value is too large',
  ),
  rule(LOST_RACE, '40001', 'could not serialize access due to concurrent update', 'lake'),
  // numbers
  rule(/^[\w ]+ Error: division by zero/i, '22012', 'division by zero'),
  rule(
    /^Out of Range Error: cannot take (?:the )?square root of a negative/i,
    '2201F',
    'cannot take square root of a negative number',
  ),
  rule(/^Out of Range Error: cannot take logarithm of zero/i, '2201E', 'cannot take logarithm of zero'),
  rule(
    /^Out of Range Error: cannot take logarithm of a negative/i,
    '2201E',
    'cannot take logarithm of a negative number',
  ),
  // dates and times
  {
    pattern:
      /^(?:Conversion|Out of Range) Error: .{0,40}(timestamp|interval|date|time)\b.{0,24}(?:out of range|not in timestamp range)|^(?:Conversion|Out of Range) Error: (?:Overflow in \w+ of (INTERVAL)|(Date) and time not in|(Epoch))/i,
    make: (found) => new PgError('22008', timeMessage(found[0])),
  },
  { pattern: /^Conversion Error: extract specifier/i, make: () => new PgError('22023', 'unit not recognized') },
  rule(/^Not implemented Error: Unknown TimeZone/i, '22023', 'time zone not recognized'),
  // ranges
  {
    pattern:
      /^Conversion Error: Type \w+ with value \S+ can't be cast because the value is out of range for the destination type (\w+)|^Out of Range Error: Overflow in \w+ of (\w+)|^Conversion Error: Casting value "[^"]*" to type (\w+)/i,
    make: (found) => new PgError('22003', rangeMessage(found[1] ?? found[2] ?? found[3] ?? '')),
  },
  rule(
    /^Conversion Error: Could not cast value \S+ to DECIMAL\(|^Conversion Error: Failed to cast decimal/i,
    '22003',
    'numeric field overflow',
  ),
  rule(
    /^Out of Range Error: Invalid RANGE (?:PRECEDING|FOLLOWING) value/,
    '22013',
    'invalid preceding or following size in window function',
  ),
  rule(/^Out of Range Error/, '22003', 'value out of range'),
  // values
  {
    pattern:
      /^Conversion Error: (?:Could not convert string (?:'([\s\S]*)'|"([\s\S]*)") to (\w+)|invalid (date|timestamp|time|interval) field format: "([^"]*)")/i,
    make: (found) => badInput(found[1] ?? found[2] ?? found[5] ?? '', found[3] ?? found[4] ?? ''),
  },
  rule(
    /^(?:Conversion|Invalid Input) Error: (?:Malformed|Invalid) JSON/i,
    '22P02',
    'invalid input syntax for type json',
  ),
  rule(/^Conversion Error: Failure in decode/i, '22021', 'invalid byte sequence for encoding "UTF8"'),
  rule(
    /^Invalid Input Error: (?:More than one row returned by a subquery)/i,
    '21000',
    'more than one row returned by a subquery used as an expression',
  ),
  // constraints
  {
    pattern: /^Constraint Error: NOT NULL constraint failed: (?:[^.\s]+\.)*([^.\s]+)/i,
    make: (found) =>
      new PgError('23502', `null value in column "${found[1]}" violates not-null constraint`, {
        column: found[1] ?? '',
      }),
  },
  rule(/^Constraint Error: CHECK constraint failed/i, '23514', 'new row violates check constraint'),
  // the lake
  rule(
    /^Catalog Error: (?:Table|Schema) with name .{0,300} does not exist/s,
    '42P01',
    'relation does not exist',
    'lake',
  ),
  rule(
    /^\w+ Error: .{0,300}(?:NoSuchTableException|NoSuchNamespaceException)/s,
    '42P01',
    'relation does not exist',
    'lake',
  ),
  rule(
    /^(?:HTTP|IO|TransactionContext|Catalog) Error.{0,300}\b(?:401|403|Unauthorized|Forbidden)\b/s,
    '58000',
    'the lake refused access',
    'lake',
  ),
  rule(/^(?:IO|HTTP) Error/, '58030', 'could not read or write the lake', 'lake'),
  rule(/^Permission Error/, '42501', 'permission denied', 'internal'),
  rule(/^Constraint Error/, '23000', 'integrity constraint violation'),
  rule(/^(?:Conversion|Invalid Input) Error/, '22000', 'invalid value'),
  rule(/^Not implemented Error/, '0A000', 'the statement uses something that is not supported', 'engine'),
  rule(/^TransactionContext Error/, '58000', 'the lake did not take the change', 'lake'),
  rule(
    /^Binder Error: (?:Subqueries are not supported in LATERAL|Join condition for non-inner LATERAL)/,
    '0A000',
    'a subquery in the condition of a lateral join is not supported',
    'engine',
  ),
  rule(
    /^Binder Error: Correlated columns not supported in LIMIT/,
    '0A000',
    'a LIMIT or OFFSET that depends on an outer row is not supported',
    'engine',
  ),
  // printed SQL that the engine does not take is a bug of the printer
  rule(
    /^(?:Binder|Catalog|Parser|INTERNAL|Internal|Fatal|Syntax|Invalid Type|Mismatch Type|Invalid Configuration)/,
    'XX000',
    'the statement could not be run',
    'internal',
  ),
]

/** DuckDB's names of types in its messages, and PostgreSQL's. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  INT8: 'smallint',
  INT16: 'smallint',
  INT32: 'integer',
  INT64: 'bigint',
  SMALLINT: 'smallint',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  DECIMAL: 'numeric',
  BOOL: 'boolean',
  INT128: 'uuid',
  UUID: 'uuid',
  INTERVAL: 'interval',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
}

function rangeMessage(type: string): string {
  if (/^(DECIMAL|INT128|HUGEINT)/i.test(type)) return 'numeric field overflow'
  const name = TYPE_NAMES[type.toUpperCase()]
  return name === undefined ? 'value out of range' : `${name} out of range`
}

function badInput(value: string, type: string): PgError {
  const name = TYPE_NAMES[type.toUpperCase()]
  if (name === undefined) return new PgError('22P02', `invalid input syntax: "${value}"`)
  if (/^\s*[+-]?\d+\s*$/.test(value) && /int$|^integer$/.test(name)) {
    return new PgError('22003', `value "${value}" is out of range for type ${name}`)
  }
  // PostgreSQL has a code of its own for dates
  const code = /^(date|time|timestamp|interval)$/.test(name) ? '22007' : '22P02'
  return new PgError(code, `invalid input syntax for type ${name}: "${value}"`)
}

function timeMessage(message: string): string {
  if (/field value/i.test(message)) return 'date/time field value out of range'
  if (/interval/i.test(message)) return 'interval out of range'
  return /\bdate out of range/i.test(message) ? 'date out of range' : 'timestamp out of range'
}

/** error('…') and functions in JavaScript: anywhere else the text is a value's. */
const RAISED = /^Invalid Input Error: @/

export function engineError(message: string): PgError {
  const raised = RAISED.test(message) ? raisedError(message) : null
  if (raised !== null) return raised
  for (const { pattern, make } of RULES) {
    const found = pattern.exec(message)
    if (found !== null) return withCause(make(found), message)
  }
  return new PgError('XX000', 'the statement could not be run', { fault: 'engine', cause: message })
}

function withCause(error: PgError, message: string): PgError {
  return new PgError(error.code, error.message, { ...error.fields, cause: message })
}

export function cancelled(): PgError {
  return new PgError('57014', 'canceling statement due to user request')
}

export function engineDied(detail: string): PgError {
  return new PgError('57P02', 'the engine that ran the statement has stopped', {
    hint: 'Run the statement again.',
    fault: 'engine',
    cause: detail,
  })
}

export function memoryExceeded(): PgError {
  return new PgError('53200', 'out of memory', { detail: 'The statement used more memory than an engine may.' })
}
