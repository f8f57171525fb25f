/** Every bound of the MongoDB adapter. */

/** A server's document holds 16 MiB; what is left is for its other fields. https://www.mongodb.com/docs/manual/reference/limits/ */
export const DOCUMENT_BYTES_MAX = 15 * 1024 * 1024
/** By which a write of unknown outcome finds out what has become of it, when so many others came after. */
export const PAST_REVISIONS_MAX = 16

/** One call of the store from first to last attempt. */
export const READ_MS = 5_000
export const WRITE_MS = 10_000
/** Between two attempts: doubled each time. */
export const PAUSE_FIRST_MS = 20
export const PAUSE_MS_MAX = 500

export const CONNECT_MS = 3_000
/** Until a server is found that takes what we ask: an election takes about so long. */
export const SELECT_MS = 4_000
/** Silence on a connection that has been asked something. */
export const SOCKET_MS = 5_000
export const HEARTBEAT_MS = 2_000
export const CONNECTIONS_MAX = 64
