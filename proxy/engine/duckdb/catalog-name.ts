/** The name under which a lake transaction's catalog, or the committed state, is attached: what printed SQL calls it. */
export function catalogName(transaction: string | null): string {
  return transaction === null ? 'lake' : `tx_${transaction}`
}

/** The warehouse that the catalog server knows the same thing by. */
export function warehouseName(tenant: string, transaction: string | null): string {
  return transaction === null ? tenant : `${tenant}~${transaction}`
}
