/** The name under which DuckDB has the lake, or a transaction's overlay of it, attached: what printed SQL calls it. */
export function catalogName(lakeTransaction: string | null): string {
  return lakeTransaction === null ? 'lake' : `tx_${lakeTransaction}`
}
