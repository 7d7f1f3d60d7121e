import type {
  ConnectionConfig,
  ConnectionState,
  IncomingLink,
  IncomingOptions,
  Outbox,
  OutboxRow,
  OutgoingLink,
  OutgoingOptions,
  Received,
  ReceivedPublish,
} from '../../engine/mqtt/contract.ts'
import { mqttLinks } from '../../engine/mqtt/index.ts'
import { until } from '../tools/wait.ts'

/** Short repeats, so that a test of many connections takes no time. */
export function configOf(url: string, changes: Partial<ConnectionConfig> = {}): ConnectionConfig {
  return { name: 'default', url, clientId: 'engine', reconnect: { first: 10, longest: 50 }, ...changes }
}

export interface TestIncoming {
  readonly link: IncomingLink
  readonly received: Received[]
  readonly batches: Received[][]
  readonly connections: { epoch: number; sessionPresent: boolean }[]
  readonly states: ConnectionState[]
  readonly logs: string[]
  /** Payloads of the PUBLISH packets as text. */
  texts(): string[]
  publishes(): ReceivedPublish[]
  /** Resolves when so many packets have come. */
  count(packets: number): Promise<void>
  connected(epoch?: number): Promise<void>
}

/** An incoming link that collects all it is told; `settle: true` acks each batch at once. */
export function openIncoming(
  config: ConnectionConfig,
  options: Partial<IncomingOptions> & { settle?: boolean; filters?: Record<string, 0 | 1 | 2> } = {},
): TestIncoming {
  const { settle = false, filters = {}, ...rest } = options
  const received: Received[] = []
  const batches: Received[][] = []
  const connections: { epoch: number; sessionPresent: boolean }[] = []
  const states: ConnectionState[] = []
  const logs: string[] = []
  const link = mqttLinks.incoming({
    config,
    now: Date.now,
    onReceived: (packets) => {
      batches.push(packets)
      received.push(...packets)
      if (settle) link.settle(packets)
    },
    onConnected: (event) => connections.push(event),
    onState: (state) => states.push(state),
    log: (level, text) => logs.push(`${level}: ${text}`),
    ...rest,
  })
  link.subscribe(new Map(Object.entries(filters)))
  const publishes = () => received.filter((packet) => packet.type === 'publish')
  return {
    link,
    received,
    batches,
    connections,
    states,
    logs,
    publishes,
    texts: () => publishes().map(({ payload }) => Buffer.from(payload).toString()),
    count: async (packets) => {
      await until(
        () => received.length >= packets,
        () => `${packets} packets; ${received.length} came. ${logs.join('\n')}`,
      )
    },
    connected: async (epoch = 1) => {
      await until(
        () => connections.length >= epoch,
        () => `connection ${epoch}. ${logs.join('\n')}`,
      )
    },
  }
}

export interface MemoryOutbox extends Outbox {
  /** What was done, in order: `sent`-less, such as `release 3`, `remove 3`, `refuse 4: why`. */
  readonly events: string[]
  /** Rows that are neither removed nor refused, with what is known of them. */
  readonly rows: Map<number, OutboxRow>
  add(row: Partial<OutboxRow>): number
  /** While true, releases wait for {@link MemoryOutbox.commit}. */
  holds: boolean
  commit(): void
}

/** An outbox without a disk. */
export function memoryOutbox(): MemoryOutbox {
  const rows = new Map<number, OutboxRow>()
  const events: string[] = []
  let waiting: (() => void)[] = []
  let next = 1
  const outbox: MemoryOutbox = {
    rows,
    events,
    holds: false,
    add: (row) => {
      const sequence = row.sequence ?? next
      next = sequence + 1
      const defaults = {
        topic: 'out',
        payload: `m${sequence}`,
        qos: 1,
        retain: false,
        released: false,
        sentBefore: false,
      }
      rows.set(sequence, { ...defaults, ...row, sequence } as OutboxRow) // every field has a default
      return sequence
    },
    commit: () => {
      const due = waiting
      waiting = []
      for (const committed of due) committed()
    },
    read: (after, limit) => {
      const found: OutboxRow[] = []
      // Rows are added in the order of their sequence, and what was read is at the front.
      for (const row of rows.values()) {
        if (row.sequence > after) found.push(row)
        if (found.length === limit) break
      }
      return found
    },
    release: (sequence, committed) => {
      events.push(`release ${sequence}`)
      const row = rows.get(sequence)
      if (row !== undefined) rows.set(sequence, { ...row, released: true })
      if (outbox.holds) waiting.push(committed)
      else committed()
    },
    remove: (sequence) => {
      events.push(`remove ${sequence}`)
      rows.delete(sequence)
    },
    refuse: (sequence, detail) => {
      events.push(`refuse ${sequence}: ${detail}`)
      rows.delete(sequence)
    },
  }
  return outbox
}

export interface TestOutgoing {
  readonly link: OutgoingLink
  readonly outbox: MemoryOutbox
  readonly states: ConnectionState[]
  readonly logs: string[]
  connected(): Promise<void>
  /** Resolves when no row is left. */
  drained(): Promise<void>
}

export function openOutgoing(
  config: ConnectionConfig,
  options: Partial<OutgoingOptions> & { outbox?: MemoryOutbox } = {},
): TestOutgoing {
  const outbox = options.outbox ?? memoryOutbox()
  const states: ConnectionState[] = []
  const logs: string[] = []
  const link = mqttLinks.outgoing({
    config,
    now: Date.now,
    onState: (state) => states.push(state),
    log: (level, text) => logs.push(`${level}: ${text}`),
    ...options,
    outbox,
  })
  const why = () => `${JSON.stringify(link.state())}\n${logs.join('\n')}\n${outbox.events.slice(-10).join('\n')}`
  return {
    link,
    outbox,
    states,
    logs,
    connected: async () => {
      await until(
        () => link.state().status === 'connected',
        () => `a connection. ${why()}`,
      )
    },
    drained: async () => {
      await until(
        () => outbox.rows.size === 0,
        () => `an empty outbox, ${outbox.rows.size} left. ${why()}`,
      )
    },
  }
}
