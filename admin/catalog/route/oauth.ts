import type { Accesses } from '../access.ts'
import { printJson } from '../json.ts'
import type { Answer } from './route.ts'

const EXPIRES_IN_S = 3600
const CLIENT_ID_IGNORED_SEPARATOR = ':'

/**
 * OAuth's client_credentials for clients that will not take a bearer token as it is: the client secret is the token, and
 * is given back. Any other grant is refused; an unsigned subject token proves nothing.
 * https://www.rfc-editor.org/rfc/rfc6749#section-4.4
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
  if (grant !== 'client_credentials')
    return refuse(400, 'unsupported_grant_type', 'only client_credentials is supported')
  const secret = basicSecret(authorization) ?? fields.get('client_secret') ?? ''
  if ((await accesses.tenantOf(secret, signal)) === null)
    return refuse(401, 'invalid_client', 'client authentication failed')
  const token = {
    access_token: secret,
    token_type: 'bearer',
    expires_in: EXPIRES_IN_S,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: fields.get('scope') ?? 'catalog',
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

function basicSecret(authorization: string | undefined): string | null {
  const encoded = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const pair = Buffer.from(encoded, 'base64').toString()
  const split = pair.indexOf(CLIENT_ID_IGNORED_SEPARATOR)
  return split < 0 ? null : pair.slice(split + 1)
}
