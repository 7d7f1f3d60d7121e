import type { Duplex } from 'node:stream'
import type { Dialer } from '../net/dialer.ts'
import type { Packet } from '../spec/message.ts'

/** How to reach a broker. */
export interface ConnectionConfig {
  /** Name by which flows refer to it; `default` is the one that nodes without a `broker` use. */
  name: string
  /** mqtt://, mqtts://, ws:// or wss://; user and password may stand in it, percent-encoded. Those given apart go first. */
  url: string
  /**
   * Opens the byte stream to a broker in this process, such as one end of `stream.duplexPair()`, instead of a socket.
   * It is called for each connection; `url` is then only shown.
   */
  connect?: () => Duplex
  /** Stable for the data directory, so that the broker's session is found again. The outgoing side appends `-out`. */
  clientId: string
  username?: string
  password?: string
  /**
   * User and password, read at each connection; they go before the others. What it throws is the reason why the connection
   * cannot be made, and it is tried again later.
   */
  login?: () => { username?: string | undefined; password?: string | undefined }
  /**
   * PEM texts, or the files that hold them, which are read at each connection. `rejectUnauthorized` is true unless said: without
   * it whoever stands on the way can read and change everything, and that is shown wherever the connection is.
   */
  tls?: {
    ca?: string
    cert?: string
    key?: string
    files?: { ca?: string | undefined; cert?: string | undefined; key?: string | undefined }
    rejectUnauthorized?: boolean
  }
  /** Judges the addresses of the broker's name (C27); without it every address is right. */
  dialer?: Dialer
  /** 5 unless said; the link falls back to 4 (MQTT 3.1.1) where the broker refuses 5. */
  protocolVersion?: 4 | 5
  /** Seconds, 1 to 65535; 30 unless said. */
  keepalive?: number
  /** Seconds that the broker keeps the session while we are away; MQTT 5. 7 days unless said. */
  sessionExpiry?: number
  /** QoS 1 and 2 packets that the broker may send before an ack; MQTT 5. 65535 unless said. Some brokers send more. */
  receiveMaximum?: number
  /** Bytes of the largest packet that is taken; 16 MiB unless said. A larger one ends the connection where the broker sends it all the same. */
  maximumPacketSize?: number
  /** True: the session ends with each connection, and retained messages come with their mark also when they are new (MQTT 5). */
  transient?: boolean
  /** Milliseconds for a connection to be made, CONNACK included; 15,000 unless said. */
  connectTimeout?: number
  /** Milliseconds before the first repeat and at most between repeats; 1,000 and 30,000 unless said. They are varied by chance. */
  reconnect?: { first: number; longest: number }
}

/** A PUBLISH that a broker delivered. `release` packets stand in the same sequence, because acks go out in order of receipt. */
export interface ReceivedPublish extends Packet {
  readonly type: 'publish'
  /** Counts the connections made: an ack goes only to the connection that delivered the packet. */
  readonly epoch: number
  /** 0 at QoS 0. */
  readonly packetId: number
  readonly duplicate: boolean
  /** Bytes of the whole packet. */
  readonly size: number
  /**
   * The identifiers of the subscriptions that it was delivered for (`subscriptionId` in engine/spec/topics.ts), none for a filter
   * without wildcards; undefined where the broker does not tell, and then it comes once for all of them.
   */
  readonly subscriptions: readonly number[] | undefined
}

/** A PUBREL: the broker has heard our PUBREC and forgets the message when it hears PUBCOMP. */
export interface ReceivedRelease {
  readonly type: 'release'
  readonly connection: string
  readonly epoch: number
  readonly packetId: number
}

export type Received = ReceivedPublish | ReceivedRelease

export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'closed'

export interface ConnectionState {
  name: string
  /** Without user and password. */
  url: string
  status: ConnectionStatus
  /** Since when, UTC milliseconds. */
  since: number
  /** Why it is not connected, as a sentence. */
  detail?: string
  protocolVersion?: 4 | 5
  received: number
  sent: number
  /** Rows of the outbox that were sent and not yet confirmed. */
  inFlight: number
}

/**
 * The incoming side. It hands over all packets of one socket chunk at once and acks nothing by itself.
 * Who takes them calls `settle` when the commit is done.
 */
export interface IncomingLink {
  /**
   * Sets what is subscribed, by filter. Only differences go to the broker; none at shutdown.
   * The first call connects: who takes the packets must be ready then, because a session that is resumed delivers at once.
   */
  subscribe(filters: ReadonlyMap<string, 0 | 1 | 2>): void
  /**
   * Writes PUBACK, PUBREC or PUBCOMP for packets that are committed, in order of receipt, in one write.
   * Packets of earlier epochs and of QoS 0 are passed over.
   */
  settle(packets: readonly Received[]): void
  /**
   * Sends PINGREQ and calls back when PINGRESP came: then every ack written before has arrived.
   * Never calls back if the connection breaks first.
   */
  confirm(arrived: () => void): void
  /** Stops and goes on reading from the socket, chunk by chunk; the keepalive goes on meanwhile. */
  pause(): void
  resume(): void
  state(): ConnectionState
  /** Disconnects without unsubscribing; resolves when the socket is closed. */
  close(): Promise<void>
}

export interface IncomingOptions {
  config: ConnectionConfig
  now(): number
  /** Packets of one chunk, in order of receipt. Must not throw. */
  onReceived(packets: Received[]): void
  /** After each CONNACK, before any packet of the new epoch. `sessionPresent`: the broker knows our session. */
  onConnected?(event: { epoch: number; sessionPresent: boolean }): void
  /** What the broker's session had at the last run, from {@link onSubscribed}; without it everything is subscribed anew. */
  knownFilters?: ReadonlyMap<string, 0 | 1 | 2>
  /** What the broker's session has now, whenever it changed. */
  onSubscribed?(filters: ReadonlyMap<string, 0 | 1 | 2>): void
  /** The broker has answered to all that is wanted now. */
  onSettled?(): void
  /** From 0 up to 1, for the time between repeats; Math.random unless given. */
  random?(): number
  onState?(state: ConnectionState): void
  log?(level: 'debug' | 'info' | 'warn' | 'error', text: string): void
}

/** A committed message that has to reach a broker. */
export interface OutboxRow {
  /** Ascending within a connection; the packet id is 1 + (sequence modulo 65535), so it is known before it is written and stays over a restart. */
  readonly sequence: number
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly qos: 1 | 2
  readonly retain: boolean
  readonly props?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** QoS 2: its PUBREC is committed, so only PUBREL and PUBCOMP are left. */
  readonly released: boolean
  /** May have been written to the broker before this start: goes with DUP. */
  readonly sentBefore: boolean
}

/** The durable queue behind the outgoing side. Implemented by the engine over SQLite. */
export interface Outbox {
  /** Rows with a sequence above `after`, in order, at most `limit`. */
  read(after: number, limit: number): OutboxRow[]
  /** PUBREC came: commit that, then call back; the PUBREL goes out after it. */
  release(sequence: number, committed: () => void): void
  /** PUBACK or PUBCOMP came: the row goes with the next commit. */
  remove(sequence: number): void
  /** The broker refused it for good (reason code >= 0x80 that a repeat cannot mend, too large, QoS not supported, ...). */
  refuse(sequence: number, detail: string): void
}

/** The outgoing side: QoS 0 at once, QoS 1 and 2 from the outbox, in order, within the server's window. */
export interface OutgoingLink {
  /** Hands QoS 0 messages over; they are written together. False when the bounded queue was full and some were dropped (counted). */
  publish(messages: readonly QosZeroMessage[]): boolean
  /** There are new rows in the outbox. */
  wake(): void
  state(): ConnectionState
  /** Messages at QoS 0 that were dropped: the queue was full, or the broker cannot take them. */
  dropped(): number
  close(): Promise<void>
}

export interface QosZeroMessage {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly retain: boolean
  readonly props?: Readonly<Record<string, string | readonly string[]>> | undefined
}

export interface OutgoingOptions {
  config: ConnectionConfig
  outbox: Outbox
  now(): number
  /** QoS 0 messages that wait for a broker which is away or slow: the oldest go when there are more. 10,000 and 16 MiB unless said. */
  queueLimit?: { messages: number; bytes: number }
  /** From 0 up to 1, for the time between repeats; Math.random unless given. */
  random?(): number
  onState?(state: ConnectionState): void
  log?(level: 'debug' | 'info' | 'warn' | 'error', text: string): void
}

/** What the engine needs of a broker connection: both sides. */
export interface Links {
  incoming(options: IncomingOptions): IncomingLink
  outgoing(options: OutgoingOptions): OutgoingLink
}
