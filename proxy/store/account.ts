import { z } from 'zod'

/** What a tenant may do in place of the configuration's defaults (tenant.*); null: as much as it likes. */
export const TenantLimitsSet = z
  .strictObject({
    statements: z.int().min(1).nullable(),
    queued: z.int().min(0),
    queueMs: z.int().min(0),
    statementMs: z.int().min(1).nullable(),
    scanMib: z.int().min(0).nullable(),
  })
  .partial()
export type TenantLimitsSet = z.infer<typeof TenantLimitsSet>

/** A tenant is a database of the PostgreSQL port, a first-level namespace of the lake and a folder of the bucket. */
export const Tenant = z.object({
  name: z.string(),
  createdAt: z.string(),
  /** A suspended tenant answers like one that does not exist. */
  suspended: z.boolean().default(false),
  limits: TenantLimitsSet.optional(),
})
export type Tenant = z.infer<typeof Tenant>

/** id in the store: `${tenant}/${name}`. Names are matched byte for byte after NFC. */
export const User = z.object({
  tenant: z.string(),
  name: z.string(),
  /** RFC 5803 form, as pg_authid.rolpassword: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey> */
  verifier: z.string(),
  createdAt: z.string(),
  disabled: z.boolean().default(false),
})
export type User = z.infer<typeof User>

/** id in the store: hex SHA-256 of the bearer token; the token itself is never stored. */
export const Token = z.object({
  tenant: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  description: z.string(),
  readOnly: z.boolean().default(false),
  /** The only schemas that it reaches; null: all. */
  schemas: z.array(z.string()).nullable().default(null),
})
export type Token = z.infer<typeof Token>

/** Lower-case, starts with a letter, at most 63 bytes: safe as a namespace, a folder and a database name alike. */
export const TENANT_NAME = /^[a-z][a-z0-9_]{0,62}$/
/** Tenant names that PostgreSQL, the lake or the folder layout need for themselves. */
export const RESERVED_TENANTS: ReadonlySet<string> = new Set([
  'postgres',
  'template0',
  'template1',
  'lakewire',
  'lakehouse',
])
/** User names become roles of the tenant's private PostgreSQL. */
export const RESERVED_USERS: ReadonlySet<string> = new Set([
  'postgres',
  'lakewire',
  'lakewire_sync',
  'lakehouse',
  'public',
  'none',
])
export const USER_NAME = /^(?!pg_)[a-z_][a-z0-9_.@-]{0,62}$/
