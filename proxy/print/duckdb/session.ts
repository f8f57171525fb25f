/**
 * What a DuckDB session must be told before it can run printed SQL, once for each connection. The time zone is the
 * statement's own (OutputStyle.timeZone) and is set by the engine.
 */
export const SESSION_SETTINGS: readonly string[] = [
  // Correlated EXISTS with an inequality gives wrong rows in 1.5.5 with this optimizer on: test/sql/sublink.sql, exists_inequality.
  "SET disabled_optimizers = 'deliminator'",
  // A constant in an aggregate's ORDER BY says nothing, and is allowed.
  'SET order_by_non_integer_literal = true',
  'SET ieee_floating_point_ops = true',
  'SET integer_division = false',
  'SET scalar_subquery_error_on_multiple_rows = true',
]
