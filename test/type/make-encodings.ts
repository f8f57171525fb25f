/**
 * Asks a real PostgreSQL 18 for the bytes of every value in cases.ts, and for samples over whole ranges, and writes them to
 * encodings.jsonl: node test/type/make-encodings.ts
 */
import { writeFile } from 'node:fs/promises'
import pg from 'pg'
import { startPostgres } from '../harness/postgres.ts'
import { ENCODING_CASES } from './cases.ts'
import { COPY_CASES } from './copy-cases.ts'
import type { Encodings } from './encodings.ts'

const SETTINGS = {
  timeZone: 'timezone',
  dateStyle: 'datestyle',
  intervalStyle: 'intervalstyle',
  byteaOutput: 'bytea_output',
  extraFloatDigits: 'extra_float_digits',
} as const
const RAW = { getTypeParser: () => (value: unknown) => value }

const server = await startPostgres()
const address = { host: server.socketDir, port: server.port, user: server.user, database: server.database }
const client = new pg.Client(address)
await client.connect()

async function ask(text: string, parameters: unknown[] = []) {
  const query: pg.QueryArrayConfig = { text, values: parameters, rowMode: 'array', types: RAW }
  return await client.query<string[]>(query)
}

/** The same numbers at each run. https://en.wikipedia.org/wiki/Xorshift */
let state = 88_172_645_463_325_252n
function random(): bigint {
  state ^= BigInt.asUintN(64, state << 13n)
  state ^= state >> 7n
  state ^= BigInt.asUintN(64, state << 17n)
  return state
}

async function column(sql: string): Promise<string[]> {
  return (await ask(sql)).rows.map((row) => row[0]!)
}

const cases: Encodings['cases'][number][] = []
for (const one of ENCODING_CASES) {
  await client.query('reset all')
  for (const [key, value] of Object.entries(one.style)) {
    const setting = typeof value === 'object' ? `${value.form}, ${value.dayFirst ? 'DMY' : 'MDY'}` : String(value)
    await client.query(`select set_config('${SETTINGS[key as keyof typeof SETTINGS]}', $1, false)`, [setting])
  }
  const text = await ask(`select ${one.postgres}`)
  const field = text.fields[0]!
  const send = (await column(`select typsend from pg_type where oid = ${field.dataTypeID}`))[0]
  const binary = (await column(`select encode(${send}(${one.postgres}), 'hex')`))[0]!
  cases.push({
    name: one.name,
    typeOid: field.dataTypeID,
    typmod: field.dataTypeModifier,
    text: text.rows[0]![0]!,
    binary,
  })
}
await client.query('reset all')

const float8: string[] = []
for (let i = 0; i < 300; i++) float8.push(random().toString(16).padStart(16, '0'))
for (let i = 0; i < 300; i++) float8.push(bits64(Number(random() % 10_000_000n) / 10 ** Number(random() % 8n)))
for (let i = -1070; i < 1024; i += 7) float8.push(bits64(2 ** i))
for (let i = -320; i <= 308; i += 3) float8.push(bits64(Number(`1e${i}`)))
const float4: string[] = []
for (let i = 0; i < 300; i++) float4.push((random() & 0xffff_ffffn).toString(16).padStart(8, '0'))
for (let i = -149; i < 128; i++) float4.push(bits32(2 ** i))
for (let i = 0; i < 200; i++) float4.push(bits32(Number(random() % 1_000_000n) / 10 ** Number(random() % 6n)))

function bits64(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}
function bits32(value: number): string {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  return view.getUint32(0).toString(16).padStart(8, '0')
}

/** PostgreSQL reads binary parameters: the bits go in as they are. */
async function floatTexts(
  bits: readonly string[],
  type: 'float4' | 'float8',
  digits: number,
): Promise<[string, string][]> {
  await client.query(`set extra_float_digits = ${digits}`)
  const texts: [string, string][] = []
  for (const one of bits) {
    texts.push([one, (await ask(`select $1::${type}`, [Buffer.from(one, 'hex')])).rows[0]![0]!])
  }
  return texts
}

const divisions: [string, string, string][] = []
for (let i = 0; i < 400; i++) {
  const number = () => {
    const scale = Number(random() % 8n)
    const digits = (random() % 10n ** (1n + (random() % 18n))) * (random() % 2n === 0n ? 1n : -1n)
    const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
    return `${digits < 0n ? '-' : ''}${text.slice(0, text.length - scale)}${scale > 0 ? `.${text.slice(text.length - scale)}` : ''}`
  }
  const [a, b] = [number(), number()]
  if (Number(b) === 0) continue
  divisions.push([a, b, (await column(`select (${a})::numeric / (${b})::numeric`))[0]!])
}

/** The server writes a file of its own, and reads it back. */
const copies: Encodings['copies'][number][] = []
for (const { name, sql, options } of COPY_CASES) {
  await client.query(`copy (${sql}) to '${server.socketDir}/copy' with (${options})`)
  copies.push({
    name,
    bytes: (await column(`select encode(pg_read_binary_file('${server.socketDir}/copy'), 'hex')`))[0]!,
  })
}

const zones: Encodings['zones'] = {}
for (const zone of [
  'Europe/Amsterdam',
  'America/New_York',
  'Europe/Dublin',
  'Asia/Tehran',
  'Africa/Casablanca',
  'Antarctica/Troll',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'EST5EDT',
  'Asia/Gaza',
  'Europe/London',
  'CET-1CEST',
]) {
  await client.query(`select set_config('timezone', $1, false)`, [zone])
  const seconds = Array.from({ length: 120 }, (_, i) => Math.floor(-4e9 + i * 1e8 + Number(random() % 100_000_000n)))
  const texts = await column(`select to_timestamp(x)::text from unnest(array[${seconds}]::bigint[]) x`)
  zones[zone] = seconds.map((second, i) => [second, texts[i] as string])
}

/** One line for each value, so that differences can be read. */
function linesOf(all: Encodings): string[] {
  return Object.entries(all).flatMap(([section, values]) =>
    Array.isArray(values)
      ? values.map((value) => JSON.stringify({ section, value }))
      : Object.entries(values).map(([key, value]) => JSON.stringify({ section, key, value })),
  )
}

const encodings: Encodings = {
  cases,
  copies,
  float8: await floatTexts(float8, 'float8', 1),
  float8Precise: await floatTexts(float8.slice(0, 200), 'float8', 0),
  float4: await floatTexts(float4, 'float4', 1),
  divisions,
  zones,
}
await writeFile(new URL('./encodings.jsonl', import.meta.url), `${linesOf(encodings).join('\n')}\n`)
await client.end()
await server.stop()
