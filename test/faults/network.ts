import { pause, until } from '../tools/wait.ts'
import type { Outcome } from './check.ts'
import type { Plan } from './plan.ts'
import { Rig } from './rig.ts'
import { paths } from './workload.ts'

/** A network between engine and broker that resets, cuts, delays, swallows, and hands bytes over one by one. */
export function network(plan: Plan): Promise<Outcome> {
  const { random } = plan
  return Rig.play({ keepalive: 1 }, async (rig) => {
    const { publisher, proxy, engine } = rig
    const counts = { reset: 0, cut: 0, latency: 0, bytes: 0, blackHole: 0 }
    const running = publisher.run(paths, plan.rate)
    for (const kind of plan.steps(
      ['reset', 'cut', 'bytes', 'cut', 'latency', 'cut', 'reset', 'blackHole'] as const,
      16,
    )) {
      counts[kind]++
      if (kind === 'reset') {
        await pause(random.below(300))
        proxy.reset()
      } else if (kind === 'cut') {
        const cuts = proxy.cuts
        proxy.cutAfter(random.chance(0.5) ? 'up' : 'down', 1 + random.below(4000))
        await until(() => proxy.cuts > cuts, 'a cut')
      } else if (kind === 'bytes') {
        proxy.chunk = 1
        await pause(400)
        proxy.chunk = 0
      } else if (kind === 'latency') {
        proxy.latency = 20 + random.below(80)
        await pause(500)
        proxy.latency = 0
      } else {
        proxy.blackHole = true
        await until(async () => away((await engine.state()).brokers), 'an engine that notices')
        proxy.blackHole = false
      }
    }
    publisher.stop()
    await running
    return rig.outcome(
      `${counts.reset} resets, ${counts.cut} cuts within packets, ${counts.bytes} times single bytes, ${counts.latency} times latency, ${counts.blackHole} black holes`,
    )
  })
}

function away(brokers: readonly { name: string; incoming: { status: string } }[]): boolean {
  return brokers.some(({ name, incoming }) => name === 'far' && incoming.status !== 'connected')
}
