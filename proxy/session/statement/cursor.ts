import type { Batch } from '../../engine/engine.ts'
import { PgError, unsupported } from '../../error.ts'
import { Portal } from '../portal.ts'
import { type Outcome, resultFormats, rowsOnce } from '../rows.ts'
import type { Session } from '../state.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementHandler } from './handler.ts'

/** https://www.postgresql.org/docs/18/sql-declare.html */
export const declareCursor: StatementHandler = {
  readOnly: true,
  command: 'DECLARE CURSOR',
  async run(ctx) {
    const { session, statement, bind } = ctx
    const declaration = readDeclare(statement.sql)
    if (declaration === null) throw unsupported('this form of DECLARE')
    const { name, options, queryAt } = declaration
    if (!options.hold && !session.transaction.inBlock && !session.oneOfMany) {
      throw new PgError('25P01', 'DECLARE CURSOR can only be used in transaction blocks')
    }
    if (name === '') throw new PgError('34000', 'invalid cursor name: must not be empty')
    session.portals.refuseTaken(name)
    const inner = await ctx.compileInner(queryAt, statement.sql.length)
    if (inner.columns === null || inner.analysis.kind === 'utility') {
      throw new PgError('42601', 'DECLARE CURSOR must specify a query that returns rows')
    }
    // What Bind gave belongs to the cursor; its rows are made when first fetched, in the formats of that fetch.
    await session.portals.add(
      new Portal({
        name,
        statement: inner,
        bind,
        cursor: options,
        savepoint: session.transaction.savepointSerial,
        text: statement.sql,
        begin: (bound, signal) =>
          ctx.runStatementUnder(inner, options.binary ? { ...bound, resultFormats: [1] } : bound, signal),
      }),
    )
    return done('DECLARE CURSOR')
  },
}

export function readDeclare(sql: string) {
  const reader = new TokenReader(sql)
  const name = reader.words('declare') ? reader.identifier() : null
  if (name === null) return null
  const options = { binary: false, scroll: false, hold: false }
  for (;;) {
    if (reader.words('binary')) options.binary = true
    else if (reader.words('no', 'scroll')) options.scroll = false
    else if (reader.words('scroll')) options.scroll = true
    else if (reader.oneOf('insensitive', 'asensitive') === null) break
  }
  if (!reader.words('cursor')) return null
  if (reader.words('with', 'hold')) options.hold = true
  else reader.words('without', 'hold')
  return reader.words('for') ? { name, options, queryAt: reader.offset } : null
}

/** https://www.postgresql.org/docs/18/sql-fetch.html, and MOVE, which is FETCH without the rows */
export const fetch: StatementHandler = {
  readOnly: true,
  command: 'FETCH',
  async describe({ session, statement }) {
    const command = readFetch(statement.sql)
    return command === null || command.move ? null : (session.portals.get(command.name, 'cursor').columns ?? null)
  },
  async run(ctx) {
    const { session, bind, signal } = ctx
    const command = readFetch(ctx.statement.sql)
    if (command === null) throw unsupported('this form of FETCH')
    const portal = session.portals.get(command.name, 'cursor')
    await begin(portal, command.move ? null : bind.resultFormats, signal)
    const batches = await primed(travel(portal, command.direction, signal))
    if (command.move) {
      let rows = 0
      for await (const batch of batches) rows += batch.rows
      return done(`MOVE ${rows}`)
    }
    return {
      kind: 'rows',
      columns: portal.columns ?? [],
      formats: portal.formats ?? [],
      batches,
      tag: (rows) => `FETCH ${rows}`,
    }
  },
}

/** Errors of a FETCH come before its RowDescription. */
async function primed(batches: AsyncGenerator<Batch>): Promise<AsyncGenerator<Batch>> {
  const first = await batches.next()
  async function* all(): AsyncGenerator<Batch> {
    if (first.done) return
    yield first.value
    yield* batches
  }
  return all()
}

/** `formats` null: those that the cursor has, or will have by itself. */
async function begin(portal: Portal, formats: readonly number[] | null, signal: AbortSignal): Promise<void> {
  const count = portal.columns?.length ?? 0
  if (formats !== null && portal.formats !== null && !portal.definition.cursor?.binary) {
    const wanted = resultFormats(formats, count)
    if (wanted.some((format, index) => format !== portal.formats?.[index])) {
      throw unsupported('fetching in another format than the cursor began with')
    }
  }
  await portal.begin(formats ?? [], signal)
  await portal.open(signal)
}

type Direction =
  | { kind: 'forward'; rows: number }
  | { kind: 'backward'; rows: number }
  | { kind: 'absolute' | 'relative'; row: number }

const ALL = Number.POSITIVE_INFINITY

async function* travel(portal: Portal, direction: Direction, signal: AbortSignal): AsyncGenerator<Batch> {
  switch (direction.kind) {
    case 'forward':
      if (direction.rows < 0) yield* backward(portal, -direction.rows)
      else if (direction.rows === 0) yield* again(portal)
      else yield* portal.forward(direction.rows === ALL ? 0 : direction.rows, signal)
      return
    case 'backward':
      if (direction.rows < 0) yield* portal.forward(-direction.rows, signal)
      else if (direction.rows === 0) yield* again(portal)
      else yield* backward(portal, direction.rows)
      return
    case 'absolute':
      yield* seek(portal, direction.row < 0 ? rowCount(portal) + 1 + direction.row : direction.row, signal)
      return
    case 'relative':
      if (direction.row === 0) yield* again(portal)
      else yield* seek(portal, portal.position + direction.row, signal)
      return
    default:
      direction satisfies never
  }
}

/** To the row of this number, counted from 1, and that row. */
async function* seek(portal: Portal, row: number, signal: AbortSignal): AsyncGenerator<Batch> {
  if (portal.state.kind === 'held') {
    const { rows } = portal.state
    portal.position = Math.max(0, Math.min(row, rows.length + 1))
    const found = rows[row - 1]
    if (found !== undefined) yield* rowsOnce([found])
    return
  }
  if (row <= portal.position) refuseBackward()
  const skipped = row - portal.position - 1
  if (skipped > 0) for await (const _ of portal.forward(skipped, signal));
  yield* portal.forward(1, signal)
}

async function* backward(portal: Portal, count: number): AsyncGenerator<Batch> {
  if (portal.state.kind !== 'held') refuseBackward()
  const { rows } = portal.state
  const before = Math.min(portal.position, rows.length + 1) - 1
  const taken = rows.slice(Math.max(0, before - count), Math.max(0, before)).reverse()
  portal.position = count > before ? 0 : before - count + 1
  yield* rowsOnce(taken)
}

/** The row that the cursor is at. */
async function* again(portal: Portal): AsyncGenerator<Batch> {
  if (portal.state.kind !== 'held') refuseBackward()
  const row = portal.state.rows[portal.position - 1]
  if (row !== undefined) yield* rowsOnce([row])
}

function rowCount(portal: Portal): number {
  if (portal.state.kind !== 'held') refuseBackward()
  return portal.state.rows.length
}

function refuseBackward(): never {
  throw new PgError('55000', 'cursor can only scan forward', {
    hint: 'Declare it with SCROLL option to enable backward scan.',
  })
}

export function readFetch(sql: string): { move: boolean; direction: Direction; name: string } | null {
  const reader = new TokenReader(sql)
  const verb = reader.oneOf('fetch', 'move')
  if (verb === null) return null
  const only = reader.peek(1)
  // A cursor may be called like a direction.
  const direction = only === undefined || only.value === ';' ? null : readDirection(reader)
  reader.oneOf('from', 'in')
  const name = reader.identifier()
  if (name === null || !reader.atEnd) return null
  return { move: verb === 'move', direction: direction ?? { kind: 'forward', rows: 1 }, name }
}

function readDirection(reader: TokenReader): Direction | null {
  const count = () => (reader.words('all') ? ALL : reader.integer())
  const word = reader.oneOf('next', 'prior', 'first', 'last', 'absolute', 'relative', 'forward', 'backward')
  switch (word) {
    case 'next':
      return { kind: 'forward', rows: 1 }
    case 'prior':
      return { kind: 'backward', rows: 1 }
    case 'first':
      return { kind: 'absolute', row: 1 }
    case 'last':
      return { kind: 'absolute', row: -1 }
    case 'absolute':
    case 'relative':
      return { kind: word, row: reader.integer() ?? 0 }
    case 'forward':
    case 'backward':
      return { kind: word, rows: count() ?? 1 }
    case null: {
      const rows = count()
      return rows === null ? null : { kind: 'forward', rows }
    }
    default:
      return word satisfies never
  }
}

/** https://www.postgresql.org/docs/18/sql-close.html */
export const closeCursor: StatementHandler = {
  readOnly: true,
  command: 'CLOSE',
  async run(ctx) {
    const name = readClose(ctx.statement.sql)
    if (name === null) throw unsupported('this form of CLOSE')
    return await close(ctx.session, name)
  },
}

async function close(session: Session, name: string | typeof EVERY): Promise<Outcome> {
  if (name === EVERY) {
    await session.portals.clear()
    return done('CLOSE CURSOR ALL')
  }
  session.portals.get(name, 'cursor')
  await session.portals.remove(name)
  return done('CLOSE CURSOR')
}

const EVERY = Symbol('CLOSE ALL')

export function readClose(sql: string): string | typeof EVERY | null {
  const reader = new TokenReader(sql)
  if (!reader.words('close')) return null
  if (reader.words('all')) return reader.atEnd ? EVERY : null
  const name = reader.identifier()
  return reader.atEnd ? name : null
}
