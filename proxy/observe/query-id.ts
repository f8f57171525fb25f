import { randomBytes } from 'node:crypto'

const PROCESS = randomBytes(4).toString('hex')
let count = 0

/** Names one statement in logs and in the message of an internal error; unique over restarts and replicas. */
export function nextQueryId(): string {
  count += 1
  return `${PROCESS}-${count.toString(36)}`
}
