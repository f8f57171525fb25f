import { fastEncoder } from './fast.ts'
import { type Encoding, type PageEncoding, plainEncoder } from './rows.ts'
import type { TrinoType } from './type.ts'

/** How the pages of a result become messages. */
export function pageEncoder(types: readonly TrinoType[], encoding: Encoding): PageEncoding {
  const plain = plainEncoder(types, encoding)
  return fastEncoder(types, encoding, plain) ?? plain
}
