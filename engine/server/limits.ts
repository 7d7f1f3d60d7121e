/** What the server takes before it refuses. Tests give smaller numbers. */
export interface ServerLimits {
  /** Bytes of a request body. */
  body: number
  /** Bytes of all headers of a request. */
  headers: number
  /** Milliseconds until all headers must be there. */
  headersTimeout: number
  /** Milliseconds until the whole request must be there. */
  requestTimeout: number
  /** Open sockets. */
  connections: number
  live: LiveLimits
}

export interface LiveLimits {
  /** Clients at the same time. */
  clients: number
  /** Bytes of one message of a client. */
  message: number
  /** Messages a second from one client; more close it. */
  rate: number
  /** Bytes that may wait for one client; while there are more, its frames are skipped. */
  buffered: number
  /** Bytes of values in one frame, about; the rest comes with the next one. */
  frame: number
  /** Milliseconds between two frames. */
  interval: number
  /** Milliseconds between two pings; a client that did not answer the last one is gone. */
  ping: number
  /** Flows that one client watches. */
  flows: number
  /** Topic filters that one client watches. */
  filters: number
  /** Topics that are followed for one client. */
  topics: number
}

export const defaultLimits: ServerLimits = {
  body: 1_000_000,
  headers: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connections: 512,
  live: {
    clients: 32,
    message: 65_536,
    rate: 20,
    buffered: 1_048_576,
    frame: 262_144,
    interval: 200,
    ping: 30_000,
    flows: 64,
    filters: 32,
    topics: 2_000,
  },
}
