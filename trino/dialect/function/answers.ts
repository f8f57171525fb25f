import type { ScalarKey } from '../../../proxy/function/catalogue.ts'
import type { Answer, Answers } from '../../../proxy/print/answer.ts'
import { answersOf } from '../../../proxy/print/answer-parts.ts'
import { AGGREGATE_ANSWERS } from './aggregate.ts'
import { ARITHMETIC } from './arithmetic.ts'
import { ARRAY } from './array.ts'
import { COMPARISON } from './comparison.ts'
import { CONVERSION } from './conversion.ts'
import { DATE_TIME } from './date-time.ts'
import { JSON_ANSWERS } from './json.ts'
import { MISC } from './misc.ts'
import { NUMERIC } from './numeric.ts'
import { PATTERN } from './pattern.ts'
import { SET_ANSWERS } from './set.ts'
import { TEXT_ANSWERS } from './text.ts'
import { WINDOW_ANSWERS } from './window.ts'

/** One answer for every function, operator and cast of proxy/function; silence does not compile. */
export const SCALAR_ANSWERS: Record<ScalarKey, Answer> = {
  ...ARITHMETIC,
  ...NUMERIC,
  ...COMPARISON,
  ...TEXT_ANSWERS,
  ...PATTERN,
  ...DATE_TIME,
  ...JSON_ANSWERS,
  ...ARRAY,
  ...CONVERSION,
  ...MISC,
}

/** Trino's answers, as the core asks for them. */
export const TRINO_ANSWERS: Answers = answersOf({
  scalar: { ...SET_ANSWERS, ...SCALAR_ANSWERS },
  aggregate: AGGREGATE_ANSWERS,
  window: WINDOW_ANSWERS,
})
