import { unsupported } from '../../error.ts'
import { TokenReader } from '../token.ts'
import { done, type StatementHandler } from './handler.ts'

/** LISTEN channel; NOTIFY channel [, 'payload']; UNLISTEN channel | * */
type NotificationCommand =
  | { kind: 'listen'; channel: string }
  | { kind: 'notify'; channel: string; payload: string }
  | { kind: 'unlisten'; channel: string | null }

export const notification: StatementHandler = {
  readOnly: true,
  command: 'LISTEN',
  async run({ session, statement }) {
    const command = readNotification(statement.sql)
    switch (command?.kind) {
      case undefined:
        throw unsupported('this form of LISTEN')
      case 'listen':
        session.listener.listen(command.channel)
        return done('LISTEN')
      case 'notify':
        session.listener.notify(command.channel, command.payload)
        return done('NOTIFY')
      case 'unlisten':
        session.listener.unlisten(command.channel)
        return done('UNLISTEN')
      default:
        return command satisfies never
    }
  },
}

export function readNotification(sql: string): NotificationCommand | null {
  const reader = new TokenReader(sql)
  const verb = reader.oneOf('listen', 'notify', 'unlisten')
  if (verb === null) return null
  if (verb === 'unlisten' && reader.symbol('*')) return reader.atEnd ? { kind: verb, channel: null } : null
  const channel = reader.identifier()
  if (channel === null) return null
  if (verb !== 'notify') return reader.atEnd ? { kind: verb, channel } : null
  const payload = reader.symbol(',') ? reader.string() : ''
  return payload !== null && reader.atEnd ? { kind: verb, channel, payload } : null
}
