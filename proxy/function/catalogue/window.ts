// Written by proxy/function/generate.ts from PostgreSQL 18. Do not edit.
// biome-ignore-all format: generated

/** key → signatures, in the words of pg_proc and pg_type */
export const WINDOW = {
  window_cume_dist: 'cume_dist() float8',
  window_dense_rank: 'dense_rank() int8',
  window_first_value: 'first_value(anyelement) anyelement',
  window_lag: 'lag(anyelement) anyelement',
  window_lag_with_offset: 'lag(anyelement,int4) anyelement',
  window_lag_with_offset_and_default: 'lag(anycompatible,int4,anycompatible) anycompatible',
  window_last_value: 'last_value(anyelement) anyelement',
  window_lead: 'lead(anyelement) anyelement',
  window_lead_with_offset: 'lead(anyelement,int4) anyelement',
  window_lead_with_offset_and_default: 'lead(anycompatible,int4,anycompatible) anycompatible',
  window_nth_value: 'nth_value(anyelement,int4) anyelement',
  window_ntile: 'ntile(int4) int4',
  window_percent_rank: 'percent_rank() float8',
  window_rank: 'rank() int8',
  window_row_number: 'row_number() int8',
} as const
