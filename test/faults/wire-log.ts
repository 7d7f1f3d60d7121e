import type { RowLookup } from './check.ts'
import type { FaultProxy } from './proxy.ts'
import type { Path } from './workload.ts'

/** What passed between engine and broker. */
export interface WireLog {
  /** Acks of the engine that were compared with the database. */
  acks: number
  /** Acks that passed before the row stood in the database (I8). */
  early: { path: Path; n: number }[]
  /** Ids that the engine acked, by path. */
  readonly taken: Map<Path, Set<number>>
  /**
   * Messages at QoS 2 with which the broker broke the rules [MQTT-4.3.3]: it sent the PUBLISH again after its PUBREL or with
   * another packet id, or gave their packet id to a second message before that. What is exactly once is then its own affair.
   */
  readonly again: Map<Path, Set<number>>
  /** Ids of the engine's own messages that the broker acked. */
  readonly delivered: { q1: Set<number>; q2: Set<number> }
}

/** Messages at QoS 2 with which the broker broke the rules. */
export function breaches({ again }: WireLog): number {
  return [...again.values()].reduce((sum, set) => sum + set.size, 0)
}

const tables: Partial<Record<Path, string>> = { q1: 'q1', q2: 'q2', key: 'keyed', state: 'counted' }

interface Exchange {
  readonly path: Path
  readonly n: number
  readonly packetId: number
  /** The broker has sent its PUBREL. */
  released: boolean
}

/** Watches the proxy. Whenever an ack of the engine passes, it looks whether the row is committed at that moment. */
export function watchWire(proxy: FaultProxy, lookup: RowLookup): WireLog {
  const log: WireLog = {
    acks: 0,
    early: [],
    taken: new Map(),
    again: new Map(),
    delivered: { q1: new Set(), q2: new Set() },
  }
  const exchanges = new Map<string, Exchange>()
  /** The last exchange with a packet id. */
  const latest = new Map<number, Exchange>()
  const breach = ({ path, n }: Exchange) => log.again.set(path, (log.again.get(path) ?? new Set()).add(n))
  const watchExchange = (path: Path, n: number, packetId: number) => {
    const exchange = { path, n, packetId, released: false }
    const before = exchanges.get(`${path} ${n}`)
    if (before !== undefined && (before.released || before.packetId !== packetId)) breach(exchange)
    const other = latest.get(packetId)
    if (other !== undefined && !other.released && (other.path !== path || other.n !== n)) {
      breach(other)
      breach(exchange)
    }
    exchanges.set(`${path} ${n}`, exchange)
    latest.set(packetId, exchange)
  }
  /** By connection, direction and packet id: several where a broker gives an id twice; acks come in the order of receipt. */
  const waiting = new Map<string, { path: Path; n: number }[]>()
  proxy.onPacket = ({ connection, direction, packet }) => {
    if (packet.cmd === 'publish') {
      if (packet.qos === 0) return
      const [way, path] = packet.topic.split('/')
      if ((way === 'in') !== (direction === 'down') || (way !== 'in' && way !== 'out')) return
      const { n } = JSON.parse(packet.payload.toString())
      const message = { path: path as Path, n: Number(n) } // the topics of the fault flow only
      if (way === 'in' && packet.qos === 2) watchExchange(message.path, message.n, packet.messageId ?? 0)
      const key = `${connection} ${direction} ${packet.messageId}`
      const others = waiting.get(key)
      if (others === undefined) waiting.set(key, [message])
      else others.push(message)
      return
    }
    if (packet.cmd === 'pubrel' && direction === 'down') {
      const exchange = latest.get(packet.messageId ?? 0)
      if (exchange !== undefined) exchange.released = true
      return
    }
    if (packet.cmd !== 'puback' && packet.cmd !== 'pubrec') return
    const key = `${connection} ${direction === 'up' ? 'down' : 'up'} ${packet.messageId}`
    const messages = waiting.get(key)
    const acked = messages?.shift()
    if (acked === undefined) return
    if (messages?.length === 0) waiting.delete(key)
    const { path, n } = acked
    if (direction === 'down') {
      if (path === 'q1' || path === 'q2') log.delivered[path].add(n)
      return
    }
    log.taken.set(path, (log.taken.get(path) ?? new Set()).add(n))
    const table = tables[path]
    if (table === undefined) return
    log.acks++
    if (!lookup.has(table, n)) log.early.push({ path, n })
  }
  return log
}
