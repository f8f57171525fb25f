import type { Call } from '../../../proxy/print/answer.ts'
import { each, print, refuseVariadic, sql, unsupported } from './helper.ts'

/** Everything about the session comes from the core (print/session-value.ts), which is asked before this table. */
const IN_THE_TWIN = unsupported('a system function in a statement that reads the lake')

function counted(call: Call, test: 'IS NULL' | 'IS NOT NULL'): string {
  refuseVariadic(call)
  const tests = call.args().map((arg) => `CAST((${arg} ${test}) AS integer)`)
  return tests.length === 0 ? '0' : `(${tests.join(' + ')})`
}

export const MISC = {
  gen_random_uuid: sql('uuid()'),
  uuidv7: unsupported('uuidv7'),
  uuidv7_interval: unsupported('uuidv7 of another time'),
  pg_num_nulls: print((call) => counted(call, 'IS NULL')),
  pg_num_nonnulls: print((call) => counted(call, 'IS NOT NULL')),
  ...each(['current_database', 'current_schema', 'current_user', 'session_user', 'system_user'], IN_THE_TWIN),
}
