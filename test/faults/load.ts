import { flowOf } from '../engine/start.ts'
import { pause, until } from '../tools/wait.ts'
import { compare, deadLetters, numbers, type Outcome } from './check.ts'
import type { Plan } from './plan.ts'
import { Rig } from './rig.ts'
import { breaches } from './wire-log.ts'
import { faultFlow, type Path } from './workload.ts'

const mega = 1_048_576

/**
 * A session with a great backlog: the engine was away and gets it all at once. mosquitto 2.0 heeds no Receive Maximum then, and
 * with more than 65,535 in flight it gives packet ids to several messages at once.
 */
export function backlog(plan: Plan): Promise<Outcome> {
  return Rig.play({}, async (rig) => {
    const { publisher, engine } = rig
    await engine.close()
    const total = plan.long ? 200_000 : 8000
    for (let count = 0; count < total; count++) {
      const path: Path = count % 2 === 0 ? 'q1' : 'q2'
      await until(() => publisher.publish(path), 'room')
    }
    await publisher.finished(120_000)
    const start = performance.now()
    await engine.start()
    let most = 0
    const watch = setInterval(() => {
      engine.state().then(
        ({ rss }) => {
          most = Math.max(most, rss)
        },
        () => undefined, // it is asked again
      )
    }, 200)
    const outcome = await rig.outcome('', { forgetful: plan.long })
    clearInterval(watch)
    outcome.faults = `a backlog of ${total} messages, gone after ${Math.round((performance.now() - start) / 1000)} s; at most ${Math.round(most / mega)} MB of memory; the broker gave the packet ids of ${breaches(rig.wire)} messages at QoS 2 to others meanwhile`
    if (most > 600 * mega) outcome.broken.push(`${Math.round(most / mega)} MB of memory`)
    return outcome
  })
}

/** A flow that is redeployed in traffic. */
export function deployInTraffic(plan: Plan): Promise<Outcome> {
  return Rig.play({}, async (rig) => {
    const { publisher, engine, hook } = rig
    const running = publisher.run(['q1', 'q1', 'q1', 'q2', 'key', 'state'], 1000)
    const start = performance.now()
    let deploys = 0
    for (const _ of plan.steps(['deploy'], 50)) {
      const document = faultFlow({ broker: 'far', hook: hook.url })
      await engine.ask({ what: 'put', document: changed(document, deploys) })
      deploys++
      await pause(20)
    }
    const seconds = (performance.now() - start) / 1000
    publisher.stop()
    await running
    const sent = [...publisher.sent.values()].reduce((sum, count) => sum + count, 0)
    return rig.outcome(`${deploys} deploys within ${sent} messages (${Math.round(sent / seconds)} a second)`)
  })
}

/** Each deploy changes the sources, the transforms and the outputs by turns: nodes are replaced, subscriptions stay. */
function changed(document: Record<string, unknown>, version: number): Record<string, unknown> {
  const nodes = (document.nodes as { id: string; type: string; config: Record<string, unknown> }[]).map((node) => {
    if (node.type === 'transform') return { ...node, config: { payload: `{ "n": payload.n, "version": ${version} }` } }
    if (version % 2 === 0 || node.type !== 'mqtt-in') return node
    return { ...node, config: { ...node.config, time: 'received' } }
  })
  return { ...document, nodes }
}

/** A sink that stands still: the outbox fills to its limit, intake waits, memory stays flat, and all is delivered afterwards. */
export function backpressure(plan: Plan): Promise<Outcome> {
  const limit = 1500
  return Rig.play({ flows: passOn, limits: { outbox: { rows: limit, policy: 'block' } } }, async (rig) => {
    const { publisher, engine, proxy } = rig
    const seconds = plan.seconds ?? 4
    proxy.blackHole = true
    const running = publisher.run(['q1'], 2000)
    const outboxOf = async () => (await engine.state()).brokers.find(({ name }) => name === 'far')?.outbox ?? 0
    await until(async () => (await outboxOf()) >= limit, 'a full outbox')
    const before = (await engine.state()).rss
    let highest = 0
    let most = 0
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      const state = await engine.state()
      highest = Math.max(highest, state.rss)
      most = Math.max(most, state.brokers.find(({ name }) => name === 'far')?.outbox ?? 0)
      await pause(100)
    }
    publisher.stop()
    await running
    const stored = numbers(engine.data, 'q1').length
    const sent = publisher.sent.get('q1') ?? 0
    proxy.blackHole = false
    proxy.reset()
    const outcome = await rig.outcome(
      `a sink that stands still for ${seconds} s at ${Math.round(sent / seconds)} messages a second: ${stored} of ${sent} taken, outbox at most ${most} of ${limit}, memory ${Math.round(before / mega)} -> at most ${Math.round(highest / mega)} MB`,
    )
    if (most > limit + 2048) outcome.broken.push(`${most} rows in an outbox of ${limit}`)
    if (highest > before + 80 * mega) outcome.broken.push(`memory grew by ${Math.round((highest - before) / mega)} MB`)
    return outcome
  })
}

/** The other two policies of a full outbox: what does not fit is counted or kept, never silent. */
export async function fullOutbox(plan: Plan): Promise<Outcome> {
  const found: Outcome = { faults: '', paths: [], broken: [] }
  for (const policy of ['drop-oldest', 'dead-letter'] as const) {
    const part = await fullOutboxWith(policy, plan)
    found.faults += `${found.faults === '' ? '' : '; '}${part.faults}`
    found.paths.push(...part.paths)
    found.broken.push(...part.broken)
  }
  return found
}

function fullOutboxWith(policy: 'drop-oldest' | 'dead-letter', plan: Plan): Promise<Outcome> {
  const limit = 1000
  return Rig.play({ flows: passOn, limits: { outbox: { rows: limit, policy } } }, async (rig) => {
    const { publisher, engine, proxy, listener } = rig
    const total = plan.long ? 30_000 : 3000
    proxy.blackHole = true
    for (let count = 0; count < total; count++) await until(() => publisher.publish('q1'), 'room')
    await publisher.finished()
    await until(() => numbers(engine.data, 'q1').length >= total, 'all messages taken', 60_000)
    proxy.blackHole = false
    proxy.reset()
    await rig.settled(60_000)
    const dropped = (await engine.state()).brokers.find(({ name }) => name === 'far')?.dropped ?? 0
    const dead = [...(deadLetters(engine.data).get('q1') ?? [])]
    await until(
      () => new Set(listener.heard.q1).size + dropped + dead.length >= total,
      () => `${total} heard, dropped or dead, not ${listener.heard.q1.length}, ${dropped} and ${dead.length}`,
    )
    const wanted = Array.from({ length: total }, (_, n) => n)
    const result = compare(`full outbox, ${policy}`, wanted, [...new Set(listener.heard.q1), ...dead], {
      lost: dropped,
      repeated: 0,
    })
    const broken: string[] = []
    if (result.lost !== dropped)
      broken.push(`${policy}: ${result.lost} are missing and ${dropped} are counted as dropped`)
    if (dropped + dead.length === 0) broken.push(`${policy}: the outbox was never full`)
    return {
      faults: `${policy} at ${limit} rows: ${dropped} counted drops, ${dead.length} dead letters`,
      paths: [result],
      broken,
    }
  })
}

/** From the broker itself to the broker behind the proxy: only what goes out stands still with it. */
function passOn(): Record<string, unknown>[] {
  return [
    flowOf(
      'faults',
      [
        ['in', 'mqtt-in', { topic: 'in/q1/{lane}', qos: 1, decode: 'json' }],
        ['keep', 'store', { table: 'q1', columns: { n: 'payload.n', lane: 'params.lane' } }],
        ['out', 'mqtt-out', { topic: 'out/q1/{lane}', qos: 1, broker: 'far' }],
      ],
      ['in.out keep.in', 'in.out out.in'],
    ),
  ]
}
