import type { S3Address } from './servers.ts'

/** Where everything is, and how to get in: plain data, to be handed to other processes. */
export type StackAddress = {
  s3: S3Address
  mongo: { url: string; database: string }
  trino: { url: string; catalog: string }
  /** the admin that Trino asks: its catalog, its keys, its second gate */
  admin: { url: string; token: string }
}
