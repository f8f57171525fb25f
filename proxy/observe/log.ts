import pino from 'pino'

/**
 * One JSON line per event, written synchronously so that a crash loses none. SQL text, parameters and secrets have no
 * place here: events carry ids, codes and counts. pino escapes control characters, so a name can start no line of its own;
 * `cleaned` also keeps names from moving a terminal's cursor.
 */
export type Log = {
  debug(fields: LogFields, event: string): void
  info(fields: LogFields, event: string): void
  warn(fields: LogFields, event: string): void
  error(fields: LogFields, event: string): void
  child(fields: LogFields): Log
}

export type LogFields = Readonly<Record<string, unknown>>

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export function createLog(options: { level: LogLevel; destination: 'stdout' | 'stderr' | number }): Log {
  const fd = options.destination === 'stdout' ? 1 : options.destination === 'stderr' ? 2 : options.destination
  return wrap(
    pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: pino.stdSerializers.err },
      },
      pino.destination({ fd, sync: true }),
    ),
  )
}

export const SILENT_LOG: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => SILENT_LOG,
}

const NAME_CHARACTERS_MAX = 128

/** A name that came from outside, fit to be read by a person: without control, bidirectional or line-breaking characters. */
export function cleaned(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').slice(0, NAME_CHARACTERS_MAX)
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (fields, event) => logger.debug(cleanedFields(fields), event),
    info: (fields, event) => logger.info(cleanedFields(fields), event),
    warn: (fields, event) => logger.warn(cleanedFields(fields), event),
    error: (fields, event) => logger.error(cleanedFields(fields), event),
    child: (fields) => wrap(logger.child(cleanedFields(fields))),
  }
}

function cleanedFields(fields: LogFields): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) out[key] = typeof value === 'string' ? cleaned(value) : value
  return out
}
