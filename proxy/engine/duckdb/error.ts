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
const LOST_RACE = /CommitFailedException|Conflict_409|status code 409|write-write conflict/

export function isConflict(message: string): boolean {
  return LOST_RACE.test(message)
}

const RULES: readonly Rule[] = [
  // limits
  rule(/^Out of Memory Error|bad_alloc|failed to allocate|could not allocate/i, '53200', 'out of memory'),
  rule(
    /max_temp_directory_size|failed to offload data block/i,
    '53400',
    'temporary file size exceeds the limit',
    'limit',
  ),
  rule(/No space left on device/i, '53100', 'could not write: no space left on device', 'lake'),
  rule(/max(imum)? (expression depth|recursion depth)|stack overflow/i, '54001', 'stack depth limit exceeded'),
  rule(/string .*(too large|exceeds)|exceeds the maximum (string|blob) (size|length)/i, '54000', 'value is too large'),
  // lost races: another commit came first
  rule(LOST_RACE, '40001', 'could not serialize access due to concurrent update', 'lake'),
  // numbers
  rule(/division by zero/i, '22012', 'division by zero'),
  rule(/cannot take (the )?square root of a negative number/i, '2201F', 'cannot take square root of a negative number'),
  rule(/cannot take logarithm of zero/i, '2201E', 'cannot take logarithm of zero'),
  rule(/cannot take logarithm of a negative number/i, '2201E', 'cannot take logarithm of a negative number'),
  {
    pattern:
      /out of range for the destination type (\w+)|Overflow in \w+ of (\w+)|Failed to cast decimal value|Casting .* to (\w+) failed: value is out of range/i,
    make: (found) => new PgError('22003', rangeMessage(found[1] ?? found[2] ?? found[3] ?? '')),
  },
  { pattern: /Could not cast value .* to DECIMAL\(/i, make: () => new PgError('22003', 'numeric field overflow') },
  {
    pattern: /^(Out of Range Error|Conversion Error:.*out of range)/i,
    make: (found) => new PgError('22003', outOfRange(found.input)),
  },
  // values
  rule(
    /(timestamp|date|time) field value (is )?out of range|date\/time field value out of range/i,
    '22008',
    'date/time field value out of range',
  ),
  {
    pattern:
      /(?:invalid (?:date|timestamp|time|interval) field format|Could not convert string|unable to convert|Could not parse string|invalid (?:UUID|uuid))[^"']*(?:["']([^"']*)["'])?/i,
    make: (found) =>
      new PgError('22P02', found[1] === undefined ? 'invalid input syntax' : `invalid input syntax: "${found[1]}"`),
  },
  rule(/Malformed JSON|Invalid JSON/i, '22P02', 'invalid input syntax for type json'),
  rule(/unknown TimeZone/i, '22023', 'time zone not recognized'),
  rule(
    /invalid regular expression|RE2|missing argument to repetition operator/i,
    '2201B',
    'invalid regular expression',
  ),
  rule(
    /more than one row returned by a subquery/i,
    '21000',
    'more than one row returned by a subquery used as an expression',
  ),
  rule(/recursive query .*limit|Maximum recursion depth/i, '54001', 'stack depth limit exceeded'),
  // constraints
  {
    pattern: /NOT NULL constraint failed: (?:[^.\s]+\.)*([^.\s]+)/i,
    make: (found) =>
      new PgError('23502', `null value in column "${found[1]}" violates not-null constraint`, {
        column: found[1] ?? '',
      }),
  },
  rule(/CHECK constraint failed/i, '23514', 'new row violates check constraint'),
  // the lake
  rule(
    /(NoSuchTableException|NoSuchNamespaceException|Table with name .* does not exist|Schema with name .* does not exist)/i,
    '42P01',
    'relation does not exist',
    'lake',
  ),
  rule(
    /HTTP.*\b(401|403)\b|status code (401|403)|Unauthorized|Forbidden/is,
    '58000',
    'the lake refused access',
    'lake',
  ),
  rule(/^(IO|HTTP) Error/i, '58030', 'could not read or write the lake', 'lake'),
  rule(/^Permission Error/i, '42501', 'permission denied', 'internal'),
  rule(/^Constraint Error/i, '23000', 'integrity constraint violation'),
  rule(/^(Conversion|Invalid Input) Error/i, '22000', 'invalid value'),
  rule(/^Not implemented Error/i, '0A000', 'the statement uses something that is not supported', 'engine'),
  rule(/^TransactionContext Error/i, '40001', 'could not serialize access due to concurrent update', 'lake'),
  // printed SQL that the engine does not take is a bug of the printer
  rule(
    /^(Binder|Catalog|Parser|Internal|Fatal|Syntax|Invalid Type|Mismatch Type|Invalid Configuration)/i,
    'XX000',
    'the statement could not be run',
    'internal',
  ),
]

const RANGE_NAMES: Readonly<Record<string, string>> = {
  INT8: 'smallint',
  INT16: 'smallint',
  INT32: 'integer',
  INT64: 'bigint',
  SMALLINT: 'smallint',
  INTEGER: 'integer',
  BIGINT: 'bigint',
}

function rangeMessage(type: string): string {
  const name = RANGE_NAMES[type.toUpperCase()]
  if (name !== undefined) return `${name} out of range`
  return /^(DECIMAL|INT128|HUGEINT)/i.test(type) ? 'numeric field overflow' : 'value out of range'
}

function outOfRange(message: string): string {
  if (/timestamp/i.test(message)) return 'timestamp out of range'
  if (/interval/i.test(message)) return 'interval out of range'
  if (/date/i.test(message)) return 'date out of range'
  return 'value out of range'
}

export function engineError(message: string): PgError {
  const raised = raisedError(message)
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
