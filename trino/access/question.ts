import { z } from 'zod'

/**
 * What Trino's access control plugin asks. What the policy does not look at is not named here, and passed over.
 * https://trino.io/docs/current/security/opa-access-control.html
 */

const Named = z.object({ name: z.string() })
const Schema = z.object({ catalogName: z.string(), schemaName: z.string() })
const Table = z.object({
  catalogName: z.string(),
  schemaName: z.string(),
  tableName: z.string(),
  columns: z.array(z.string()).nullish(),
})

export const Resource = z.object({
  user: z.object({ user: z.string() }).nullish(),
  catalog: Named.nullish(),
  schema: Schema.nullish(),
  table: Table.nullish(),
  systemSessionProperty: Named.nullish(),
})
export type Resource = z.infer<typeof Resource>

const Context = z.object({ identity: z.object({ user: z.string() }) })

/** May this be done? */
export const Question = z.object({
  input: z.object({
    context: Context,
    action: z.object({
      operation: z.string(),
      resource: Resource.nullish(),
      /** what something is renamed to */
      targetResource: Resource.nullish(),
    }),
  }),
})
export type Question = z.infer<typeof Question>

/** Which of these may be seen? */
export const BatchQuestion = z.object({
  input: z.object({
    context: Context,
    action: z.object({ operation: z.string(), filterResources: z.array(Resource) }),
  }),
})
export type BatchQuestion = z.infer<typeof BatchQuestion>
