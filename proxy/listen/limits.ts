/** Every bound of the listener. What can be configured is in ListenLimits; the rest protects us from strangers. */
export type ListenLimits = {
  connectionsMax: number
  connectionsPerAddressMax: number
  connectionsPerTenantMax: number
  loginMs: number
  writeStallMs: number
  messageBytesMax: number
  copyDataBytesMax: number
}

export const LISTEN_LIMITS: ListenLimits = {
  connectionsMax: 10_000,
  connectionsPerAddressMax: 500,
  connectionsPerTenantMax: 500,
  loginMs: 30_000,
  writeStallMs: 60_000,
  messageBytesMax: 16 * 1024 * 1024,
  copyDataBytesMax: 64 * 1024 * 1024,
}

/** Connections over a limit that are still told so; beyond, the socket is closed at once. */
export const REFUSALS_MAX = 64
/** Who has not logged in, and has kept us waiting so long, gives its place to the next when there is none left. */
export const SILENT_MS = 1_000
/** Bytes of further messages that are taken in while the session is busy with one; then the socket is paused. */
export const RECEIVE_AHEAD_BYTES_MAX = 256 * 1024
/** Output of small messages that is gathered before it goes out by itself. */
export const OUTPUT_BYTES_MAX = 64 * 1024
/** Output the client has not taken: above it the session reads no further message. */
export const UNSENT_BYTES_MAX = 1024 * 1024
/** How long a last message may take to reach the client before the socket is torn down. */
export const LINGER_MS = 2_000
/** libuv then probes every second, ten times: a dead peer is found in KEEPALIVE_MS + 10 s. */
export const KEEPALIVE_MS = 60_000
export const STORE_MS = 5_000
export const LISTEN_BACKLOG = 1_024

/** Failed logins of one user of one database from one address, within the window, until it is blocked for a while. */
export const LOGIN_FAILURES_MAX = 10
export const LOGIN_FAILURE_WINDOW_MS = 150_000
export const LOGIN_BLOCK_MS = 120_000
/** Keys that the throttle remembers; the oldest is forgotten. */
export const LOGIN_KEYS_MAX = 20_000
/** How many tenants are looked through for the owner of a password that did not fit the database asked for. */
export const ACCOUNT_SEARCH_TENANTS_MAX = 1_000

/** Cancel requests handed on to other proxies: in the window, in all and from one address; and at a time. */
export const HAND_ON_WINDOW_MS = 10_000
export const HAND_ONS_PER_WINDOW_MAX = 2_000
export const HAND_ONS_PER_ADDRESS_MAX = 200
export const HAND_ONS_AT_ONCE_MAX = 32
/** One of them, from the lookup to the other's last word. */
export const HAND_ON_MS = 3_000
