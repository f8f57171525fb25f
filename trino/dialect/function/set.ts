import type { SetKey } from '../../../proxy/function/catalogue.ts'
import type { Answer, Call, NumericShape } from '../../../proxy/print/answer.ts'
import { decimal } from '../type.ts'
import { ARRAY_SETS } from './array.ts'
import { bindOnce, each, print, quote, sql, unsupported } from './helper.ts'
import { JSON_SETS } from './json.ts'
import { SPLITS } from './pattern.ts'
import { sessionZoneOf } from './zone.ts'

/** Set-returning functions, as arrays of their rows: the core unnests them. */

function seriesShape(call: Call): NumericShape {
  const shapes = Array.from({ length: call.count }, (_, index) => call.numeric(index))
  const scale = Math.max(...shapes.map((shape) => shape.scale))
  return { precision: Math.min(38, Math.max(...shapes.map((shape) => shape.precision - shape.scale)) + scale), scale }
}

/** Trino's sequence() has 10,000 entries at most: a longer one is put together. */
function integers(step: (call: Call) => string): Answer {
  return print((call) => {
    const [first, last] = [call.arg(0), call.arg(1)]
    const known =
      call.count === 2 && [first, last].every((arg) => /^\d{1,4}$/.test(arg)) && Number(first) <= Number(last)
    const type = call.resultTypeName()
    return known
      ? `CAST(sequence(${first}, ${last}) AS array(${type}))`
      : `CAST(pg_series(${first}, ${last}, ${step(call)}) AS array(${type}))`
  })
}

const numericSeries = (step: (call: Call) => string): Answer =>
  print(
    (call) => {
      const type = decimal(seriesShape(call))
      return bindOnce([call.arg(0), call.arg(1), step(call)], ([a = '', b = '', s = '']) => {
        const count = `CAST(((${b} - ${a}) - (${b} - ${a}) % ${s}) / ${s} AS bigint)`
        return `transform(CASE WHEN pg_step(CAST(sign(${s}) AS bigint)) * sign(${b} - ${a}) >= 0 THEN pg_series(0, ${count}, 1) WHEN ${a} IS NOT NULL THEN ARRAY[] END, fn_i -> CAST(${a} + fn_i * ${s} AS ${type}))`
      })
    },
    { shape: seriesShape },
  )

export const SET_ANSWERS: Record<SetKey, Answer> = {
  ...ARRAY_SETS,
  ...JSON_SETS,
  ...SPLITS,
  ...each(
    ['generate_series_int4', 'generate_series_int8'],
    integers(() => '1'),
  ),
  ...each(
    ['generate_series_step_int4', 'generate_series_step_int8'],
    integers((call) => call.arg(2)),
  ),
  generate_series_numeric: numericSeries(() => "DECIMAL '1'"),
  generate_series_step_numeric: numericSeries((call) => call.arg(2)),
  generate_series_timestamp: sql('pg_series_timestamp($1, $2, $3)'),
  generate_series_timestamptz: print((call) => {
    const zone = sessionZoneOf(call)
    if (zone.kind !== 'name') return call.unsupported('a time zone that is an offset')
    return `pg_series_timestamptz(${call.args().join(', ')}, ${quote(zone.name)})`
  }),
  generate_series_timestamptz_at_zone: unsupported('a time zone other than the session’s'),
  text_to_table: sql('pg_string_to_array($1, $2)'),
  text_to_table_null: sql('pg_string_to_array_null($1, $2, $3)'),
}
