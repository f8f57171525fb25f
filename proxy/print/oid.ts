/** OIDs of pg_type that the printer treats by name. https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
export const BOOL = 16
export const BYTEA = 17
export const CHAR = 18
export const NAME = 19
export const INT8 = 20
export const INT2 = 21
export const INT4 = 23
export const REGPROC = 24
export const TEXT = 25
export const OID = 26
export const JSON_ = 114
export const FLOAT4 = 700
export const FLOAT8 = 701
export const UNKNOWN = 705
export const TEXT_ARRAY = 1009
export const BPCHAR = 1042
export const VARCHAR = 1043
export const DATE = 1082
export const TIME = 1083
export const TIMESTAMP = 1114
export const TIMESTAMPTZ = 1184
export const INTERVAL = 1186
export const TIMETZ = 1266
export const NUMERIC = 1700
export const REGCLASS = 2205
export const REGTYPE = 2206
export const RECORD = 2249
export const RECORD_ARRAY = 2287
export const CSTRING = 2275
export const UUID = 2950
export const JSONB = 3802

/** Types whose values are plain text to an engine. */
export const TEXTUAL: ReadonlySet<number> = new Set([TEXT, VARCHAR, BPCHAR, NAME, CHAR, UNKNOWN, CSTRING])

/** Rows without a declared type: an engine knows theirs from the expression. */
export const RECORDS: ReadonlySet<number> = new Set([RECORD, RECORD_ARRAY])

/** Whole numbers: decimal digits that hold every value. */
export const INTEGER_DIGITS: ReadonlyMap<number, number> = new Map([
  [INT2, 5],
  [INT4, 10],
  [OID, 10],
  [INT8, 19],
])
