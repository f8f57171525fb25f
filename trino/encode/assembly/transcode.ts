/**
 * AssemblyScript, not TypeScript: JSON rows of a page to DataRow messages, sixteen bytes at a time. What it cannot write by
 * itself it hands to the host, value by value. Built by `npm run build:wasm` into ../transcode.wasm, which is committed.
 * https://www.assemblyscript.org/
 *
 * After the window that it reads lie 64 bytes of `"",]`, on which every scan ends: whatever ends beyond the window was cut,
 * and its row is left for the next one.
 */

/** The value at [start, end), as JSON, written to `out` without its length; how many bytes, or below 0 to stop. */
@external('host', 'cell')
declare function hostCell(column: i32, start: usize, end: usize, out: usize): i32

// What becomes of a column: fast.ts has the same table.
const RAW: u8 = 0
const BOOL: u8 = 1
const FLOAT8: u8 = 2
const FLOAT4: u8 = 3
const DATE: u8 = 4
const TIME: u8 = 5
const TIMESTAMP: u8 = 6
const TIMESTAMPTZ: u8 = 7
const BYTEA: u8 = 8
const HOST: u8 = 9

// Why it has stopped.
const MORE: i32 = 0
const ENDED: i32 = 1
const MALFORMED: i32 = 2

const QUOTE: u8 = 34
const COMMA: u8 = 44
const MINUS: u8 = 45
const POINT: u8 = 46
const ZERO: u8 = 48
const OPEN: u8 = 91
const BACKSLASH: u8 = 92
const CLOSE: u8 = 93
const LETTER_E: u8 = 69
const LETTER_N: u8 = 110

const DATA_ROW: u8 = 68
const YEAR_ZERO: u32 = 0x30303030
/** of doubles whose shortest digits Trino and PostgreSQL agree on; the others are the host's */
const FLOAT8_EXPONENT_MAX: i32 = 14
const FLOAT8_EXPONENT_MIN: i32 = -300
const FLOAT4_EXPONENT_MAX: i32 = 5
const FLOAT4_EXPONENT_MIN: i32 = -30
const FIXED_EXPONENT_MIN: i32 = -4
const DIGITS_MAX: i32 = 17
const MICRO_DIGITS: usize = 6

const DIGITS: usize = memory.data(64)
const HEX: usize = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102])

/** Where the last call has stopped reading: after the last row that is whole. */
export let readTo: usize = 0
/** Where it has stopped writing. */
export let wroteTo: usize = 0
export let state: i32 = MORE

let p: usize = 0
let q: usize = 0
let limit: usize = 0

/**
 * Rows from `from` on, until the window ends at `to`, `rowsMax` are written or `out` has reached `enough`. `kinds`: a byte for
 * each column. Returns how many rows.
 */
export function transcode(from: usize, to: usize, out: usize, enough: usize, kinds: usize, columns: i32, rowsMax: i32): i32 {
  p = from
  q = out
  limit = to
  readTo = from
  wroteTo = out
  state = MORE
  let rows = 0
  while (rows < rowsMax && q < enough && p < to) {
    const byte = load<u8>(p)
    if (byte == CLOSE) {
      state = ENDED
      readTo = p + 1
      break
    }
    // the list's own bracket, or the comma after a row
    if (byte != OPEN && byte != COMMA) {
      state = MALFORMED
      break
    }
    p++
    if (p >= to) break
    const first = load<u8>(p)
    if (first == CLOSE && byte == OPEN) {
      state = ENDED
      readTo = p + 1
      break
    }
    if (first != OPEN) {
      state = MALFORMED
      break
    }
    if (!row(kinds, columns)) {
      if (p <= to) state = MALFORMED
      break
    }
    rows++
    readTo = p
    wroteTo = q
  }
  return rows
}

/** False: it is cut, or it is none (`p` tells: beyond the window, or within). */
function row(kinds: usize, columns: i32): bool {
  const start = q
  store<u8>(q, DATA_ROW)
  store<u16>(q, bswap<u16>(<u16>columns), 5)
  q += 7
  for (let i = 0; i < columns; i++) {
    p++
    if (load<u8>(p) == LETTER_N) {
      store<u32>(q, 0xffffffff)
      q += 4
      p += 4
    } else {
      const length = q
      q += 4
      if (!value(load<u8>(kinds + i), i)) return false
      store<u32>(length, bswap<u32>(<u32>(q - length - 4)))
    }
    if (p >= limit) {
      p = limit + 1
      return false
    }
    if (load<u8>(p) != (i + 1 < columns ? COMMA : CLOSE)) return false
  }
  p++
  store<u32>(start + 1, bswap<u32>(<u32>(q - start - 1)))
  return true
}

// @ts-expect-error: decorator
@inline
function value(kind: u8, column: i32): bool {
  switch (kind) {
    case RAW:
      if (load<u8>(p) == QUOTE) return text()
      word()
      return true
    case BOOL:
      if (load<u8>(p) == 116) {
        store<u8>(q++, 116)
        p += 4
      } else {
        store<u8>(q++, 102)
        p += 5
      }
      return true
    case FLOAT8:
      return float(column, FLOAT8_EXPONENT_MAX, FLOAT8_EXPONENT_MIN)
    case FLOAT4:
      return float(column, FLOAT4_EXPONENT_MAX, FLOAT4_EXPONENT_MIN)
    case DATE:
      return isPlainYear() && load<u8>(p, 11) == QUOTE ? date() : host(column)
    case TIME:
      return time(column, 1)
    case TIMESTAMP:
      return isPlainYear() ? time(column, 12) : host(column)
    case TIMESTAMPTZ:
      return isPlainYear() ? time(column, 12, true) : host(column)
    case BYTEA:
      return bytea(column)
    default:
      return host(column)
  }
}

/** A number, copied as it is. */
// @ts-expect-error: decorator
@inline
function word(): void {
  const comma = i8x16.splat(COMMA)
  const close = i8x16.splat(CLOSE)
  for (;;) {
    const bytes = v128.load(p)
    v128.store(q, bytes)
    const ends = i8x16.bitmask(v128.or(i8x16.eq(bytes, comma), i8x16.eq(bytes, close)))
    if (ends != 0) {
      const length = ctz(ends)
      p += length
      q += length
      return
    }
    p += 16
    q += 16
  }
}

/** A string, without its quotes and escapes. */
// @ts-expect-error: decorator
@inline
function text(): bool {
  const quote = i8x16.splat(QUOTE)
  const backslash = i8x16.splat(BACKSLASH)
  let from = p + 1
  let to = q
  let stops = 0
  do {
    const bytes = v128.load(from)
    v128.store(to, bytes)
    stops = i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)))
    if (stops == 0) {
      from += 16
      to += 16
    } else {
      const length = ctz(stops)
      from += length
      to += length
      if (load<u8>(from) == BACKSLASH) {
        p = from
        q = to
        if (!escape()) return false
        from = p
        to = q
        stops = 0
      }
    }
  } while (stops == 0)
  p = from + 1
  q = to
  return true
}

/** At a backslash. */
function escape(): bool {
  const letter = load<u8>(p, 1)
  p += 2
  switch (letter) {
    case 34:
    case 92:
    case 47:
      store<u8>(q++, letter)
      return true
    case 98:
      store<u8>(q++, 8)
      return true
    case 102:
      store<u8>(q++, 12)
      return true
    case 110:
      store<u8>(q++, 10)
      return true
    case 114:
      store<u8>(q++, 13)
      return true
    case 116:
      store<u8>(q++, 9)
      return true
    case 117:
      return unicode()
    default:
      return false
  }
}

/** After `\u`. Half of a surrogate pair becomes U+FFFD. */
function unicode(): bool {
  let code = hex4()
  if (code < 0) return false
  if ((code & 0xf800) == 0xd800) {
    const isPair = code < 0xdc00 && load<u8>(p) == BACKSLASH && load<u8>(p, 1) == 117
    let low = -1
    if (isPair) {
      p += 2
      low = hex4()
      if (low < 0) return false
      if ((low & 0xfc00) != 0xdc00) {
        p -= 6
        low = -1
      }
    }
    code = low < 0 ? 0xfffd : 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff)
  }
  if (code < 0x80) store<u8>(q++, <u8>code)
  else if (code < 0x800) {
    store<u8>(q, <u8>(0xc0 | (code >> 6)))
    store<u8>(q, <u8>(0x80 | (code & 63)), 1)
    q += 2
  } else if (code < 0x10000) {
    store<u8>(q, <u8>(0xe0 | (code >> 12)))
    store<u8>(q, <u8>(0x80 | ((code >> 6) & 63)), 1)
    store<u8>(q, <u8>(0x80 | (code & 63)), 2)
    q += 3
  } else {
    store<u8>(q, <u8>(0xf0 | (code >> 18)))
    store<u8>(q, <u8>(0x80 | ((code >> 12) & 63)), 1)
    store<u8>(q, <u8>(0x80 | ((code >> 6) & 63)), 2)
    store<u8>(q, <u8>(0x80 | (code & 63)), 3)
    q += 4
  }
  return true
}

/** Below 0: no digits. What lies beyond the window is none, and leaves `p` there. */
function hex4(): i32 {
  let code = 0
  for (let i = 0; i < 4; i++) {
    const byte = <i32>load<u8>(p++)
    let digit = byte - 48
    if (digit < 0 || digit > 9) {
      digit = (byte | 32) - 87
      if (digit < 10 || digit > 15) {
        if (p > limit) p = limit + 1
        return -1
      }
    }
    code = (code << 4) | digit
  }
  return code
}

/** After the quote comes a year from 1 to 9999. */
// @ts-expect-error: decorator
@inline
function isPlainYear(): bool {
  const year = load<u32>(p, 1)
  return load<u8>(p, 1) - ZERO <= 9 && year != YEAR_ZERO
}

// @ts-expect-error: decorator
@inline
function date(): bool {
  v128.store(q, v128.load(p, 1))
  p += 12
  q += 10
  return true
}

/** HH:MM:SS[.ffffff] at `clock` bytes from here, after a date if there is one; without zeros at the end. */
// @ts-expect-error: decorator
@inline
function time(column: i32, clock: usize, hasZone: bool = false): bool {
  const from = p + 1
  let end = p + clock + 8
  const whole = end
  if (load<u8>(end) == POINT) {
    end++
    while (load<u8>(end) - ZERO <= 9) end++
    if (end - whole > MICRO_DIGITS + 1) return host(column)
  }
  if (hasZone) {
    // ` UTC`
    if (load<u32>(end) != 0x43545520 || load<u8>(end, 4) != QUOTE) return host(column)
  } else if (load<u8>(end) != QUOTE) return host(column)
  const after = end + (hasZone ? 5 : 1)
  if (end > whole) {
    while (load<u8>(end - 1) == ZERO) end--
    if (load<u8>(end - 1) == POINT) end--
  }
  v128.store(q, v128.load(from))
  v128.store(q, v128.load(from, 16), 16)
  q += end - from
  p = after
  if (hasZone) {
    store<u8>(q, 43)
    store<u16>(q, 0x3030, 1)
    q += 3
  }
  return true
}

/** Base64 to hex. */
function bytea(column: i32): bool {
  store<u16>(q, 0x785c)
  let to = q + 2
  let from = p + 1
  for (;;) {
    const a = sextet(load<u8>(from))
    if (a < 0) break
    const b = sextet(load<u8>(from, 1))
    const c = sextet(load<u8>(from, 2))
    const d = sextet(load<u8>(from, 3))
    if (b < 0) return host(column)
    to = putHex(to, (a << 2) | (b >> 4))
    if (c < 0) {
      from += 4
      break
    }
    to = putHex(to, ((b & 15) << 4) | (c >> 2))
    if (d < 0) {
      from += 4
      break
    }
    to = putHex(to, ((c & 3) << 6) | d)
    from += 4
  }
  if (load<u8>(from) != QUOTE) return host(column)
  p = from + 1
  q = to
  return true
}

// @ts-expect-error: decorator
@inline
function sextet(byte: u8): i32 {
  if (byte - 65 <= 25) return <i32>byte - 65
  if (byte - 97 <= 25) return <i32>byte - 71
  if (byte - 48 <= 9) return <i32>byte + 4
  return byte == 43 ? 62 : byte == 47 ? 63 : -1
}

// @ts-expect-error: decorator
@inline
function putHex(to: usize, byte: i32): usize {
  store<u8>(to, load<u8>(HEX + (byte >> 4)))
  store<u8>(to, load<u8>(HEX + (byte & 15)), 1)
  return to + 2
}

/**
 * Java's shortest digits in PostgreSQL's shape: `1.0E10` is 10000000000, `1.0E-5` is 1e-05.
 * https://docs.oracle.com/en/java/javase/25/docs/api/java.base/java/lang/Double.html#toString(double)
 */
// @ts-expect-error: decorator
@inline
function float(column: i32, exponentMax: i32, exponentMin: i32): bool {
  // "NaN", "Infinity"
  if (load<u8>(p) == QUOTE) return text()
  let from = p
  const isNegative = load<u8>(from) == MINUS
  if (isNegative) from++
  const digitsFrom = from
  while (load<u8>(from) - ZERO <= 9) from++
  const wholeDigits = <i32>(from - digitsFrom)
  if (load<u8>(from) != POINT || wholeDigits > exponentMax + 1) return host(column)
  const point = from
  from++
  while (load<u8>(from) - ZERO <= 9) from++
  if (load<u8>(from) == LETTER_E) return exponential(column, digitsFrom, point, from, exponentMax, exponentMin)
  // as it is, but for zeros at the end
  let end = from
  while (load<u8>(end - 1) == ZERO) end--
  if (load<u8>(end - 1) == POINT) end--
  v128.store(q, v128.load(p))
  v128.store(q, v128.load(p, 16), 16)
  q += end - p
  p = from
  return true
}

/** At `letter` stands the E. */
function exponential(column: i32, digitsFrom: usize, point: usize, letter: usize, exponentMax: i32, exponentMin: i32): bool {
  let from = letter + 1
  const isSmall = load<u8>(from) == MINUS
  if (isSmall) from++
  let exponent = 0
  while (load<u8>(from) - ZERO <= 9 && exponent < 1000) exponent = exponent * 10 + <i32>(load<u8>(from++) - ZERO)
  if (isSmall) exponent = -exponent
  const count = <i32>(letter - point)
  if (exponent > exponentMax || exponent < exponentMin || point - digitsFrom != 1 || count > DIGITS_MAX) return host(column)
  store<u8>(DIGITS, load<u8>(digitsFrom))
  memory.copy(DIGITS + 1, point + 1, count - 1)
  let digits = count
  while (digits > 1 && load<u8>(DIGITS + digits - 1) == ZERO) digits--
  if (digitsFrom != p) store<u8>(q++, MINUS)
  if (exponent < FIXED_EXPONENT_MIN) {
    putDigits(0, 1)
    if (digits > 1) {
      store<u8>(q++, POINT)
      putDigits(1, digits)
    }
    store<u16>(q, 0x2d65)
    q += 2
    const size = -exponent
    if (size >= 100) store<u8>(q++, ZERO + <u8>(size / 100))
    store<u8>(q++, ZERO + <u8>((size / 10) % 10))
    store<u8>(q++, ZERO + <u8>(size % 10))
  } else if (exponent < 0) {
    store<u16>(q, 0x2e30)
    q += 2
    for (let i = exponent + 1; i < 0; i++) store<u8>(q++, ZERO)
    putDigits(0, digits)
  } else {
    const whole = exponent + 1
    putDigits(0, min(whole, digits))
    for (let i = digits; i < whole; i++) store<u8>(q++, ZERO)
    if (digits > whole) {
      store<u8>(q++, POINT)
      putDigits(whole, digits)
    }
  }
  p = from
  return true
}

function putDigits(from: i32, to: i32): void {
  for (let i = from; i < to; i++) store<u8>(q++, load<u8>(DIGITS + i))
}

/** Finds the end of the value, whatever it is, and lets the host write it. */
function host(column: i32): bool {
  const start = p
  if (load<u8>(p) == QUOTE) skipString()
  else if (load<u8>(p) == OPEN) skipList()
  else while (load<u8>(p) != COMMA && load<u8>(p) != CLOSE) p++
  // it is cut, or nobody knows
  if (p >= limit) {
    p = limit + 1
    return false
  }
  const length = hostCell(column, start, p, q)
  if (length < 0) return false
  q += length
  return true
}

function skipString(): void {
  const quote = i8x16.splat(QUOTE)
  const backslash = i8x16.splat(BACKSLASH)
  let from = p + 1
  for (;;) {
    const bytes = v128.load(from)
    const stops = i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)))
    if (stops == 0) {
      from += 16
      continue
    }
    from += ctz(stops)
    if (load<u8>(from) == QUOTE) break
    from += 2
  }
  p = from + 1
}

function skipList(): void {
  let depth = 0
  do {
    const byte = load<u8>(p)
    if (byte == QUOTE) {
      skipString()
      continue
    }
    if (byte == OPEN) depth++
    else if (byte == CLOSE) depth--
    p++
  } while (depth > 0 && p < limit)
}
