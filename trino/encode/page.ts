import { type Encoding, type PageEncoding, plainEncoder } from './rows.ts'
import type { TrinoType } from './type.ts'

export function pageEncoder(types: readonly TrinoType[], encoding: Encoding): PageEncoding {
  return plainEncoder(types, encoding)
}
