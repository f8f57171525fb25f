/** Types whose values mean the same in PostgreSQL and in the statistics of Iceberg's files. */
export type Family =
  | 'boolean'
  | 'integer'
  | 'numeric'
  | 'float'
  | 'text'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'

const FAMILIES: Readonly<Record<number, Family>> = {
  16: 'boolean',
  20: 'integer',
  21: 'integer',
  23: 'integer',
  1700: 'numeric',
  700: 'float',
  701: 'float',
  // Not char(n), whose trailing blanks do not count.
  25: 'text',
  1043: 'text',
  1082: 'date',
  1114: 'timestamp',
  1184: 'timestamptz',
  2950: 'uuid',
}

/** Constants that a column of a family can be held against, by their own family. */
const COMPARES: Readonly<Record<Family, readonly Family[]>> = {
  boolean: ['boolean'],
  integer: ['integer', 'numeric'],
  numeric: ['numeric', 'integer'],
  float: ['float'],
  text: ['text'],
  // A moment with a zone depends on the session's where the column has none.
  date: ['date', 'timestamp'],
  timestamp: ['timestamp', 'date'],
  timestamptz: ['timestamptz'],
  uuid: ['uuid'],
}

export function familyOf(typeOid: number): Family | null {
  return FAMILIES[typeOid] ?? null
}

export function comparesWith(columnType: number, constantType: number): boolean {
  const [column, constant] = [familyOf(columnType), familyOf(constantType)]
  return column !== null && constant !== null && COMPARES[column].includes(constant)
}
