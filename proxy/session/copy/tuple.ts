/** What a COPY in binary format begins and ends with: signature, flags and an extension of no length; -1 for a number of fields. */
export const BINARY_HEADER: Uint8Array = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
export const BINARY_TRAILER: Uint8Array = Buffer.from([0xff, 0xff])

const FIXED_HEADER_BYTES = 15
const LENGTH_BYTES = 4
const COUNT_BYTES = 2

/** What the next bytes are. `rest`: the trailer has been passed, or what PostgreSQL will refuse; no tuple ends there. */
type Part = 'header' | 'extensionLength' | 'extension' | 'count' | 'length' | 'value' | 'rest'

/**
 * Finds the ends of tuples in COPY input of the binary format, whatever pieces it comes in.
 * https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS
 */
export class TupleEnds {
  /** tuples that have been passed: PostgreSQL calls them lines */
  lines = 0
  /** what stands behind the trailer is PostgreSQL's to refuse */
  readonly ended = false
  private part: Part = 'header'
  private left = FIXED_HEADER_BYTES
  private number = 0
  private fields = 0

  /** The offset after the last tuple in these bytes; 0: none. Call it once for every piece, in order. */
  lastEnd(bytes: Uint8Array): number {
    let last = 0
    let at = 0
    while (at < bytes.length && this.part !== 'rest') {
      const taken = Math.min(this.left, bytes.length - at)
      if (this.part === 'extensionLength' || this.part === 'count' || this.part === 'length') {
        for (let i = 0; i < taken; i += 1) this.number = (this.number << 8) | (bytes[at + i] as number)
      }
      at += taken
      this.left -= taken
      if (this.left === 0 && this.step()) {
        last = at
        this.lines += 1
      }
    }
    return last
  }

  /** A part has been passed: what comes next. Whether a tuple ends here. */
  private step(): boolean {
    const { number } = this
    switch (this.part) {
      case 'header':
        this.expect('extensionLength', LENGTH_BYTES)
        return false
      case 'extensionLength':
        if (number < 0) this.expect('rest', 0)
        else if (number > 0) this.expect('extension', number)
        else this.expect('count', COUNT_BYTES)
        return false
      case 'extension':
        this.expect('count', COUNT_BYTES)
        return false
      case 'count':
        // of 16 bits: the sign bit tells the trailer
        if (number > 0x7fff) {
          this.expect('rest', 0)
          return false
        }
        this.fields = number
        return this.field()
      case 'length':
        if (number < -1) {
          this.expect('rest', 0)
          return false
        }
        this.fields -= 1
        if (number <= 0) return this.field()
        this.expect('value', number)
        return false
      case 'value':
        return this.field()
      case 'rest':
        return false
    }
  }

  /** The next field of the tuple, or the next tuple. */
  private field(): boolean {
    const ends = this.fields === 0
    if (ends) this.expect('count', COUNT_BYTES)
    else this.expect('length', LENGTH_BYTES)
    return ends
  }

  private expect(part: Part, bytes: number): void {
    this.part = part
    this.left = bytes
    this.number = 0
  }
}
