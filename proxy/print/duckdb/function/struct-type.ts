/** The fields of DuckDB's type text `STRUCT("a" INTEGER, "b" DECIMAL(3,1)[])`; null when it is no struct. */
export function structFields(typeName: string): readonly { name: string; type: string }[] | null {
  if (!typeName.startsWith('STRUCT(') || !typeName.endsWith(')')) return null
  const body = typeName.slice('STRUCT('.length, -1)
  const fields: { name: string; type: string }[] = []
  for (let at = 0; at < body.length; ) {
    const name = /^"((?:[^"]|"")*)" /.exec(body.slice(at))
    if (name === null) return null
    at += name[0].length
    const end = endOfType(body, at)
    fields.push({ name: (name[1] ?? '').replaceAll('""', '"'), type: body.slice(at, end) })
    at = end + ', '.length
  }
  return fields
}

function endOfType(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '"') quoted = !quoted
    else if (quoted) continue
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth === 0) return at
  }
  return text.length
}
