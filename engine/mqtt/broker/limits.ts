/** What the embedded broker grants. Every limit has a counter in {@link BrokerCounters} that tells when it was reached. */
export interface BrokerLimits {
  /** Bytes of one MQTT packet, its header included. A larger one ends the connection. */
  readonly packet: number
  /** Milliseconds in which CONNECT must arrive. */
  readonly connectWithin: number
  /** Connections from outside at the same time. Further ones are closed at once. */
  readonly connections: number
  /** Of those, from one address; this machine is not counted. Further ones are closed at once. */
  readonly connectionsPerAddress: number
  /** Persistent sessions, connected or not. A client that would need another is refused. */
  readonly sessions: number
  /** Subscriptions of one client. Further ones are refused (SUBACK 0x80). */
  readonly subscriptions: number
  /** Bytes that the subscriptions of all clients take in memory, about. Further ones are refused (SUBACK 0x80). */
  readonly subscriptionBytes: number
  /** Messages at QoS 1 and 2 that wait for one session. Over it the oldest goes while the client is away. */
  readonly queue: number
  /** Messages at QoS 1 and 2 that one client has not confirmed; at most half of `queue`. */
  readonly inFlight: number
  /** Messages at QoS 2 that one client has sent and not released. More end the connection. */
  readonly incoming: number
  /** Retained messages. A further topic is delivered but not kept. */
  readonly retained: number
  /** Bytes of the topics of retained messages, which stay in memory. A further topic is delivered but not kept. */
  readonly retainedBytes: number
  /** Bytes that wait for one client's socket. Over it those who publish to it have to wait. */
  readonly buffer: number
  /**
   * Bytes that wait for one client's socket. Over it the connection ends, and also when as much waits that the client of a clean
   * session has not confirmed room for.
   */
  readonly fullBuffer: number
  /** Milliseconds that publishers wait for a client that takes nothing; then it misses messages at QoS 0. */
  readonly patience: number
  /** Messages a second that one client may publish; a faster one is slowed down. Without limit unless set. */
  readonly publishRate?: number
}

export const defaultLimits: BrokerLimits = {
  packet: 256 * 1024,
  connectWithin: 10_000,
  connections: 1000,
  connectionsPerAddress: 500,
  sessions: 10_000,
  subscriptions: 10_000,
  subscriptionBytes: 256 * 1024 * 1024,
  queue: 10_000,
  inFlight: 1000,
  incoming: 1000,
  retained: 50_000,
  retainedBytes: 32 * 1024 * 1024,
  buffer: 1024 * 1024,
  fullBuffer: 16 * 1024 * 1024,
  patience: 5000,
}

/** What has happened since the start. */
export interface BrokerCounters {
  /** PUBLISH packets that were taken. */
  received: number
  /** PUBLISH packets that were written to clients. */
  sent: number
  /** Connections over the limit, of all or of one address. */
  refusedConnections: number
  /** CONNECTs with another protocol version than MQTT 3.1 or 3.1.1. */
  refusedVersions: number
  /** CONNECTs refused for name and password, for a client id that is the engine's or another user's, or for too many sessions. */
  refusedClients: number
  /** Connections that ended for a packet over the limit. */
  tooLarge: number
  /** Connections that ended for a PUBLISH that is not allowed. */
  refusedPublishes: number
  refusedSubscriptions: number
  /** Messages that were delivered and not retained. */
  refusedRetained: number
  /** Messages at QoS 1 and 2 that went from a full queue. */
  droppedQueued: number
  /** Messages at QoS 0 that a client was too slow for. */
  droppedSlow: number
  /** Connections that ended because the client was too slow. */
  closedSlow: number
}

export function newCounters(): BrokerCounters {
  return {
    received: 0,
    sent: 0,
    refusedConnections: 0,
    refusedVersions: 0,
    refusedClients: 0,
    tooLarge: 0,
    refusedPublishes: 0,
    refusedSubscriptions: 0,
    refusedRetained: 0,
    droppedQueued: 0,
    droppedSlow: 0,
    closedSlow: 0,
  }
}
