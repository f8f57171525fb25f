import { PgError } from '../error.ts'
import type { Connection } from '../listen/connection.ts'

export type Notification = { readonly processId: number; readonly channel: string; readonly payload: string }

const CHANNELS_MAX = 1000
const PENDING_MAX = 10_000
/** NOTIFY_PAYLOAD_MAX_LENGTH in async.c, and one more for the end of the string. */
const PAYLOAD_BYTES_MAX = 7999

/** LISTEN and NOTIFY between the sessions of one tenant on one server process. */
export class NotificationBus {
  private readonly listeners = new Map<string, Set<Listener>>()

  publish(tenant: string, notifications: readonly Notification[]): void {
    const listeners = this.listeners.get(tenant) ?? []
    for (const listener of listeners) listener.receive(notifications)
  }

  join(tenant: string, listener: Listener): void {
    const listeners = this.listeners.get(tenant) ?? new Set()
    this.listeners.set(tenant, listeners.add(listener))
  }

  leave(tenant: string, listener: Listener): void {
    const listeners = this.listeners.get(tenant)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.listeners.delete(tenant)
  }
}

/**
 * One session's side of it. As in PostgreSQL, LISTEN and NOTIFY take effect at commit, and what has come is handed to the
 * client when it is idle outside of a transaction. https://www.postgresql.org/docs/18/sql-notify.html
 */
export class Listener {
  private readonly bus: NotificationBus
  private readonly connection: Connection
  private channels: ReadonlySet<string> = new Set()
  /** What the transaction at hand will listen to, and what it will say. */
  private wanted: ReadonlySet<string> | null = null
  private outgoing: Notification[] = []
  private incoming: Notification[] = []
  private lost = 0
  private isIdle = false

  constructor(bus: NotificationBus, connection: Connection) {
    this.bus = bus
    this.connection = connection
  }

  listen(channel: string): void {
    const wanted = new Set(this.wanted ?? this.channels).add(channel)
    if (wanted.size > CHANNELS_MAX) {
      throw new PgError('53400', 'too many channels in this session', { detail: `At most ${CHANNELS_MAX} are kept.` })
    }
    this.wanted = wanted
  }

  /** null: all */
  unlisten(channel: string | null): void {
    const wanted = new Set(channel === null ? [] : (this.wanted ?? this.channels))
    if (channel !== null) wanted.delete(channel)
    this.wanted = wanted
  }

  notify(channel: string, payload: string): void {
    if (Buffer.byteLength(payload) > PAYLOAD_BYTES_MAX) throw new PgError('22023', 'payload string too long')
    if (this.outgoing.some((other) => other.channel === channel && other.payload === payload)) return
    if (this.outgoing.length >= PENDING_MAX) throw new PgError('54000', 'too many notifications in this transaction')
    this.outgoing.push({ processId: this.connection.processId, channel, payload })
  }

  commit(): void {
    const { tenant } = this.connection.identity
    if (this.wanted !== null) {
      this.channels = this.wanted
      if (this.channels.size > 0) this.bus.join(tenant, this)
      else this.bus.leave(tenant, this)
    }
    const { outgoing } = this
    this.rollback()
    if (outgoing.length > 0) this.bus.publish(tenant, outgoing)
  }

  rollback(): void {
    this.wanted = null
    this.outgoing = []
  }

  end(): void {
    this.rollback()
    this.channels = new Set()
    this.bus.leave(this.connection.identity.tenant, this)
  }

  receive(notifications: readonly Notification[]): void {
    for (const notification of notifications) {
      if (!this.channels.has(notification.channel)) continue
      if (this.incoming.length >= PENDING_MAX) this.lost += 1
      else this.incoming.push(notification)
    }
    if (!this.isIdle || this.incoming.length === 0) return
    this.deliver()
    this.connection.flush()
  }

  deliver(): void {
    for (const notification of this.incoming) this.connection.send({ kind: 'NotificationResponse', ...notification })
    this.incoming = []
    if (this.lost === 0) return
    const message = `${this.lost} notifications were lost because this session did not take them`
    this.lost = 0
    this.connection.send({ kind: 'NoticeResponse', fields: { severity: 'WARNING', code: '54000', message } })
  }

  /** The client waits, or it does not: only then something may come by itself. */
  idle(isIdle: boolean): void {
    this.isIdle = isIdle
  }
}
