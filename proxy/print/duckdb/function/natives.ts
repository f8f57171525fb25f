import { BYTEA_NATIVES } from './native/bytea.ts'
import { CONVERSION_NATIVES } from './native/conversion.ts'
import { DATE_TIME_NATIVES } from './native/date-time.ts'
import { FORMAT_NUMBER_NATIVES } from './native/format-number.ts'
import { FORMAT_TIME_NATIVES } from './native/format-time.ts'
import { JSON_NATIVES } from './native/json.ts'
import { JSONB_KEY_NATIVES } from './native/jsonb-key.ts'
import type { Native } from './native/native.ts'
import { NUMBER_NATIVES } from './native/number.ts'
import { REGEX_NATIVES } from './native/regex.ts'
import { TEXT_NATIVES } from './native/text.ts'

/** Every function of printed SQL that runs in JavaScript. An engine knows them before it runs MACROS. */
export const NATIVES: readonly Native[] = [
  ...BYTEA_NATIVES,
  ...CONVERSION_NATIVES,
  ...DATE_TIME_NATIVES,
  ...FORMAT_NUMBER_NATIVES,
  ...FORMAT_TIME_NATIVES,
  ...JSON_NATIVES,
  ...JSONB_KEY_NATIVES,
  ...NUMBER_NATIVES,
  ...REGEX_NATIVES,
  ...TEXT_NATIVES,
]
