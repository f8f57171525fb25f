import { createHash } from 'node:crypto'
import type { KeptAnswer } from '../answer-book.ts'
import { namespaceOf } from '../catalog.ts'
import { DELEGATION_HEADER, type Told, tellAccess } from '../credential/tell.ts'
import { type JsonObject, parseJson, printJson } from '../json.ts'
import { readTableRequest } from '../metadata/create.ts'
import { printTableMetadata, readTableMetadata } from '../metadata/parse.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'
import { keyOf, LEVEL_SEPARATOR } from '../name.ts'
import { page } from '../page.ts'
import { badRequest } from '../problem.ts'
import { array, bool, object, optional, text, texts } from '../read.ts'
import {
  commitTable,
  createTable,
  dropTable,
  type LoadedTable,
  registerTable,
  renameRelation,
  type TableCommit,
  tablePointer,
} from '../table.ts'
import {
  type Answer,
  bodyObject,
  type CatalogRequest,
  identifierOf,
  levelsOf,
  NO_CONTENT,
  ok,
  type Route,
} from './route.ts'

export const TABLE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/{prefix}/namespaces/{namespace}/tables',
    effect: 'read',
    answer: (request) => listRelations(request, 'table'),
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/tables',
    effect: 'write',
    answer: async (request) => {
      const table = readTableRequest(bodyObject(request))
      const { metadata, location } = await createTable(
        request.catalog,
        request.scope,
        levelsOf(request.params.namespace),
        table,
        request.signal,
      )
      return madeTable(request, { metadata, location }, table.name)
    },
  },
  { method: 'GET', path: '/v1/{prefix}/namespaces/{namespace}/tables/{table}', effect: 'read', answer: load },
  {
    method: 'HEAD',
    path: '/v1/{prefix}/namespaces/{namespace}/tables/{table}',
    effect: 'read',
    answer: async (request) => {
      tablePointer(
        request.scope,
        { state: await request.catalog.spaces.read(request.scope, request.signal) },
        identifierOf(request, 'table'),
      )
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/tables/{table}',
    effect: 'write',
    answer: async (request) => {
      const body = bodyObject(request)
      const identifier = identifierOf(request, 'table')
      const told = optional(body.identifier, readIdentifier, 'identifier')
      if (told !== undefined && (told.name !== identifier.name || keyOf(told.levels) !== keyOf(identifier.levels)))
        throw badRequest('The identifier in the body is not the table of the path')
      const commit = { ...identifier, ...readChange(body) }
      const { metadata, location } = await request.catalog.spaces.change(
        request.scope,
        (draft) => commitTable(request.catalog, request.scope, draft, commit),
        request.signal,
      )
      return madeTable(request, { metadata, location }, identifier.name)
    },
  },
  {
    method: 'DELETE',
    path: '/v1/{prefix}/namespaces/{namespace}/tables/{table}',
    effect: 'write',
    answer: async (request) => {
      const purge = request.query.get('purgeRequested')?.toLowerCase() === 'true'
      await request.catalog.spaces.change(
        request.scope,
        (draft) => dropTable(request.catalog, request.scope, draft, identifierOf(request, 'table'), purge),
        request.signal,
      )
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/register',
    effect: 'write',
    answer: async (request) => {
      const body = bodyObject(request)
      const identifier = { levels: levelsOf(request.params.namespace), name: text(body.name, 'name') }
      const file = text(body['metadata-location'], 'metadata-location')
      const overwrite = optional(body.overwrite, bool, 'overwrite') ?? false
      const { metadata, location } = await request.catalog.spaces.change(
        request.scope,
        (draft) => registerTable(request.catalog, request.scope, draft, identifier, file, overwrite),
        request.signal,
      )
      return madeTable(request, { metadata, location }, identifier.name)
    },
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics',
    effect: 'read',
    answer: async (request) => {
      const body = bodyObject(request)
      text(body['report-type'], 'report-type')
      tablePointer(
        request.scope,
        { state: await request.catalog.spaces.read(request.scope, request.signal) },
        identifierOf(request, 'table'),
      )
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/tables/rename',
    effect: 'write',
    answer: (request) => rename(request, 'table'),
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/transactions/commit',
    effect: 'write',
    answer: async (request) => {
      const changes = array(bodyObject(request)['table-changes'], 'table-changes')
      if (changes.length === 0) throw badRequest('Invalid transaction: no table changes')
      const commits = changes.map((item): TableCommit => {
        const change = object(item, 'table change')
        return { ...readIdentifier(change.identifier, 'identifier'), ...readChange(change) }
      })
      await request.catalog.spaces.change(
        request.scope,
        async (draft) => {
          for (const commit of commits) await commitTable(request.catalog, request.scope, draft, commit)
        },
        request.signal,
      )
      return NO_CONTENT
    },
  },
]

export function readIdentifier(value: JsonObject[string] | undefined, what: string) {
  const identifier = object(value, what)
  return { levels: texts(identifier.namespace, 'namespace'), name: text(identifier.name, 'name') }
}

export function readChange(body: JsonObject): Pick<TableCommit, 'requirements' | 'updates'> {
  return {
    requirements: (optional(body.requirements, array, 'requirements') ?? []).map((item) => object(item, 'requirement')),
    updates: array(body.updates, 'updates').map((item) => object(item, 'update')),
  }
}

export async function listRelations(
  { catalog, scope, params, query, signal }: CatalogRequest,
  kind: 'table' | 'view',
): Promise<Answer> {
  const levels = levelsOf(params.namespace)
  const namespace = namespaceOf(scope, await catalog.spaces.read(scope, signal), levels)
  const names = [...namespace.relations].filter(([, pointer]) => pointer.kind === kind).map(([name]) => name)
  const { items, next } = page(names, (name) => name, `${kind} ${params.namespace}`, query)
  const spelled = levels.map(scope.spell)
  const identifiers = items.map((name) => ({ namespace: spelled, name: scope.spell(name) }))
  return ok({ identifiers, 'next-page-token': next })
}

export async function rename(request: CatalogRequest, kind: 'table' | 'view'): Promise<Answer> {
  const body = bodyObject(request)
  const [from, to] = [readIdentifier(body.source, 'source'), readIdentifier(body.destination, 'destination')]
  await request.catalog.spaces.change(
    request.scope,
    async (draft) => renameRelation(request.scope, draft, kind, from, to),
    request.signal,
  )
  return NO_CONTENT
}

async function load(request: CatalogRequest): Promise<Answer> {
  const { catalog, scope, query, signal } = request
  const mode = query.get('snapshots') ?? 'all'
  if (mode !== 'all' && mode !== 'refs') throw badRequest(`Invalid value of snapshots: ${mode}`)
  const pointer = tablePointer(
    scope,
    { state: await catalog.spaces.read(scope, signal) },
    identifierOf(request, 'table'),
  )
  const tag = etag(pointer.metadataLocation, mode)
  if (matches(request.header('if-none-match'), tag)) return { status: 304, headers: { etag: tag } }
  const metadata = await catalog.metadata.table(pointer.metadataLocation, signal)
  const text =
    mode === 'all'
      ? await catalog.metadata.tableText(pointer.metadataLocation, signal)
      : printTableMetadata(onlyReferenced(metadata))
  return loaded(text, pointer.metadataLocation, mode, await toldOf(request, metadata, request.params.table ?? ''))
}

/** `name` is null while the table does not yet exist. */
function toldOf(request: CatalogRequest, metadata: TableMetadata, name: string | null): Promise<Told> {
  const { catalog, scope, who, params, signal } = request
  const [prefix, namespace, table] = [
    params.prefix ?? '',
    levelsOf(params.namespace).map(scope.spell).join(LEVEL_SEPARATOR),
    scope.spell(name ?? ''),
  ].map(encodeURIComponent)
  const path = name === null ? null : `v1/${prefix}/namespaces/${namespace}/tables/${table}`
  const header = request.header(DELEGATION_HEADER)
  return tellAccess({ catalog, tenant: scope.tenant, who, header, path, signal }, metadata)
}

function onlyReferenced(metadata: TableMetadata): TableMetadata {
  const referenced = new Set(Object.values(metadata.refs).map((ref) => ref['snapshot-id']))
  return { ...metadata, snapshots: metadata.snapshots.filter((snapshot) => referenced.has(snapshot['snapshot-id'])) }
}

async function madeTable(request: CatalogRequest, made: LoadedTable, name: string): Promise<Answer> {
  const { metadata, location } = made
  const text = printTableMetadata(metadata)
  const told = await toldOf(request, metadata, location === null ? null : name)
  const kept = { status: 200, table: { name, location, metadata: location === null ? text : null } } as const
  return { ...loaded(text, location, 'all', told), kept }
}

/** The answer to a request that was answered before. */
export async function answerAgain(request: CatalogRequest, kept: KeptAnswer): Promise<Answer> {
  if (!('table' in kept)) return kept
  const { name, location, metadata } = kept.table
  const table =
    location === null
      ? readTableMetadata(parseJson(metadata ?? ''))
      : await request.catalog.metadata.table(location, request.signal)
  return madeTable(request, { metadata: table, location }, name)
}

/** LoadTableResult; a staged table has no metadata file yet. */
function loaded(metadata: string, location: string | null, mode: string, told: Told): Answer {
  const file = location === null ? '' : `"metadata-location":${JSON.stringify(location)},`
  const headers = location === null ? {} : { etag: etag(location, mode) }
  return { status: 200, text: `{${file}"metadata":${metadata},${printJson(told).slice(1)}`, headers }
}

function etag(location: string, mode: string): string {
  return `"${createHash('sha256').update(`${location}\n${mode}`).digest('base64url')}"`
}

function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((item) => item.trim().replace(/^W\//, '') === tag || item.trim() === '*')
}
