const FAMILY_INET = 2

/** inet and cidr: family, bits of the mask, the address; a mask of all bits is not shown for inet. */
export function inetText(value: Uint8Array, cidr: boolean): string {
  const address = value.subarray(2)
  const bits = value[1] ?? 0
  const four = value[0] === FAMILY_INET
  const text = four ? address.subarray(0, 4).join('.') : ipv6Text(address)
  return cidr || bits !== (four ? 32 : 128) ? `${text}/${bits}` : text
}

/** The longest run of zero groups (the first of equals, two groups at least) becomes "::"; RFC 5952 but for mapped addresses. */
function ipv6Text(address: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0),
  )
  let best = { at: -1, length: 1 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (groups[at + length] === 0) length++
    if (length > best.length) best = { at, length }
  }
  // inet_net_ntop shows ::a.b.c.d and ::ffff:a.b.c.d with their last four bytes in decimal.
  const mapped = best.at === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff))
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  if (mapped) return `::${best.length === 5 ? 'ffff:' : ''}${address.subarray(12, 16).join('.')}`
  return best.at < 0 ? hex(0, 8) : `${hex(0, best.at)}::${hex(best.at + best.length, 8)}`
}

export function macaddrText(value: Uint8Array): string {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}
