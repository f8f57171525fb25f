import type { ResultColumn } from '../compiler/compiled.ts'
import type { Bind } from '../compiler/compiler.ts'
import { PgError } from '../error.ts'
import type { FormatCode } from '../wire/message.ts'
import { type Outcome, RowCursor, type RowsOutcome, rowsOnce, splitRows } from './rows.ts'
import type { Statement } from './state.ts'

export const PORTALS_MAX = 100
/** What a scrollable cursor, or one held beyond its transaction, may keep in memory. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024

/** How a cursor of DECLARE differs from a portal of Bind. */
export type CursorOptions = {
  readonly scroll: boolean
  readonly hold: boolean
  readonly binary: boolean
}

/** A bound statement, from Bind or DECLARE, that has run, runs, or is yet to run. */
export type Portal = {
  readonly name: string
  readonly statement: Statement
  readonly bind: Bind
  readonly columns: readonly ResultColumn[] | null
  readonly cursor: CursorOptions | null
  /** The text of the command that made it, for pg_cursors. */
  readonly text: string
  readonly createdAt: Date
  state: PortalState
}

export type PortalState =
  | { readonly kind: 'bound' }
  /** Begun at Bind already, so that its errors come in the answer to Bind. */
  | { readonly kind: 'begun'; readonly outcome: Outcome }
  | { readonly kind: 'running'; readonly outcome: RowsOutcome; readonly rows: RowCursor }
  /** All rows at hand; `position` rows lie before the next one, `rows.length + 1` is after the end */
  | { readonly kind: 'held'; readonly outcome: RowsOutcome; readonly rows: readonly Uint8Array[]; position: number }
  | { readonly kind: 'ended'; readonly outcome: Outcome }

/** The portals of one session: those of Bind and the cursors of DECLARE share their names. */
export class Portals {
  private readonly byName = new Map<string, Portal>()

  get(name: string, what: 'portal' | 'cursor' = 'portal'): Portal {
    const found = this.byName.get(name)
    if (found !== undefined) return found
    throw new PgError('34000', `${what} "${name}" does not exist`)
  }

  find(name: string): Portal | undefined {
    return this.byName.get(name)
  }

  async add(portal: Portal): Promise<void> {
    if (portal.name === '') await this.remove('')
    else if (this.byName.has(portal.name)) throw new PgError('42P03', `cursor "${portal.name}" already exists`)
    if (this.byName.size >= PORTALS_MAX) {
      throw new PgError('53400', 'too many open portals in this session', {
        detail: `At most ${PORTALS_MAX} are kept.`,
        hint: 'Close cursors that are no longer needed.',
      })
    }
    this.byName.set(portal.name, portal)
  }

  async remove(name: string): Promise<void> {
    const found = this.byName.get(name)
    if (found === undefined) return
    this.byName.delete(name)
    await endPortal(found)
  }

  /** At the end of a transaction only cursors WITH HOLD live on, if it committed. */
  async endTransaction(): Promise<void> {
    for (const portal of [...this.byName.values()]) {
      if (portal.state.kind !== 'held' || !portal.cursor?.hold) await this.remove(portal.name)
    }
  }

  async clear(): Promise<void> {
    for (const name of [...this.byName.keys()]) await this.remove(name)
  }

  *all(): Iterable<Portal> {
    yield* this.byName.values()
  }
}

export async function endPortal(portal: Portal): Promise<void> {
  const { state } = portal
  portal.state = { kind: 'ended', outcome: { kind: 'empty' } }
  if (state.kind === 'running') await state.rows.close()
  if (state.kind === 'begun' && state.outcome.kind === 'rows') await new RowCursor(state.outcome.batches).close()
}

/** Reads what is left of a running portal into memory. */
export async function holdRows(running: Extract<PortalState, { kind: 'running' }>): Promise<PortalState> {
  const rows: Uint8Array[] = []
  let bytes = 0
  await running.rows.take(0, async (chunk) => {
    bytes += chunk.byteLength
    if (bytes > HELD_BYTES_MAX) {
      throw new PgError('53400', 'result of the cursor is too large to be kept', {
        detail: `At most ${HELD_BYTES_MAX} bytes are kept for a cursor that is scrollable or WITH HOLD.`,
      })
    }
    rows.push(...splitRows({ bytes: chunk, rows: 0 }))
  })
  return { kind: 'held', outcome: running.outcome, rows, position: 0 }
}

/** Takes the next rows of a portal, forward. `rowsMax` 0: all that are left. */
export async function takeRows(
  portal: Portal,
  rowsMax: number,
  send: (bytes: Uint8Array) => Promise<void>,
): Promise<number> {
  const { state } = portal
  if (state.kind === 'running') return state.rows.take(rowsMax, send)
  if (state.kind !== 'held') return 0
  const end = rowsMax === 0 ? state.rows.length : Math.min(state.rows.length, state.position + rowsMax)
  const taken = state.rows.slice(state.position, end)
  state.position = rowsMax === 0 || taken.length < rowsMax ? state.rows.length + 1 : end
  for await (const batch of rowsOnce(taken)) await send(batch.bytes)
  return taken.length
}

/** Formats that this portal's rows have, once they are made; null while that is open. */
export function formatsOf(portal: Portal): readonly FormatCode[] | null {
  return portal.state.kind === 'running' || portal.state.kind === 'held' ? portal.state.outcome.formats : null
}
