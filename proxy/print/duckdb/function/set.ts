import type { SetKey } from '../../../function/catalogue.ts'
import type { Answer, Call, NumericShape } from '../../answer.ts'
import { decimal } from '../type.ts'
import { ARRAY_SETS } from './array.ts'
import { each, once, print, same, sql, unsupported } from './helper.ts'
import { JSON_SETS } from './json.ts'

/** Set-returning functions, as lists of their rows: the core unnests them. */

function seriesShape(call: Call): NumericShape {
  const shapes = Array.from({ length: call.count }, (_, index) => call.numeric(index))
  const scale = Math.max(...shapes.map((shape) => shape.scale))
  return { precision: Math.min(38, Math.max(...shapes.map((shape) => shape.precision - shape.scale)) + scale), scale }
}

function numericSeries(step: (call: Call) => string): Answer {
  return print(
    (call) => {
      const text = (index: number) => `CAST(${call.arg(index)} AS VARCHAR)`
      return `CAST(pg_series_numeric(${text(0)}, ${text(1)}, ${step(call)}) AS ${decimal(seriesShape(call))}[])`
    },
    { shape: seriesShape },
  )
}

export const SET_ANSWERS: Record<SetKey, Answer> = {
  ...ARRAY_SETS,
  ...JSON_SETS,
  ...each(['generate_series_int4', 'generate_series_int8'], sql('CAST(generate_series($1, $2) AS $T[])')),
  ...each(
    ['generate_series_step_int4', 'generate_series_step_int8'],
    sql('CAST(generate_series($1, $2, pg_step($3)) AS $T[])'),
  ),
  generate_series_numeric: numericSeries(() => "'1'"),
  generate_series_step_numeric: numericSeries((call) => `CAST(${call.arg(2)} AS VARCHAR)`),
  ...each(
    ['generate_series_timestamp', 'generate_series_timestamptz'],
    once('generate_series($1, $2, pg_step_interval($3))'),
  ),
  generate_series_timestamptz_at_zone: unsupported('a time zone other than the session’s'),
  regexp_matches: same('pg_regexp_matches'),
  regexp_matches_no_flags: sql("pg_regexp_matches($1, $2, '')"),
  regexp_split_to_table: same('pg_regexp_split'),
  regexp_split_to_table_no_flags: sql("pg_regexp_split($1, $2, '')"),
  text_to_table: same('pg_string_to_array'),
  text_to_table_null: same('pg_string_to_array_null'),
}
