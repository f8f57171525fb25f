import { createHash } from 'node:crypto'
import { canonicalJson } from './json.ts'
import { currentSchema, defaultSpec, type TableMetadata } from './metadata/table-metadata.ts'
import { currentVersion, type ViewMetadata } from './metadata/view-metadata.ts'

/** Properties that are part of a relation's definition for PostgreSQL; all others leave the signature alone. */
const DEFINING = /^(lakewire\..*|comment)$/

function definingProperties(properties: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => DEFINING.test(key)))
}

function digest(value: object): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32)
}

export function tableSignature(table: TableMetadata): string {
  return digest({
    fields: currentSchema(table)?.fields ?? [],
    partition: defaultSpec(table)?.fields ?? [],
    properties: definingProperties(table.properties),
  })
}

export function viewSignature(view: ViewMetadata): string {
  const version = currentVersion(view)
  return digest({
    fields: view.schemas.find((schema) => schema['schema-id'] === version?.['schema-id'])?.fields ?? [],
    representations: version?.representations ?? [],
    properties: definingProperties(view.properties),
  })
}
