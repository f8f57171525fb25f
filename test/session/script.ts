/**
 * Conversations as text, run on a real PostgreSQL 18 and on a session of ours. One case:
 *
 *     case what it shows
 *     Q select 1                       Query
 *     P name|- oid,oid|- sql           Parse
 *     B portal|- statement|- {json}    Bind: values (text; {"hex": "00"} binary), formats, results
 *     D S|P name|-                     Describe
 *     E portal|- rowsMax               Execute
 *     C S|P name|-                     Close
 *     H / S                            Flush / Sync
 *     ----
 *     what PostgreSQL answers
 *     ---- lakewire: why it differs
 *     what we answer
 *
 * Messages are sent together up to each Q or S, which is answered up to ReadyForQuery. UPDATE=1 rewrites the answers;
 * a case that differs without a reason gets "TELL WHY", which no test lets pass.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { SendableMessage } from '../../proxy/wire/client.ts'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import type { WireClient } from '../wire/wire-client.ts'

export type ScriptCase = {
  readonly title: string
  readonly input: readonly string[]
  postgres: string[]
  /** null: the same */
  lakewire: { reason: string; lines: string[] } | null
}

export const UNEXPLAINED = 'TELL WHY'

export function readScript(file: string): ScriptCase[] {
  const cases: ScriptCase[] = []
  let part: string[] = []
  let input: string[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.startsWith('case ')) {
      input = []
      part = input
      cases.push({ title: line.slice(5), input, postgres: [], lakewire: null })
      continue
    }
    const current = cases.at(-1)
    if (current === undefined || line === '') continue
    if (line === '----') {
      current.postgres = []
      part = current.postgres
    } else if (line.startsWith('---- lakewire: ')) {
      current.lakewire = { reason: line.slice('---- lakewire: '.length), lines: [] }
      part = current.lakewire.lines
    } else part.push(line)
  }
  return cases
}

export function writeScript(file: string, cases: readonly ScriptCase[]): void {
  const blocks = cases.map(({ title, input, postgres, lakewire }) =>
    [
      `case ${title}`,
      ...input,
      '----',
      ...postgres,
      ...(lakewire === null ? [] : [`---- lakewire: ${lakewire.reason}`, ...lakewire.lines]),
      '',
    ].join('\n'),
  )
  writeFileSync(file, blocks.join('\n'))
}

export async function runCase(client: WireClient, input: readonly string[]): Promise<string[]> {
  const out: string[] = []
  let batch: SendableMessage[] = []
  for (const line of input) {
    const message = frontend(line)
    batch.push(message)
    if (message.kind !== 'Query' && message.kind !== 'Sync') continue
    client.send(...batch)
    batch = []
    out.push(...(await client.until('ReadyForQuery')).map(shown))
  }
  return out
}

function frontend(line: string): SendableMessage {
  const [letter = '', ...words] = line.split(' ')
  const name = (index: number) => (words[index] === undefined || words[index] === '-' ? '' : words[index])
  const rest = (index: number) => words.slice(index).join(' ')
  const target = words[0] === 'S' ? 'statement' : 'portal'
  switch (letter) {
    case 'Q':
      return { kind: 'Query', sql: rest(0) }
    case 'P': {
      const parameterTypes = name(1) === '' ? [] : name(1).split(',').map(Number)
      return { kind: 'Parse', statement: name(0), parameterTypes, sql: rest(2) }
    }
    case 'B': {
      const { values = [], formats = [], results = [] } = JSON.parse(rest(2) || '{}')
      return {
        kind: 'Bind',
        portal: name(0),
        statement: name(1),
        formats,
        values: values.map((value: null | string | { hex: string }) =>
          value === null ? null : typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.hex, 'hex'),
        ),
        resultFormats: results,
      }
    }
    case 'D':
      return { kind: 'Describe', target, name: name(1) }
    case 'E':
      return { kind: 'Execute', portal: name(0), rowsMax: Number(words[1] ?? 0) }
    case 'C':
      return { kind: 'Close', target, name: name(1) }
    case 'H':
      return { kind: 'Flush' }
    case 'S':
      return { kind: 'Sync' }
    default:
      throw new Error(`what is "${line}"?`)
  }
}

export function shown(message: BackendMessage): string {
  switch (message.kind) {
    case 'RowDescription':
      return [
        'RowDescription',
        ...message.fields.map((f) => `${f.name}:${f.typeOid}:${f.typlen}:${f.typmod}:${f.format}`),
      ].join(' ')
    case 'DataRow':
      return `DataRow ${message.values.map(value).join('|')}`
    case 'CommandComplete':
      return `CommandComplete ${message.tag}`
    case 'ErrorResponse':
    case 'NoticeResponse': {
      const { severity, code, message: text, position } = message.fields
      return `${message.kind} ${severity} ${code} ${text}${position === undefined ? '' : ` @${position}`}`
    }
    case 'ReadyForQuery':
      return `ReadyForQuery ${message.status}`
    case 'ParameterDescription':
      return `ParameterDescription ${message.types.join(',')}`
    case 'ParameterStatus':
      return `ParameterStatus ${message.name}=${message.value}`
    case 'NotificationResponse':
      return `NotificationResponse ${message.channel} ${message.payload}`
    default:
      return message.kind
  }
}

function value(bytes: Uint8Array | null): string {
  if (bytes === null) return 'NULL'
  const text = Buffer.from(bytes).toString('utf8')
  return /^[\p{L}\p{N}\p{P}\p{S} ]*$/u.test(text) ? text : `x:${Buffer.from(bytes).toString('hex')}`
}
