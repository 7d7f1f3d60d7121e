import type { FaultPoint } from '../../engine/run/ports.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { pause, until } from '../tools/wait.ts'
import { checkPaths, drained, type Outcome, RowLookup } from './check.ts'
import { EngineProcess } from './engine-process.ts'
import type { Plan } from './plan.ts'
import { FaultProxy } from './proxy.ts'
import { faultFlow, Hook, Listener, Publisher, paths } from './workload.ts'

const points: readonly FaultPoint[] = [
  'before-commit',
  'in-commit',
  'after-commit',
  'before-settle',
  'after-settle',
  'after-batch',
  'request-answered',
]

/** Kills at code points, in the middle of what goes over the wire, and at any moment, with a broker that lives on. */
export async function killed(plan: Plan): Promise<Outcome> {
  const { random } = plan
  const mosquitto = await startMosquitto({ config: ['max_queued_messages 0', 'max_inflight_messages 0'] })
  const proxy = new FaultProxy(mosquitto.port)
  await proxy.start()
  const hook = new Hook()
  await hook.start()
  const engine = new EngineProcess([faultFlow({ broker: 'far', hook: hook.url })], {
    broker: mosquitto.url,
    connections: [{ name: 'far', url: proxy.url, reconnect: { first: 50, longest: 200 } }],
  })
  const lookup = new RowLookup(engine.data)
  const early = watchAcks(proxy, lookup)
  const publisher = await Publisher.connect(mosquitto.url)
  const listener = await Listener.connect(mosquitto.url)
  let atPoints = 0
  let onWire = 0
  let atRandom = 0
  try {
    await engine.start()
    await until(
      async () => (await engine.state()).health.ready,
      () => `the engine:\n${engine.log}`,
    )
    const running = publisher.run(paths, plan.rate)
    for (const kind of plan.steps(['point', 'point', 'wire', 'random'], points.length * 2)) {
      if (kind === 'point') {
        const point = points[atPoints % points.length] ?? 'in-commit'
        await engine.arm(point, 1 + random.below(20))
        await engine.ended(20_000)
        atPoints++
      } else if (kind === 'wire') {
        const killed = new Promise<void>((resolve) => {
          const direction = random.chance(0.7) ? 'up' : 'down'
          proxy.cutAfter(direction, 200 + random.below(3000), () => void engine.kill().then(resolve))
        })
        await killed
        onWire++
      } else {
        await pause(random.below(400))
        await engine.kill()
        atRandom++
      }
      await engine.start()
    }
    await publisher.finished()
    await running
    const broken = await drained({ data: engine.data, publisher, listener, hook })
    if (early.acks === 0) broken.push('no ack was seen on the wire')
    if (early.found.length > 0) broken.push(`acked before the commit: ${early.found.slice(0, 5).join(', ')}`)
    return {
      faults: `${engine.kills} kills: ${atPoints} at code points, ${onWire} between bytes of the wire, ${atRandom} at random; ${early.acks} acks compared with the database`,
      paths: checkPaths({ data: engine.data, publisher, listener, hook }),
      broken,
    }
  } finally {
    await publisher.close()
    await listener.close()
    await engine.kill()
    lookup.close()
    await hook.stop()
    await proxy.stop()
    await mosquitto.stop()
  }
}

/** Looks at the database whenever an ack passes (I8): the row must be there at that moment. */
export function watchAcks(proxy: FaultProxy, lookup: RowLookup): { acks: number; found: string[] } {
  const seen = { acks: 0, found: [] as string[] }
  const waiting = new Map<string, { table: string; n: number }>()
  const tables: Record<string, string> = { q1: 'q1', q2: 'q2', key: 'keyed' }
  proxy.onPacket = ({ connection, direction, packet }) => {
    if (direction === 'down' && packet.cmd === 'publish' && packet.qos > 0) {
      const table = tables[packet.topic.split('/')[1] ?? '']
      if (table === undefined || !packet.topic.startsWith('in/')) return
      waiting.set(`${connection} ${packet.messageId}`, { table, n: Number(JSON.parse(packet.payload.toString()).n) })
    } else if (direction === 'up' && (packet.cmd === 'puback' || packet.cmd === 'pubrec')) {
      const acked = waiting.get(`${connection} ${packet.messageId}`)
      if (acked === undefined) return
      waiting.delete(`${connection} ${packet.messageId}`)
      seen.acks++
      if (!lookup.has(acked.table, acked.n)) seen.found.push(`${acked.table} ${acked.n}`)
    }
  }
  return seen
}

/** The embedded broker ends with the engine: the publisher repeats what was not acked. */
export async function killedWithBroker(plan: Plan): Promise<Outcome> {
  const { random } = plan
  const engine = new EngineProcess([faultFlow()], {})
  await engine.start()
  const url = `mqtt://127.0.0.1:${engine.mqttPort}`
  const publisher = await Publisher.connect(url)
  const listener = await Listener.connect(url)
  try {
    const running = publisher.run(['q0', 'q1', 'q2', 'key', 'state'], plan.rate)
    for (const kind of plan.steps(['random', 'point'], 8)) {
      if (kind === 'point') {
        await engine.arm(random.pick(points.slice(0, -1)), 1 + random.below(30))
        await engine.ended(20_000)
      } else {
        await pause(random.below(500))
        await engine.kill()
      }
      await engine.start()
    }
    await publisher.finished()
    await running
    const broken = await drained({ data: engine.data, publisher, listener })
    return {
      faults: `${engine.kills} kills of engine and broker in one`,
      paths: checkPaths({ data: engine.data, publisher, listener }, true),
      broken,
    }
  } finally {
    await publisher.close()
    await listener.close()
    await engine.kill()
  }
}
