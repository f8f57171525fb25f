import { readdirSync, readFileSync } from 'node:fs'

/**
 * test/function/case/<family>.txt: expressions over the edge rows, one a line, under the table they are over:
 *
 *     from t [in Zone/Name]
 *     upper(a)
 *     ~ sqrt(x)                    the same number, perhaps with other trailing zeros
 *     close corr(x, y)             floats that agree to 14 digits
 *     aggregate sum(a)             over all rows instead of for each
 *     refused: reason | expression  0A000 on our side
 *     differs: reason | expression  known to be another value
 *     # comment
 */
export type FunctionCase = {
  readonly family: string
  readonly line: number
  readonly table: string
  readonly timeZone: string
  readonly expression: string
  readonly kind: 'same' | 'number' | 'close' | 'refused' | 'differs'
  readonly aggregate: boolean
}

const FOLDER = new URL('case/', import.meta.url)

export function readCases(): FunctionCase[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) => parseFile(name.replace('.txt', ''), readFileSync(new URL(name, FOLDER), 'utf8')))
}

function parseFile(family: string, text: string): FunctionCase[] {
  let table = ''
  let timeZone = 'UTC'
  const cases: FunctionCase[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const from = /^from (\w+)(?: in (\S+))?$/.exec(line)
    if (from !== null) {
      table = from[1] ?? ''
      timeZone = from[2] ?? 'UTC'
      continue
    }
    const marked = /^(refused|differs): [^|]+\| (.*)$/.exec(line)
    const kind = marked !== null ? (marked[1] as 'refused' | 'differs') : kindOf(line)
    const body = (marked?.[2] ?? line).replace(/^(~|close) /, '')
    const aggregate = body.startsWith('aggregate ')
    cases.push({
      family,
      line: index + 1,
      table,
      timeZone,
      expression: body.replace(/^aggregate /, ''),
      kind,
      aggregate,
    })
  }
  return cases
}

function kindOf(line: string): 'same' | 'number' | 'close' {
  if (line.startsWith('~ ')) return 'number'
  return line.startsWith('close ') ? 'close' : 'same'
}
