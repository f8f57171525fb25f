import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBScalarFunction,
  type DuckDBType,
  type DuckDBValue,
  DuckDBVarCharType,
  INTEGER,
  INTERVAL,
  LIST,
  VARCHAR,
} from '@duckdb/node-api'
import { MACROS } from './macros.ts'
import { BYTEA_NATIVES } from './native/bytea.ts'
import { CONVERSION_NATIVES } from './native/conversion.ts'
import { DATE_TIME_NATIVES } from './native/date-time.ts'
import { FORMAT_NUMBER_NATIVES } from './native/format-number.ts'
import { FORMAT_TIME_NATIVES } from './native/format-time.ts'
import { JSON_NATIVES } from './native/json.ts'
import type { Interval, Native, NativeType } from './native/native.ts'
import { NUMBER_NATIVES } from './native/number.ts'
import { REGEX_NATIVES } from './native/regex.ts'
import { TEXT_NATIVES } from './native/text.ts'

export const NATIVES: readonly Native[] = [
  ...TEXT_NATIVES,
  ...BYTEA_NATIVES,
  ...NUMBER_NATIVES,
  ...CONVERSION_NATIVES,
  ...DATE_TIME_NATIVES,
  ...FORMAT_NUMBER_NATIVES,
  ...FORMAT_TIME_NATIVES,
  ...JSON_NATIVES,
  ...REGEX_NATIVES,
]

/** DuckDB's JSON is VARCHAR with a name. */
const JSON_TYPE = DuckDBVarCharType.create('JSON')

const TYPES: Readonly<Record<NativeType, DuckDBType>> = {
  VARCHAR,
  JSON: JSON_TYPE,
  INTEGER,
  BIGINT,
  DOUBLE,
  BOOLEAN,
  BLOB,
  INTERVAL,
  'VARCHAR[]': LIST(VARCHAR),
  'VARCHAR[][]': LIST(LIST(VARCHAR)),
  'JSON[]': LIST(JSON_TYPE),
}

/** Registers the native functions, once for each instance of DuckDB. */
export function registerNatives(connection: DuckDBConnection): void {
  for (const native of NATIVES) connection.registerScalarFunction(scalarFunction(native))
}

/** What each connection needs before printed SQL runs on it; natives must be there. */
export async function createMacros(connection: DuckDBConnection): Promise<void> {
  for (const macro of MACROS) await connection.run(macro)
}

function scalarFunction(native: Native): DuckDBScalarFunction {
  const body = native.body as (...args: unknown[]) => unknown
  return DuckDBScalarFunction.create({
    name: native.name,
    parameterTypes: native.parameters.map((type) => TYPES[type]),
    returnType: TYPES[native.returns],
    specialHandling: !native.strict,
    volatile: native.volatile,
    mainFunction: (_, input, output) => {
      const columns = native.parameters.map((_type, index) => input.getColumnVector(index))
      for (let row = 0; row < input.rowCount; row++) {
        const args = columns.map((column) => fromDuckDb(column.getItem(row)))
        const value = native.strict && args.includes(null) ? null : body(...args)
        output.setItem(row, toDuckDb(value, native.returns))
      }
      output.flush()
    },
  })
}

function fromDuckDb(value: DuckDBValue): unknown {
  if (value instanceof DuckDBListValue) return value.items.map(fromDuckDb)
  if (typeof value === 'object' && value !== null && 'bytes' in value) return value.bytes
  return value
}

function toDuckDb(value: unknown, type: NativeType): DuckDBValue {
  if (value === null || value === undefined) return null
  if (type === 'INTERVAL') {
    const { months, days, micros } = value as Interval
    return new DuckDBIntervalValue(months, days, micros)
  }
  if (Array.isArray(value)) return new DuckDBListValue(value.map((item) => toDuckDb(item, 'VARCHAR')))
  if (value instanceof Uint8Array) return { bytes: value } as DuckDBValue
  return value as DuckDBValue
}
