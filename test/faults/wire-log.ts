import type { RowLookup } from './check.ts'
import type { FaultProxy } from './proxy.ts'
import type { Path } from './workload.ts'

/** What passed between engine and broker. */
export interface WireLog {
  /** Acks of the engine that were compared with the database. */
  acks: number
  /** Acks that passed before the row stood in the database (I8). */
  early: string[]
  /** Ids that the engine acked, by path. */
  readonly taken: Map<Path, Set<number>>
  /** Ids at QoS 2 whose PUBLISH the broker sent again after its PUBREL, or with another packet id: MQTT forbids it [MQTT-4.3.3]. */
  readonly again: Set<number>
  /** Ids of the engine's own messages that the broker acked. */
  readonly delivered: { q1: Set<number>; q2: Set<number> }
}

const tables: Partial<Record<Path, string>> = { q1: 'q1', q2: 'q2', key: 'keyed', state: 'counted' }

/** Watches the proxy. Whenever an ack of the engine passes, it looks whether the row is committed at that moment. */
export function watchWire(proxy: FaultProxy, lookup: RowLookup): WireLog {
  const log: WireLog = {
    acks: 0,
    early: [],
    taken: new Map(),
    again: new Set(),
    delivered: { q1: new Set(), q2: new Set() },
  }
  const exchanges = new Map<string, { packetId: number; released: boolean }>()
  /** A QoS 2 message has one exchange with one packet id, and its PUBREL ends the repeating. */
  const watchExchange = (path: string, n: number, packetId: number) => {
    const before = exchanges.get(`${path} ${n}`)
    if (before !== undefined && (before.released || before.packetId !== packetId)) log.again.add(n)
    exchanges.set(`${path} ${n}`, { packetId, released: false })
  }
  const waiting = new Map<string, { path: Path; n: number }>()
  proxy.onPacket = ({ connection, direction, packet }) => {
    if (packet.cmd === 'publish') {
      if (packet.qos === 0) return
      const [way, path] = packet.topic.split('/')
      if ((way === 'in') !== (direction === 'down') || (way !== 'in' && way !== 'out')) return
      const { n } = JSON.parse(packet.payload.toString())
      if (way === 'in' && packet.qos === 2) watchExchange(path ?? '', Number(n), packet.messageId ?? 0)
      waiting.set(`${connection} ${direction} ${packet.messageId}`, { path: path as Path, n: Number(n) }) // its topics only
      return
    }
    if (packet.cmd === 'pubrel' && direction === 'down') {
      for (const exchange of exchanges.values()) if (exchange.packetId === packet.messageId) exchange.released = true
      return
    }
    if (packet.cmd !== 'puback' && packet.cmd !== 'pubrec') return
    const key = `${connection} ${direction === 'up' ? 'down' : 'up'} ${packet.messageId}`
    const acked = waiting.get(key)
    if (acked === undefined) return
    waiting.delete(key)
    const { path, n } = acked
    if (direction === 'down') {
      if (path === 'q1' || path === 'q2') log.delivered[path].add(n)
      return
    }
    log.taken.set(path, (log.taken.get(path) ?? new Set()).add(n))
    const table = tables[path]
    if (table === undefined) return
    log.acks++
    if (!lookup.has(table, n)) log.early.push(`${path} ${n}`)
  }
  return log
}
