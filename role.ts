import { networkInterfaces } from 'node:os'
import { type Config, ConfigError } from './proxy/config.ts'

/** What a process of each role is and needs. */

export type Role = Config['role']

export const isAdmin = (role: Role): boolean => role !== 'proxy'
export const isProxy = (role: Role): boolean => role !== 'admin'
/** Other processes use the same store. */
export const isShared = ({ store }: Pick<Config, 'store'>): boolean => store.url !== undefined

/** Throws ConfigError with everything that is wrong, so that one start tells all. */
export function checkRole(config: Config): void {
  const { role, store, s3, catalog } = config
  const problems: string[] = []
  const needs = (key: string, value: unknown, why: string): void => {
    if (value === undefined) problems.push(`role "${role}" needs ${key}: ${why}`)
  }
  if (role !== 'all') {
    needs('store.url', store.url, 'a data folder belongs to one process, so processes share a MongoDB store')
    needs('s3.endpoint', s3.endpoint, 'tables in a data folder cannot be reached by other processes')
  }
  if (role === 'proxy') needs('catalog.url', catalog.url, 'the address of the admin, or of several with commas between')
  const urls = catalogUrls(config)
  if (urls.length > 1 && urls.some((url) => url.protocol === 'https:'))
    problems.push('catalog.url: several addresses must be http; for https name one, of a balancer before the admins')
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
}

export function catalogUrls({ catalog }: Pick<Config, 'catalog'>): URL[] {
  return (catalog.url ?? '')
    .split(',')
    .filter((text) => text.trim() !== '')
    .map((text) => new URL(text.trim()))
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/** host:port that other proxies connect to. */
export function peerAddressOf({ pg }: Pick<Config, 'pg'>, port: number): string {
  if (pg.peerAddress !== undefined) return pg.peerAddress
  return `${WILDCARDS.has(pg.host) ? ownAddress() : pg.host}:${port}`
}

/** The first address that others can reach; of a machine without a network, its own. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1'
}
