import type { Accesses } from '../access.ts'
import { printJson } from '../json.ts'
import type { Answer } from './route.ts'

const CLIENT_CREDENTIALS = 'client_credentials'
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
/** What DuckDB and others ask for by default; a token reaches what its secret reaches, whatever is asked. */
const SCOPE_DEFAULT = 'catalog'

/**
 * Short-lived tokens for clients. client_credentials: the client secret is a token of `lakewire token create`, the id may
 * be anything. token-exchange is how Iceberg's Java clients renew theirs: only a token that was granted here is good for it,
 * an unsigned one proves nothing. It is also how a service that serves all tenants gets a token for one of them: it shows its
 * own beside one that names its user, as Trino does with iceberg.rest-catalog.session=USER.
 * https://www.rfc-editor.org/rfc/rfc6749#section-4.4, https://www.rfc-editor.org/rfc/rfc8693
 */
export async function answerOauth(
  accesses: Accesses,
  form: string,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const fields = new URLSearchParams(form)
  const grant = fields.get('grant_type')
  if (grant === null) return refuse(400, 'invalid_request', 'grant_type is missing')
  if (grant !== CLIENT_CREDENTIALS && grant !== TOKEN_EXCHANGE)
    return refuse(400, 'unsupported_grant_type', 'only client_credentials and token-exchange are supported')
  const subject = fields.get('subject_token') ?? ''
  const granted =
    grant === CLIENT_CREDENTIALS
      ? await accesses.grant(basicSecret(authorization) ?? fields.get('client_secret') ?? '', signal)
      : fields.get('subject_token_type') === JWT
        ? await accesses.narrow(fields.get('actor_token') ?? bearer(authorization), subject, signal)
        : await accesses.renew(subject, signal)
  if (granted === null)
    return grant === CLIENT_CREDENTIALS
      ? refuse(401, 'invalid_client', 'client authentication failed')
      : refuse(400, 'invalid_grant', 'the subject token is none that was granted here, or no longer good')
  const token = {
    access_token: granted.token,
    token_type: 'bearer',
    expires_in: granted.lifeS,
    issued_token_type: ACCESS_TOKEN,
    scope: fields.get('scope') ?? SCOPE_DEFAULT,
  }
  return { status: 200, text: printJson(token), headers: { 'cache-control': 'no-store' } }
}

function refuse(status: number, error: string, description: string): Answer {
  return {
    status,
    text: printJson({ error, error_description: description }),
    headers: { 'cache-control': 'no-store' },
  }
}

function bearer(authorization: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
}

/** Both halves may be percent-encoded. https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function basicSecret(authorization: string | undefined): string | null {
  const encoded = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const pair = Buffer.from(encoded, 'base64').toString()
  const split = pair.indexOf(':')
  if (split < 0) return null
  try {
    return decodeURIComponent(pair.slice(split + 1))
  } catch {
    return null
  }
}
