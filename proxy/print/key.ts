import type { CatalogSnapshot, FunctionInfo } from '../compiler/compiled.ts'

/** Every built-in aggregate has this C symbol: it says nothing about which one it is. */
const AGGREGATE_SYMBOL = 'aggregate_dummy'

/** What a function is called in the tables of proxy/function and of every dialect. */
export function functionKey(catalog: CatalogSnapshot, info: FunctionInfo): string {
  if (info.source !== '' && info.source !== AGGREGATE_SYMBOL && !/\s/.test(info.source)) return info.source
  return `${info.name}(${info.arguments.map((type) => catalog.type(type)?.name ?? type).join(',')})`
}
