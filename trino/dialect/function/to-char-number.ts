import type { Call } from '../../../proxy/print/answer.ts'
import { bindOnce, constantText, quote } from './helper.ts'

/**
 * to_char of numbers by a constant format of digits, group separators and one decimal point: NUM_to_char of formatting.c.
 * https://www.postgresql.org/docs/18/functions-formatting.html#FUNCTIONS-FORMATTING-NUMERIC-TABLE
 */
const FORMAT = /^(FM)?([90,G]*[90][90,G]*)(?:[.D]([90]*))?$/
/** What decimal(38, places) leaves room for. */
const PLACES_MAX = 18

export function toCharOfNumber(call: Call): string {
  const format = constantText(call, 1, 'a format')
  if (format === null) return 'CAST(NULL AS varchar)'
  const found = FORMAT.exec(format)
  if (found === null) return call.unsupported('this format')
  const [, fill, whole = '', fraction] = found
  const places = fraction?.length ?? 0
  if (places > PLACES_MAX) return call.unsupported('so many decimal places')
  return bindOnce([call.arg(0)], ([x = '']) => {
    const digits = `CAST(CAST(abs(CAST(${x} AS decimal(38, ${call.numeric(0).scale}))) AS decimal(38, ${places})) AS varchar)`
    const parts = [quote(whole.replaceAll('G', ',')), quote(fraction ?? ''), String(fraction !== undefined)]
    return `pg_to_char_number(${digits}, ${x} < 0, ${parts.join(', ')}, ${fill !== undefined})`
  })
}
