import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { type CertifiedKey, selfSigned } from './certificate.ts'

export type TlsIdentity = {
  context: SecureContext
  /**
   * tls-server-end-point (RFC 5929): what -PLUS clients bind their login to; null: not to be offered for this
   * certificate
   */
  endPoint: Buffer | null
}

/** The protocol name that PostgreSQL registered: keeps a connection meant for another service from being led here. */
export const ALPN_PROTOCOL = 'postgresql'
const RENEW_BEFORE_MS = 7 * 86_400_000

/** The files that were configured, or a certificate of our own: made at first start and when it is about to expire. */
export async function loadCertificate(options: {
  certFile?: string
  keyFile?: string
  dataDir: string
}): Promise<CertifiedKey> {
  if (options.certFile !== undefined && options.keyFile !== undefined) {
    return { cert: await readFile(options.certFile, 'utf8'), key: await readFile(options.keyFile, 'utf8') }
  }
  const folder = join(options.dataDir, 'tls')
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') }
  const kept = await readPair(files)
  if (kept !== null && Date.parse(new X509Certificate(kept.cert).validTo) - Date.now() > RENEW_BEFORE_MS) return kept
  const made = selfSigned([...new Set(['localhost', hostname(), '127.0.0.1', '::1'])], new Date())
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  await replaceFile(files.key, made.key, 0o600)
  await replaceFile(files.cert, made.cert, 0o644)
  return made
}

async function readPair(files: { cert: string; key: string }): Promise<CertifiedKey | null> {
  try {
    return { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode })
  await rename(`${path}.new`, path)
}

/** Throws when key and certificate do not belong together. */
export function tlsIdentity({ cert, key }: CertifiedKey): TlsIdentity {
  const certificate = new X509Certificate(cert)
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the TLS key does not fit the certificate')
  return { context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }), endPoint: endPointOf(certificate) }
}

/**
 * RFC 5929 section 4.1: the certificate's own signature hash, SHA-256 in place of MD5 and SHA-1. A signature without
 * a hash of its own (Ed25519) has no binding, so none is offered.
 */
function endPointOf(certificate: X509Certificate): Buffer | null {
  const algorithm = (certificate.signatureAlgorithm ?? '').toLowerCase()
  const hash = /(md5|sha1|sha224|sha256|sha384|sha512)/.exec(algorithm)?.[1]
  if (hash === undefined) return null
  return createHash(hash === 'md5' || hash === 'sha1' ? 'sha256' : hash)
    .update(certificate.raw)
    .digest()
}

/** The server's side of the handshake; rejects when it fails or the client is gone. */
export function handshake(socket: Socket, identity: TlsIdentity): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // The wrapped socket keeps an error listener, or its end during the handshake would bring the process down.
    socket.on('error', () => {})
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: identity.context,
      ALPNProtocols: [ALPN_PROTOCOL],
    })
    const fail = (error?: Error): void => reject(error ?? new Error('connection closed during TLS handshake'))
    secured.once('error', fail)
    secured.once('close', () => fail())
    secured.once('secure', () => {
      secured.off('error', fail)
      resolve(secured)
    })
  })
}
