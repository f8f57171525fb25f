import { z } from 'zod'
import { TENANT_NAME, TenantLimitsSet, USER_NAME } from '../../proxy/store/account.ts'
import { HistoryEntry } from '../../proxy/store/history.ts'

/** What goes in and out of /api/v1. Strict: an unknown key is a mistake or an attempt, and answered with 400. */

const DESCRIPTION_MAX = 200
/** SASLprep (RFC 4013) forbids control characters; a limit keeps PBKDF2's work bounded. */
const PASSWORD_MAX = 512
const TOKEN_DAYS_MAX = 3650
const TOKEN_SCHEMAS_MAX = 100

export const TenantName = z
  .string()
  .regex(TENANT_NAME, 'must be lower-case letters, digits and underscores, starting with a letter, at most 63')
export const UserName = z.string().regex(USER_NAME, 'must be lower-case letters, digits and _ . @ -, at most 63')
const Password = z
  .string()
  .min(8)
  .max(PASSWORD_MAX)
  .refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters')

export const NewTenant = z.strictObject({ name: TenantName })
export const TenantView = z.object({
  name: z.string(),
  createdAt: z.string(),
  suspended: z.boolean(),
  limits: TenantLimitsSet.optional(),
})
/** Those left out go back to the configuration's defaults. */
export const TenantLimits = TenantLimitsSet
export const TenantList = z.object({ tenants: z.array(TenantView) })
export const DropTenant = z.strictObject({ files: z.enum(['true', 'false']).default('false') })

export const NewUser = z.strictObject({ name: UserName, password: Password.optional() })
export const UserView = z.object({ tenant: z.string(), name: z.string(), createdAt: z.string(), disabled: z.boolean() })
export const UserList = z.object({ users: z.array(UserView) })
/** `password` stands in the answer only when we made it; it is nowhere kept. */
export const UserMade = UserView.extend({ password: z.string().optional() })
export const NewPassword = z.strictObject({ password: Password.optional() })

export const NewToken = z.strictObject({
  description: z.string().max(DESCRIPTION_MAX).default(''),
  days: z.int().min(1).max(TOKEN_DAYS_MAX).optional(),
  readOnly: z.boolean().default(false),
  schemas: z.array(z.string().min(1)).min(1).max(TOKEN_SCHEMAS_MAX).nullable().default(null),
})
export const TokenView = z.object({
  id: z.string(),
  tenant: z.string(),
  description: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  readOnly: z.boolean().default(false),
  schemas: z.array(z.string()).nullable().default(null),
})
export const TokenList = z.object({ tokens: z.array(TokenView) })
/** The token itself is in this answer and nowhere else. */
export const TokenMade = TokenView.extend({ token: z.string() })

export const TenantPath = z.strictObject({ tenant: z.string() })
export const UserPath = z.strictObject({ tenant: z.string(), user: z.string() })
export const TokenPath = z.strictObject({ tenant: z.string(), token: z.string() })
export const HistoryQuery = z.strictObject({
  /** a whole number as text: the query string has no other */
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/)
    .default('100'),
  after: z.string().optional(),
})
export const HistoryPage = z.object({
  statements: z.array(HistoryEntry),
  /** to be given as `after`; null: there are no more */
  next: z.string().nullable(),
})
export const Nothing = z.undefined()

/** https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = z.object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() })
export type Problem = z.infer<typeof Problem>
