import { pause } from '../tools/wait.ts'
import { compare, numbers, type Outcome } from './check.ts'
import type { Plan } from './plan.ts'
import { Rig } from './rig.ts'
import { breaches } from './wire-log.ts'
import { paths } from './workload.ts'

/** A broker that ends and starts cleanly, with its sessions on its disk. */
export function brokerRestarts(plan: Plan): Promise<Outcome> {
  const { random } = plan
  return Rig.play({ persistent: true }, async (rig) => {
    const { publisher, mosquitto, engine } = rig
    const running = publisher.run(paths, plan.rate)
    let restarts = 0
    for (const kind of plan.steps(['broker', 'both'] as const, 4)) {
      await pause(random.below(400))
      const started = mosquitto.restart()
      if (kind === 'both') {
        await engine.kill()
        await engine.start()
      }
      await started
      await rig.ready(30_000)
      restarts++
    }
    publisher.stop()
    await running
    // What mosquitto forgets of an exchange at QoS 2 when it restarts, it takes for a new message when it comes again.
    const outcome = await rig.outcome('', { forgetful: true })
    outcome.faults = `${restarts} restarts of the broker, with ${engine.kills} kills of the engine meanwhile; the broker sent ${breaches(rig.wire)} messages at QoS 2 again after their PUBREL`
    return outcome
  })
}

/** A broker that is killed and has kept nothing: sessions, queues and what it acked are gone. */
export function brokerKilled(plan: Plan): Promise<Outcome> {
  const { random } = plan
  return Rig.play({}, async (rig) => {
    const { publisher, mosquitto, engine, wire } = rig
    const running = publisher.run(paths, plan.rate)
    let kills = 0
    for (const _ of plan.steps(['kill'], 3)) {
      await pause(200 + random.below(500))
      await mosquitto.kill()
      await mosquitto.start()
      await rig.ready(30_000)
      kills++
    }
    await publisher.finished()
    await running
    await rig.settled()
    const { data } = engine
    const any = Number.POSITIVE_INFINITY
    const taken = (path: 'q1' | 'q2' | 'key' | 'state') => wire.taken.get(path) ?? []
    return {
      faults: `${kills} kills of a broker that keeps nothing; what counts is what it had delivered and we had acked`,
      paths: [
        compare('QoS 1 in -> SQLite', taken('q1'), numbers(data, 'q1'), { lost: 0, repeated: any }),
        compare('QoS 1 in, key -> SQLite', taken('key'), numbers(data, 'keyed')),
        compare('QoS 2 in -> SQLite', taken('q2'), numbers(data, 'q2'), { lost: 0, repeated: any }),
        compare('-> MQTT out QoS 1', numbers(data, 'q1'), [...wire.delivered.q1], { lost: 0, repeated: any }),
        compare('-> MQTT out QoS 2', numbers(data, 'q2'), [...wire.delivered.q2], { lost: 0, repeated: any }),
      ],
      broken: wire.early.length === 0 ? [] : [`acked before the commit: ${JSON.stringify(wire.early.slice(0, 5))}`],
    }
  })
}
