/** What Trino makes of the cases of case/, beside what PostgreSQL says. */
import { PgError } from '../../proxy/error.ts'
import type { FunctionCase } from './cases.ts'
import type { Answer, Rows, Table, Value } from './oracle.ts'
import type { TrinoOracle } from './trino-oracle.ts'

/** `null`: PostgreSQL's answer; else what it is instead. */
export type Outcome = string | null

const BATCH = 12
const CLOSE_DIGITS = 13

/** These are their host's mathematics library in PostgreSQL, and Java's in Trino: 15 digits are the same. */
const LIBRARY_FUNCTIONS = [
  ...['cbrt', 'exp', 'ln', 'log', 'log10', 'power', 'sqrt'],
  ...['sin', 'cos', 'tan', 'cot', 'asin', 'acos', 'atan', 'atan2'],
  ...['sind', 'cosd', 'tand', 'cotd', 'asind', 'acosd', 'atand', 'atan2d'],
  ...['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
  ...['stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp', 'corr', 'covar_pop', 'covar_samp'],
  ...['regr_avgx', 'regr_avgy', 'regr_intercept', 'regr_r2', 'regr_slope', 'regr_sxx', 'regr_sxy', 'regr_syy'],
]
const LIBRARY = new RegExp(`\\b(${LIBRARY_FUNCTIONS.join('|')})\\(|\\^|\\|\\|/`)
const LIBRARY_DIFFERENCE = 1e-15
/** More are a numeric's, which is exact. */
const FLOAT_DIGITS_MAX = 17

const ALONE: ReadonlySet<string> = new Set(['window', 'aggregate'])

export async function outcomes(
  oracle: TrinoOracle,
  tables: readonly Table[],
  cases: readonly FunctionCase[],
): Promise<Map<FunctionCase, Outcome>> {
  const result = new Map<FunctionCase, Outcome>()
  const together: { one: FunctionCase; rows: Rows }[] = []
  for (const one of cases) {
    const refusal = await refused(oracle, statement(one))
    const whole = await oracle.postgres(statement(one))
    if (refusal !== null && !('error' in whole && refusal.code === whole.error.slice(0, 5)))
      result.set(one, `refused: ${refusal.message}`)
    else if ('rows' in whole && !one.aggregate && !ALONE.has(one.family)) together.push({ one, rows: whole.rows })
    else if ('rows' in whole || one.aggregate || ALONE.has(one.family))
      result.set(one, outcome(one, whole, await oracle.ours(statement(one))))
    else result.set(one, await rowByRow(oracle, tables, one))
  }
  for (const table of new Set(together.map(({ one }) => one.table))) {
    const own = together.filter(({ one }) => one.table === table)
    for (let at = 0; at < own.length; at += BATCH) await compareTogether(oracle, own.slice(at, at + BATCH), result)
  }
  return result
}

function statement(one: FunctionCase, where = ''): string {
  const order = one.aggregate || where !== '' ? '' : ' order by k'
  return `select ${one.expression} from ${one.table}${where}${order}`
}

async function refused(oracle: TrinoOracle, sql: string): Promise<PgError | null> {
  try {
    await oracle.compile(sql)
    return null
  } catch (error) {
    if (error instanceof PgError) return error
    throw error
  }
}

/** Several expressions over a table as one statement; one that fails is found by halves. */
async function compareTogether(
  oracle: TrinoOracle,
  cases: readonly { one: FunctionCase; rows: Rows }[],
  result: Map<FunctionCase, Outcome>,
): Promise<void> {
  const [first] = cases
  if (first === undefined) return
  const list = cases.map(({ one }) => `(${one.expression})`).join(', ')
  const sql = cases.length === 1 ? statement(first.one) : `select ${list} from ${first.one.table} order by k`
  const answer = await oracle.ours(sql)
  if (cases.length === 1) {
    result.set(first.one, outcome(first.one, { rows: first.rows }, answer))
    return
  }
  if ('error' in answer) {
    const half = Math.ceil(cases.length / 2)
    await compareTogether(oracle, cases.slice(0, half), result)
    await compareTogether(oracle, cases.slice(half), result)
    return
  }
  cases.forEach(({ one, rows }, index) => {
    const column = answer.rows.map((row) => [row[index] ?? null])
    result.set(one, outcome(one, { rows }, { rows: column }))
  })
}

/** Rows for which PostgreSQL has an error each by itself. */
async function rowByRow(oracle: TrinoOracle, tables: readonly Table[], one: FunctionCase): Promise<Outcome> {
  for (const [k] of tables.find(({ name }) => name === one.table)?.rows ?? []) {
    const sql = statement(one, ` where k = ${k}`)
    const found = outcome(one, await oracle.postgres(sql), await oracle.ours(sql))
    if (found !== null) return found
  }
  return null
}

function outcome(one: FunctionCase, postgres: Answer, ours: Answer): Outcome {
  if ('error' in ours)
    return 'error' in postgres && postgres.error.slice(0, 5) === ours.error.slice(0, 5)
      ? null
      : `${ours.error.startsWith('0A000') ? 'refused for a row' : 'fails'}: ${ours.error}`
  if ('error' in postgres) return `differs: ${JSON.stringify(ours.rows)} for ${postgres.error}`
  if (same(postgres.rows, ours.rows, one.kind === 'number' ? number : text)) return null
  if (LIBRARY.test(one.expression) && alike(postgres.rows, ours.rows)) return null
  if (one.kind === 'close' && same(postgres.rows, ours.rows, close)) return null
  const numbers = postgres.rows.every((row) =>
    row.every((value) => value === null || (value.trim() !== '' && !Number.isNaN(Number(value)))),
  )
  if (numbers && same(postgres.rows, ours.rows, number)) return 'other zeros at the end of its decimal places'
  if (numbers && same(postgres.rows, ours.rows, close)) return `agrees to ${CLOSE_DIGITS} digits`
  return `differs: ${JSON.stringify(ours.rows)} for ${JSON.stringify(postgres.rows)}`
}

function same(left: Rows, right: Rows, shown: (value: Value) => Value): boolean {
  return JSON.stringify(left.map((row) => row.map(shown))) === JSON.stringify(right.map((row) => row.map(shown)))
}

/** Numbers of 15 digits at least. */
function alike(left: Rows, right: Rows): boolean {
  return left.every((row, at) => row.every((value, index) => alikeValues(value, right[at]?.[index] ?? null)))
}

function alikeValues(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a === null || b === null || a.trim() === '' || b.trim() === '') return false
  if (significantDigits(a) > FLOAT_DIGITS_MAX) return false
  const [x, y] = [Number(a), Number(b)]
  return Math.abs(x - y) <= LIBRARY_DIFFERENCE * Math.max(Math.abs(x), Math.abs(y))
}

function significantDigits(number: string): number {
  return number.replace(/e.*$|[-+.]/g, '').replace(/^0+/, '').length
}

const text = (value: Value) => value
const number = (value: Value) =>
  value === null || !value.includes('.') ? value : value.replace(/0+$/, '').replace(/\.$/, '')
const close = (value: Value) => (value === null ? null : Number(value).toPrecision(CLOSE_DIGITS))
