import type { WindowKey } from '../../../proxy/function/catalogue.ts'
import type { Answer, NumericShape, WindowCall } from '../../../proxy/print/answer.ts'
import * as oid from '../../../proxy/print/oid.ts'
import { bindOnce, raise } from './helper.ts'

/**
 * Window functions. NULLs are never ignored on both sides. A frame means nothing to those that look at rows by their place,
 * and Trino does not want to hear of one there. https://www.postgresql.org/docs/18/functions-window.html
 */
function withoutFrame(over: string): string {
  const at = Math.max(...['ROWS', 'RANGE', 'GROUPS'].map((mode) => over.lastIndexOf(`${mode} BETWEEN `)))
  const frame = at < 0 ? '' : over.slice(at)
  return frame === '' || /['"]/.test(frame) ? over : `${over.slice(0, at).trimEnd()})`
}

const over = (name: string): Answer<WindowCall> => ({
  print: (call) => `${name}(${call.args().join(', ')})${withoutFrame(call.over)}`,
})

const inFrame = (name: string): Answer<WindowCall> => ({
  print: (call) => `${name}(${call.args().join(', ')})${call.over}`,
})

/** Rows behind, or ahead: PostgreSQL takes a negative offset for the other way. */
function neighbour(name: 'lag' | 'lead', call: WindowCall, otherwise: string | null, value = call.arg(0)): string {
  const distance = call.constant(1)
  if (typeof distance !== 'string') return call.unsupported(`${name} with an offset that is not constant`)
  const other = name === 'lag' ? 'lead' : 'lag'
  const places = Math.abs(Number(distance))
  const rest = otherwise === null ? '' : `, ${otherwise}`
  return `${Number(distance) < 0 ? other : name}(${value}, ${places}${rest})${withoutFrame(call.over)}`
}

const offset = (name: 'lag' | 'lead'): Answer<WindowCall> => ({ print: (call) => neighbour(name, call, null) })

/** The default may have more decimals than the column. */
const withDefault = (name: 'lag' | 'lead'): Answer<WindowCall> => ({
  print: (call) => {
    const type =
      call.resultType === oid.NUMERIC ? call.typeName(oid.NUMERIC, -1, eitherShape(call)) : call.resultTypeName()
    return neighbour(name, call, `CAST(${call.arg(2)} AS ${type})`, `CAST(${call.arg(0)} AS ${type})`)
  },
  shape: eitherShape,
})

function eitherShape(call: WindowCall): NumericShape {
  const [value, otherwise] = [call.numeric(0), call.numeric(2)]
  const scale = Math.max(value.scale, otherwise.scale)
  const whole = Math.max(value.precision - value.scale, otherwise.precision - otherwise.scale)
  return { precision: Math.min(38, whole + scale), scale }
}

function positive(value: string, code: string, message: string): string {
  if (/^[1-9]\d*$/.test(value)) return value
  return bindOnce([value], ([x = '']) => `CASE WHEN ${x} <= 0 THEN ${raise(code, message)} ELSE ${x} END`)
}

export const WINDOW_ANSWERS: Record<WindowKey, Answer<WindowCall>> = {
  window_row_number: over('row_number'),
  window_rank: over('rank'),
  window_dense_rank: over('dense_rank'),
  window_percent_rank: over('percent_rank'),
  window_cume_dist: over('cume_dist'),
  window_ntile: {
    print: (call) =>
      `CAST(ntile(${positive(call.arg(0), '22014', 'argument of ntile must be greater than zero')})${withoutFrame(call.over)} AS integer)`,
  },
  window_lag: over('lag'),
  window_lag_with_offset: offset('lag'),
  window_lag_with_offset_and_default: withDefault('lag'),
  window_lead: over('lead'),
  window_lead_with_offset: offset('lead'),
  window_lead_with_offset_and_default: withDefault('lead'),
  window_first_value: inFrame('first_value'),
  window_last_value: inFrame('last_value'),
  window_nth_value: {
    print: (call) =>
      `nth_value(${call.arg(0)}, ${positive(call.arg(1), '22016', 'argument of nth_value must be greater than zero')})${call.over}`,
  },
}
