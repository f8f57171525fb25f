/**
 * The types of PostgreSQL whose values can leave through us, by OID. A type that is not here (a tenant's own enum) goes
 * out as text.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat
 */
export type PgType = {
  readonly oid: number
  readonly name: string
  /** pg_type.typlen: bytes, -1 varlena, -2 C string */
  readonly typlen: number
  /** OID of the array type over it; 0: none */
  readonly arrayOid: number
  readonly form: Form
}

/**
 * How a value is written. `text`: its bytes are the same in text and binary. `opaque`: we know its text only, so that
 * the binary format is refused.
 */
export type Form =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'oid'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'text'
  | 'bpchar'
  | 'bytea'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'jsonb'
  | 'record'
  | 'void'
  | 'opaque'

export const TEXT_OID = 25

const TYPES: readonly (readonly [oid: number, name: string, typlen: number, arrayOid: number, form: Form])[] = [
  [16, 'bool', 1, 1000, 'bool'],
  [17, 'bytea', -1, 1001, 'bytea'],
  [18, 'char', 1, 1002, 'text'],
  [19, 'name', 64, 1003, 'text'],
  [20, 'int8', 8, 1016, 'int8'],
  [21, 'int2', 2, 1005, 'int2'],
  [22, 'int2vector', -1, 1006, 'opaque'],
  [23, 'int4', 4, 1007, 'int4'],
  [24, 'regproc', 4, 1008, 'opaque'],
  [25, 'text', -1, 1009, 'text'],
  [26, 'oid', 4, 1028, 'oid'],
  [27, 'tid', 6, 1010, 'opaque'],
  [28, 'xid', 4, 1011, 'oid'],
  [29, 'cid', 4, 1012, 'oid'],
  [30, 'oidvector', -1, 1013, 'opaque'],
  [114, 'json', -1, 199, 'text'],
  [142, 'xml', -1, 143, 'text'],
  [600, 'point', 16, 1017, 'opaque'],
  [602, 'path', -1, 1019, 'opaque'],
  [604, 'polygon', -1, 1027, 'opaque'],
  [650, 'cidr', -1, 651, 'opaque'],
  [700, 'float4', 4, 1021, 'float4'],
  [701, 'float8', 8, 1022, 'float8'],
  [705, 'unknown', -2, 0, 'text'],
  [718, 'circle', 24, 719, 'opaque'],
  [774, 'macaddr8', 8, 775, 'opaque'],
  [790, 'money', 8, 791, 'opaque'],
  [829, 'macaddr', 6, 1040, 'opaque'],
  [869, 'inet', -1, 1041, 'opaque'],
  [1042, 'bpchar', -1, 1014, 'bpchar'],
  [1043, 'varchar', -1, 1015, 'text'],
  [1082, 'date', 4, 1182, 'date'],
  [1083, 'time', 8, 1183, 'time'],
  [1114, 'timestamp', 8, 1115, 'timestamp'],
  [1184, 'timestamptz', 8, 1185, 'timestamptz'],
  [1186, 'interval', 16, 1187, 'interval'],
  [1266, 'timetz', 12, 1270, 'timetz'],
  [1560, 'bit', -1, 1561, 'opaque'],
  [1562, 'varbit', -1, 1563, 'opaque'],
  [1700, 'numeric', -1, 1231, 'numeric'],
  [1790, 'refcursor', -1, 2201, 'text'],
  [2202, 'regprocedure', 4, 2207, 'opaque'],
  [2205, 'regclass', 4, 2210, 'opaque'],
  [2206, 'regtype', 4, 2211, 'opaque'],
  [2249, 'record', -1, 2287, 'record'],
  [2275, 'cstring', -2, 1263, 'text'],
  [2278, 'void', 4, 0, 'void'],
  [2950, 'uuid', 16, 2951, 'uuid'],
  [3614, 'tsvector', -1, 3643, 'opaque'],
  [3615, 'tsquery', -1, 3645, 'opaque'],
  [3802, 'jsonb', -1, 3807, 'jsonb'],
  [3904, 'int4range', -1, 3905, 'opaque'],
  [3906, 'numrange', -1, 3907, 'opaque'],
  [3908, 'tsrange', -1, 3909, 'opaque'],
  [3910, 'tstzrange', -1, 3911, 'opaque'],
  [3912, 'daterange', -1, 3913, 'opaque'],
  [3926, 'int8range', -1, 3927, 'opaque'],
  [4072, 'jsonpath', -1, 4073, 'opaque'],
  [4089, 'regnamespace', 4, 4090, 'opaque'],
  [4096, 'regrole', 4, 4097, 'opaque'],
  [5069, 'xid8', 8, 271, 'int8'],
]

export const PG_TYPES: ReadonlyMap<number, PgType> = new Map(
  TYPES.map(([oid, name, typlen, arrayOid, form]) => [oid, { oid, name, typlen, arrayOid, form }]),
)

/** Element type by the OID of the array type. */
export const PG_ELEMENTS: ReadonlyMap<number, PgType> = new Map(
  [...PG_TYPES.values()].filter((type) => type.arrayOid !== 0).map((type) => [type.arrayOid, type]),
)

/** Characters of char(n) and varchar(n): typmod is n + 4 (VARHDRSZ). Null: no limit. */
export function lengthOfTypmod(typmod: number): number | null {
  return typmod < 4 ? null : typmod - 4
}

/** Scale of numeric(p, s), which may be negative: 11 bits of the typmod. Null: numeric without a typmod. */
export function scaleOfTypmod(typmod: number): number | null {
  return typmod < 4 ? null : (((typmod - 4) & 0x7ff) ^ 0x400) - 0x400
}
