/**
 * A self-signed server certificate, made without any tool: node:crypto makes the key and the signature, and the few
 * structures of X.509 between them are written here. https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export type CertifiedKey = { cert: string; key: string }

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  explicit0: 0xa0,
  explicit3: 0xa3,
  dnsName: 0x82,
  ipAddress: 0x87,
} as const

/** Object identifiers, already encoded. */
const OID = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  keyUsage: [0x55, 0x1d, 0x0f],
  extendedKeyUsage: [0x55, 0x1d, 0x25],
  serverAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
} as const

const VALID_DAYS = 3650
const DAY_MS = 86_400_000
const SERIAL_BYTES = 16

/** `names`: host names and addresses that clients may connect to; the first becomes the common name. */
export function selfSigned(names: readonly string[], now: Date): CertifiedKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(
    der(TAG.set, sequence(oid(OID.commonName), der(TAG.utf8String, Buffer.from(names[0] ?? 'localhost')))),
  )
  const signatureAlgorithm = sequence(oid(OID.ecdsaWithSha256))
  const body = sequence(
    der(TAG.explicit0, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serial()),
    signatureAlgorithm,
    name,
    sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + VALID_DAYS * DAY_MS))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(TAG.explicit3, extensions(names)),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, signatureAlgorithm, der(TAG.bitString, Buffer.from([0]), signature))
  return { cert: pem('CERTIFICATE', certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function extensions(names: readonly string[]): Buffer {
  const alternatives = names.map((name) =>
    isIP(name) === 0 ? der(TAG.dnsName, Buffer.from(name)) : der(TAG.ipAddress, addressBytes(name)),
  )
  return sequence(
    extension(OID.basicConstraints, true, sequence()),
    // digitalSignature: the one use a TLS server has for an elliptic key
    extension(OID.keyUsage, true, der(TAG.bitString, Buffer.from([7, 0x80]))),
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, false, sequence(...alternatives)),
  )
}

function extension(id: readonly number[], critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(TAG.boolean, Buffer.from([0xff]))] : []
  return sequence(oid(id), ...flag, der(TAG.octetString, value))
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const front = groups(head)
  const back = groups(tail)
  const zeros = address.includes('::') ? new Array<number>(8 - front.length - back.length).fill(0) : []
  return Buffer.from([...front, ...zeros, ...back].flatMap((group) => [group >>> 8, group & 0xff]))
}

/** Positive and never starting with a zero byte. */
function serial(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes
}

function time(date: Date): Buffer {
  return der(TAG.generalizedTime, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')))
}

function oid(encoded: readonly number[]): Buffer {
  return der(TAG.oid, Buffer.from(encoded))
}

function sequence(...parts: Buffer[]): Buffer {
  return der(TAG.sequence, ...parts)
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >>> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
