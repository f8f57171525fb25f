import { BYTEA_NATIVES } from '../../print/duckdb/function/native/bytea.ts'
import { CONVERSION_NATIVES } from '../../print/duckdb/function/native/conversion.ts'
import { DATE_TIME_NATIVES } from '../../print/duckdb/function/native/date-time.ts'
import { JSON_NATIVES } from '../../print/duckdb/function/native/json.ts'
import type { Native } from '../../print/duckdb/function/native/native.ts'
import { NUMBER_NATIVES } from '../../print/duckdb/function/native/number.ts'
import { REGEX_NATIVES } from '../../print/duckdb/function/native/regex.ts'
import { TEXT_NATIVES } from '../../print/duckdb/function/native/text.ts'

/** Every function of printed SQL that a child must know before its first statement. */
export const NATIVES: readonly Native[] = [
  ...BYTEA_NATIVES,
  ...CONVERSION_NATIVES,
  ...DATE_TIME_NATIVES,
  ...JSON_NATIVES,
  ...NUMBER_NATIVES,
  ...REGEX_NATIVES,
  ...TEXT_NATIVES,
]
