/** psql as people run it: reads no start-up file, asks for no password. */
import { spawn } from 'node:child_process'
import { type Login, urlOf } from './start.ts'

export type PsqlResult = { stdout: string; stderr: string; code: number | null }

export function psql(login: Login, script: string, args: readonly string[] = []): Promise<PsqlResult> {
  return new Promise((done, fail) => {
    const child = spawn('psql', ['-X', '-w', '-v', 'VERBOSITY=verbose', ...args, urlOf(login)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PAGER: 'cat', PGCLIENTENCODING: 'UTF8', PGCONNECT_TIMEOUT: '20' },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString()
    })
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString()
    })
    child.on('error', fail)
    child.on('close', (code) => done({ stdout, stderr, code }))
    child.stdin.end(script)
  })
}

/** Rows of one query as strings, without header and padding. */
export async function psqlRows(login: Login, sql: string): Promise<string[][]> {
  const { stdout, stderr, code } = await psql(login, sql, ['-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1'])
  if (code !== 0) throw new Error(stderr)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
}
