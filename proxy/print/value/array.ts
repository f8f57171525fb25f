/** An array constant: elements as their canonical text, nested once per dimension. */
export type ArrayValue = readonly (ArrayValue | string | null)[]

/**
 * Reads what array_out writes: `{1,NULL,"a b"}`, `{{1,2},{3,4}}`. Null when it has explicit bounds (`[0:1]={…}`),
 * which no engine can keep. https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO
 */
export function parseArray(text: string, delimiter = ','): ArrayValue | null {
  let at = 0

  function level(): ArrayValue {
    at += 1
    const items: (ArrayValue | string | null)[] = []
    while (at < text.length && text[at] !== '}') {
      if (text[at] === delimiter) at += 1
      else if (text[at] === '{') items.push(level())
      else items.push(text[at] === '"' ? quoted() : bare())
    }
    at += 1
    return items
  }

  function quoted(): string {
    let value = ''
    for (at += 1; at < text.length && text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1
      value += text[at] ?? ''
    }
    at += 1
    return value
  }

  function bare(): string | null {
    let value = ''
    for (; at < text.length && text[at] !== delimiter && text[at] !== '}'; at += 1) {
      if (text[at] === '\\') at += 1
      value += text[at] ?? ''
    }
    return value.toUpperCase() === 'NULL' ? null : value
  }

  return text.startsWith('{') ? level() : null
}
