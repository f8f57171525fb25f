/**
 * Wire scripts: what a client sends and what a server answers, as text. The same script runs on PostgreSQL and on us.
 *
 *   # a comment; the first line says which cases of the threat list it covers
 *   send                          messages, one a line: a kind and its fields as JSON; bytes are written as text
 *   Query {"sql":"select 1"}
 *   frame Q "select 1"            a frame with this type and exactly this body (JSON text, one byte per character)
 *   bytes "Q\u0000…"              exactly these bytes
 *   ----
 *
 *   until ReadyForQuery           reads up to that message, or to the end of the connection
 *   ----
 *   RowDescription {…}            what came; UPDATE=1 writes it, from PostgreSQL where the script runs there
 *
 *   until ReadyForQuery ours: why we answer otherwise than PostgreSQL
 *   ----                          then this block counts for us alone, and `until … theirs` after it for PostgreSQL
 *
 * `open` on a line of its own before the first block: the connection is not logged in by the runner.
 */

import { unreachable } from '../../proxy/assert.ts'
import type { SendableMessage } from '../../proxy/wire/client.ts'
import type { BackendMessage } from '../../proxy/wire/message.ts'
import { type Account, WireClient } from './wire-client.ts'

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'send'; lines: string[] }
  | { kind: 'until'; until: string; only: 'ours' | 'theirs' | null; head: string; expected: string[] }

export type Side = 'ours' | 'theirs'

export function parseScript(source: string): Block[] {
  const blocks: Block[] = []
  const lines = source.split('\n')
  const blockLines = (from: number): string[] => {
    const end = lines.findIndex((line, index) => index >= from && line === '')
    return lines.slice(from, end < 0 ? lines.length : end)
  }
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    if (line === 'send') {
      const body = blockLines(index + 1)
      blocks.push({ kind: 'send', lines: body.filter((each) => each !== '----') })
      index += body.length
    } else if (line.startsWith('until ')) {
      const body = blockLines(index + 1)
      const [, until = '', only] = /^until (\w+)(?: (ours|theirs)\b)?/.exec(line) ?? []
      blocks.push({ kind: 'until', until, only: (only as Side) ?? null, head: line, expected: body.slice(1) })
      index += body.length
    } else blocks.push({ kind: 'text', text: line })
  }
  return blocks
}

export function printScript(blocks: readonly Block[]): string {
  return blocks.map(printBlock).join('\n')
}

function printBlock(block: Block): string {
  switch (block.kind) {
    case 'text':
      return block.text
    case 'send':
      return ['send', ...block.lines, '----'].join('\n')
    case 'until':
      return [block.head, '----', ...block.expected].join('\n')
    default:
      return unreachable(block)
  }
}

/** Runs the script and gives it back with what came written into it. */
export async function runScript(
  blocks: readonly Block[],
  side: Side,
  port: number,
  account: Account,
): Promise<Block[]> {
  const open = blocks.some((block) => block.kind === 'text' && block.text === 'open')
  const client = open ? await WireClient.open(port) : await WireClient.login(port, account)
  const out: Block[] = []
  try {
    for (const block of blocks) {
      if (block.kind === 'send') for (const line of block.lines) sendLine(client, line)
      const mine = block.kind === 'until' && (block.only === null || block.only === side)
      out.push(mine ? { ...block, expected: await answers(client, block.until) } : block)
    }
  } finally {
    client.end()
  }
  return out
}

async function answers(client: WireClient, until: string): Promise<string[]> {
  const messages = await client.until(until as BackendMessage['kind'])
  return [...messages.map(printMessage), ...(client.ended && messages.at(-1)?.kind !== until ? ['close'] : [])]
}

function sendLine(client: WireClient, line: string): void {
  const [, word = '', rest = ''] = /^(\w+) ?(.*)$/.exec(line) ?? []
  if (word === 'bytes') client.sendBytes(latin1(rest))
  else if (word === 'frame') {
    const body = latin1(rest.slice(2))
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length + 4)
    client.sendBytes(Buffer.concat([Buffer.from(rest.slice(0, 1)), length, body]))
  } else {
    const fields = rest === '' ? {} : (JSON.parse(rest, asBytes) as Record<string, unknown>)
    client.send({ kind: word, ...fields } as SendableMessage)
  }
}

function latin1(json: string): Buffer {
  return Buffer.from(JSON.parse(json) as string, 'latin1')
}

const BYTE_FIELDS: ReadonlySet<string> = new Set(['data', 'secretKey'])

function asBytes(key: string, value: unknown): unknown {
  if (typeof value === 'string' && BYTE_FIELDS.has(key)) return Buffer.from(value, 'latin1')
  if (key === 'values' && Array.isArray(value))
    return value.map((each) => (each === null ? null : Buffer.from(String(each))))
  return value
}

/** Process ids, keys and nonces differ from run to run; source files and lines are PostgreSQL's own affair. */
function printMessage(message: BackendMessage): string {
  const { kind, ...fields } = message
  switch (message.kind) {
    case 'BackendKeyData':
      return `${kind} ${message.secretKey.length} bytes`
    case 'AuthenticationSASLContinue':
      return kind
    case 'ErrorResponse':
    case 'NoticeResponse': {
      const { file: _file, line: _line, routine: _routine, ...rest } = message.fields
      return `${kind} ${JSON.stringify(rest)}`
    }
    case 'DataRow':
      return `${kind} ${JSON.stringify(message.values.map((value) => (value === null ? null : Buffer.from(value).toString())))}`
    default:
      return Object.keys(fields).length === 0 ? kind : `${kind} ${JSON.stringify(fields)}`
  }
}
