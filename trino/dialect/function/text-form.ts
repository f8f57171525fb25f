import type { CatalogSnapshot } from '../../../proxy/compiler/compiled.ts'
import type { OutputStyle } from '../../../proxy/engine/engine.ts'
import * as oid from '../../../proxy/print/oid.ts'
import { padded } from '../literal.ts'
import { NUMERIC_UNKNOWN, typeName } from '../type.ts'
import { arrayToText, ELEMENT, scalarFromText, scalarToText } from './conversion.ts'

/** What a type's output function writes, as varchar (booleans `true` and `false`, as a cast has them); null: not known how. */
export function toText(
  catalog: CatalogSnapshot,
  type: number,
  typmod: number,
  sql: string,
  style: OutputStyle,
): string | null {
  if (type === oid.BPCHAR) return padded(sql, typmod)
  const scalar = scalarToText(type, sql, style)
  if (scalar !== null) return scalar
  const info = catalog.type(type)
  if (info?.kind === 'd') return toText(catalog, info.base, typmod, sql, style)
  if (info === undefined || info.element === 0 || info.length !== -1) return null
  // inside an array a boolean is t or f
  const element =
    info.element === oid.BOOL
      ? `substr(CAST(${ELEMENT} AS varchar), 1, 1)`
      : toText(catalog, info.element, typmod, ELEMENT, style)
  return element === null || element.includes(`${ELEMENT} ->`) ? null : arrayToText(sql, element)
}

/** What a type's input function makes of text; null: not known how. */
export function fromText(
  catalog: CatalogSnapshot,
  type: number,
  typmod: number,
  sql: string,
  timeZone: string,
): string | null {
  const scalar = scalarFromText(type, sql, NUMERIC_UNKNOWN.scale, timeZone)
  if (scalar !== null) return scalar
  const info = catalog.type(type)
  if (info?.kind === 'd') return fromText(catalog, info.base, typmod, sql, timeZone)
  if (info === undefined || info.element === 0 || info.length !== -1) return null
  const element = fromText(catalog, info.element, typmod, ELEMENT, timeZone)
  if (element === null || element.includes(`${ELEMENT} ->`)) return null
  return `CAST(transform(pg_array_in(${sql}), ${ELEMENT} -> ${element}) AS ${typeName(catalog, type, typmod)})`
}
