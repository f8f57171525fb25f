import type { WindowKey } from '../../../function/catalogue.ts'
import type { Answer, NumericShape, WindowCall } from '../../answer.ts'
import * as oid from '../../oid.ts'

/**
 * Window functions. Frames, their defaults and NULLs (never ignored) are the same in DuckDB; types of results and of
 * counting arguments are not. https://www.postgresql.org/docs/18/functions-window.html
 */
const over = (name: string, type?: string): Answer<WindowCall> => ({
  print: (call) => {
    const text = `${name}(${call.args().join(', ')})${call.over}`
    return type === undefined ? text : `CAST(${text} AS ${type})`
  },
})

/** lag and lead of an offset that is NULL give NULL; DuckDB takes it for 1 */
const offset = (name: string): Answer<WindowCall> => ({
  print: (call) => {
    const distance = call.constant(1)
    if (distance === null) return call.unsupported(`${name} with a NULL offset`)
    return `${name}(${call.args().join(', ')})${call.over}`
  },
})

/** The default may have more decimals than the column: DuckDB would round it to the column's. */
const withDefault = (name: string): Answer<WindowCall> => ({
  print: (call) => {
    if (call.constant(1) === null) return call.unsupported(`${name} with a NULL offset`)
    if (call.resultType !== oid.NUMERIC) return `${name}(${call.args().join(', ')})${call.over}`
    const type = call.typeName(oid.NUMERIC, -1, eitherShape(call))
    return `${name}(CAST(${call.arg(0)} AS ${type}), ${call.arg(1)}, CAST(${call.arg(2)} AS ${type}))${call.over}`
  },
  shape: eitherShape,
})

function eitherShape(call: WindowCall): NumericShape {
  const [value, otherwise] = [call.numeric(0), call.numeric(2)]
  const scale = Math.max(value.scale, otherwise.scale)
  const whole = Math.max(value.precision - value.scale, otherwise.precision - otherwise.scale)
  return { precision: Math.min(38, whole + scale), scale }
}

export const WINDOW_ANSWERS: Record<WindowKey, Answer<WindowCall>> = {
  window_row_number: over('row_number'),
  window_rank: over('rank'),
  window_dense_rank: over('dense_rank'),
  window_percent_rank: over('percent_rank'),
  window_cume_dist: over('cume_dist'),
  window_ntile: {
    print: (call) =>
      `CAST(ntile(CAST(pg_positive(${call.arg(0)}, '22014', 'argument of ntile must be greater than zero') AS BIGINT))${call.over} AS INTEGER)`,
  },
  window_lag: over('lag'),
  window_lag_with_offset: offset('lag'),
  window_lag_with_offset_and_default: withDefault('lag'),
  window_lead: over('lead'),
  window_lead_with_offset: offset('lead'),
  window_lead_with_offset_and_default: withDefault('lead'),
  window_first_value: over('first_value'),
  window_last_value: over('last_value'),
  window_nth_value: {
    print: (call) =>
      `nth_value(${call.arg(0)}, pg_positive(${call.arg(1)}, '22016', 'argument of nth_value must be greater than zero'))${call.over}`,
  },
}
