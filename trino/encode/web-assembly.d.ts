/** What we use of WebAssembly's API: Node's own types leave it to those of browsers. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>)
    readonly exports: Readonly<Record<string, unknown>>
  }
  interface Memory {
    readonly buffer: ArrayBufferLike
    grow(pages: number): number
  }
  interface Global<T extends 'i32'> {
    value: T extends 'i32' ? number : never
  }
}
