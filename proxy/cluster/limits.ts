/** Every bound of what the processes of one installation tell each other through the store. */

/** How often a proxy says that it is there. */
export const BEAT_MS = 2_000
/** Nothing heard of it for so long: what waits for it goes on without it. */
export const SILENT_MS = 7_000
/** … and for so long: its number is free. An outage of the store this long does no harm: it then takes a number again. */
export const LEASE_MS = 30_000
/** How often the bulletin is looked at; dropped accounts' sessions end within about this time. */
export const BULLETIN_POLL_MS = 500
/** Notices that the bulletin holds; who has missed more looks its sessions' accounts up, one by one. */
export const NOTICES_MAX = 500
export const POST_ATTEMPTS_MAX = 50
/** How long the removal of an account waits for the proxies to end its sessions. */
export const HEARD_MS = 15_000
export const HEARD_POLL_MS = 200
/** One look at the store, or one write to it. */
export const STORE_MS = 5_000
/** What a lookup of an unknown proxy may cost: the list is read again at most so often. */
export const PEERS_AGE_MS = 1_000
