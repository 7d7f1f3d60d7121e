import type { FaultPoint } from '../../engine/run/ports.ts'
import { pause } from '../tools/wait.ts'
import { checkPaths, deadLetters, drained, type Outcome } from './check.ts'
import { EngineProcess } from './engine-process.ts'
import type { Plan } from './plan.ts'
import { Publisher } from './publisher.ts'
import { Rig } from './rig.ts'
import { faultFlow, Listener, paths } from './workload.ts'

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
export function killed(plan: Plan): Promise<Outcome> {
  const { random } = plan
  return Rig.play({}, async (rig) => {
    const { engine, publisher, proxy, wire } = rig
    const counts = { point: 0, wire: 0, random: 0 }
    const running = publisher.run(paths, plan.rate)
    for (const kind of plan.steps(['point', 'point', 'wire', 'random'] as const, points.length * 2)) {
      if (kind === 'point') {
        await engine.arm(points[counts.point % points.length] ?? 'in-commit', 1 + random.below(20))
        await engine.ended(20_000)
      } else if (kind === 'wire') {
        const direction = random.chance(0.7) ? 'up' : 'down'
        proxy.cutAfter(direction, 200 + random.below(3000), () => void engine.kill())
        await engine.ended(20_000)
      } else {
        await pause(random.below(400))
        await engine.kill()
      }
      counts[kind]++
      await engine.start()
    }
    publisher.stop()
    await running
    const outcome = await rig.outcome(
      `${engine.kills} kills of the engine: ${counts.point} at code points, ${counts.wire} between bytes of the wire, ${counts.random} at random; ${wire.acks} acks compared with the database`,
    )
    // A kill at each of three tries looks like a deadly message from inside: such a one is kept there.
    const dead = [...deadLetters(engine.data).values()].reduce((sum, set) => sum + set.size, 0)
    if (dead > 0) outcome.faults += `; ${dead} messages met three kills and are dead letters`
    if (dead > counts.point) outcome.broken.push(`${dead} dead letters of ${counts.point} kills at code points`)
    if (wire.acks === 0) outcome.broken.push('no ack was seen on the wire')
    return outcome
  })
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
      paths: checkPaths({ data: engine.data, publisher, listener }),
      broken,
    }
  } finally {
    publisher.close()
    await listener.close()
    await engine.kill()
  }
}
