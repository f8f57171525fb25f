import type { TypeSignature } from '../encode/type.ts'

/**
 * One answer of Trino's statement protocol. Rows make up nearly all of its bytes, and stay bytes: only what is around them
 * is parsed. https://trino.io/docs/current/develop/client-protocol.html
 */
export type Page = {
  readonly body: Buffer
  /** the brackets of the list of rows, both inside; null: no rows */
  readonly rows: { readonly start: number; readonly end: number } | null
  readonly nextPath: string | null
  readonly columns: readonly PageColumn[] | null
  readonly stats: PageStats
  readonly error: TrinoFailure | null
  readonly updateCount: number | null
}

export type PageColumn = { name: string; type: string; typeSignature: TypeSignature }

export type PageStats = {
  state: string
  progressPercentage?: number
  processedRows: number
  processedBytes: number
}

export type TrinoFailure = {
  message: string
  errorName: string
  errorType: string
  /** classes of the exceptions behind it, the outermost first */
  causes: readonly string[]
}

type Failure = { message?: string; errorName?: string; errorType?: string; failureInfo?: FailureInfo }
type FailureInfo = { type?: string; cause?: FailureInfo }

type Envelope = {
  nextUri?: string
  columns?: PageColumn[] | null
  stats?: PageStats
  error?: Failure | null
  updateCount?: number | null
}

const ROWS_KEY = Buffer.from('"data":[')
const AFTER_ROWS = Buffer.from('],"stats":')
const NEXT_URI = /"nextUri":"([^"\\]+)"/

/** A quote in a name or a value is escaped, so that neither can look like one of the keys. */
export function parsePage(body: Buffer): Page {
  const key = body.indexOf(ROWS_KEY)
  const start = key < 0 ? -1 : key + ROWS_KEY.length - 1
  const end = key < 0 ? -1 : body.lastIndexOf(AFTER_ROWS) + 1
  if (key >= 0 && end <= start) throw new Error('rows of a page without an end')
  const around = key < 0 ? body.toString() : `${body.toString('utf8', 0, start)}null${body.toString('utf8', end)}`
  const { nextUri, columns, stats, error, updateCount } = JSON.parse(around) as Envelope
  return {
    body,
    rows: key < 0 ? null : { start, end },
    nextPath: nextUri === undefined ? null : pathOf(nextUri),
    columns: columns ?? null,
    stats: stats ?? { state: '', processedRows: 0, processedBytes: 0 },
    error: error === undefined || error === null ? null : failureOf(error),
    updateCount: updateCount ?? null,
  }
}

function failureOf({ message = '', errorName = '', errorType = '', failureInfo }: Failure): TrinoFailure {
  const causes: string[] = []
  for (let info = failureInfo; info !== undefined; info = info.cause) causes.push(info.type ?? '')
  return { message, errorName, errorType, causes }
}

/** `nextUri` comes before the rows. */
export function nextPathIn(prefix: Buffer): string | null {
  const found = NEXT_URI.exec(prefix.toString('latin1', 0, prefix.length))
  return found?.[1] === undefined ? null : pathOf(found[1])
}

/** Whatever host a proxy makes Trino believe in: we ask the one that we were told of, and no other. */
function pathOf(uri: string): string {
  const { pathname, search } = new URL(uri)
  return pathname + search
}
