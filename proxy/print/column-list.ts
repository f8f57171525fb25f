/** `(c1, c2, …)`: what the columns of everything but a table are called. */
export function columnList(count: number): string {
  return count === 0 ? '' : `(${columnNames(count).join(', ')})`
}

export function columnNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index + 1}`)
}
