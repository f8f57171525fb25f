import { optional, text } from '../read.ts'
import { createView, dropView, type LoadedView, registerView, replaceView, viewPointer } from '../view.ts'
import { bodyObject, identifierOf, levelsOf, NO_CONTENT, ok, type Route } from './route.ts'
import { listRelations, readChange, rename } from './table-routes.ts'

export const VIEW_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/{prefix}/namespaces/{namespace}/views',
    effect: 'read',
    answer: (request) => listRelations(request, 'view'),
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/views',
    effect: 'write',
    answer: async (request) => {
      const body = bodyObject(request)
      const identifier = { levels: levelsOf(request.params.namespace), name: text(body.name, 'name') }
      const asked = optional(body.location, text, 'location')?.replace(/\/+$/, '') ?? null
      return loaded(
        await request.catalog.spaces.change(
          request.scope,
          (draft) => createView(request.catalog, request.scope, draft, identifier, body, asked),
          request.signal,
        ),
      )
    },
  },
  {
    method: 'GET',
    path: '/v1/{prefix}/namespaces/{namespace}/views/{view}',
    effect: 'read',
    answer: async (request) => {
      const state = await request.catalog.spaces.read(request.scope, request.signal)
      const { metadataLocation: location } = viewPointer(request.scope, { state }, identifierOf(request, 'view'))
      return loaded({ metadata: await request.catalog.metadata.view(location, request.signal), location })
    },
  },
  {
    method: 'HEAD',
    path: '/v1/{prefix}/namespaces/{namespace}/views/{view}',
    effect: 'read',
    answer: async (request) => {
      viewPointer(
        request.scope,
        { state: await request.catalog.spaces.read(request.scope, request.signal) },
        identifierOf(request, 'view'),
      )
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/views/{view}',
    effect: 'write',
    answer: async (request) => {
      const { requirements, updates } = readChange(bodyObject(request))
      return loaded(
        await request.catalog.spaces.change(
          request.scope,
          (draft) =>
            replaceView(request.catalog, request.scope, draft, identifierOf(request, 'view'), requirements, updates),
          request.signal,
        ),
      )
    },
  },
  {
    method: 'DELETE',
    path: '/v1/{prefix}/namespaces/{namespace}/views/{view}',
    effect: 'write',
    answer: async (request) => {
      await request.catalog.spaces.change(
        request.scope,
        (draft) => dropView(request.catalog, request.scope, draft, identifierOf(request, 'view'), false),
        request.signal,
      )
      return NO_CONTENT
    },
  },
  {
    method: 'POST',
    path: '/v1/{prefix}/namespaces/{namespace}/register-view',
    effect: 'write',
    answer: async (request) => {
      const body = bodyObject(request)
      const identifier = { levels: levelsOf(request.params.namespace), name: text(body.name, 'name') }
      const file = text(body['metadata-location'], 'metadata-location')
      return loaded(
        await request.catalog.spaces.change(
          request.scope,
          (draft) => registerView(request.catalog, request.scope, draft, identifier, file),
          request.signal,
        ),
      )
    },
  },
  { method: 'POST', path: '/v1/{prefix}/views/rename', effect: 'write', answer: (request) => rename(request, 'view') },
]

function loaded({ metadata, location }: LoadedView) {
  return ok({ 'metadata-location': location, metadata, config: {} })
}
