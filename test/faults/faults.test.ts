/**
 * The short form of the fault plan, with fixed seeds. `npm run faults` plays it with other seeds and for longer.
 * What a scenario does stands beside it; here stands what it shows. The guarantee table of the README names these tests.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { brokenPromises, type Outcome, type PathResult } from './check.ts'
import { Plan } from './plan.ts'
import { scenarios } from './scenarios.ts'

const deadline = 120_000

/** Scenarios that mostly wait: they are begun early and played beside the others. */
const waiting: Readonly<Record<string, number>> = { http: 20, clock: 22, 'broker-killed': 18, backpressure: 25 }
const begun = new Map<string, Promise<Outcome | undefined>>()

function beginWaiting(): void {
  beforeAll(() => {
    for (const [name, seed] of Object.entries(waiting)) {
      const outcome = Promise.resolve(scenarios[name]?.(new Plan(seed)))
      // Whoever waits for it hears of it.
      outcome.catch(() => undefined)
      begun.set(name, outcome)
    }
  })
}

interface Played {
  /** Every promise to every path, every order, every queue. */
  keepsPromises(): void
  /** One path did as this says. */
  path(name: string, result: Partial<PathResult>): void
}

/** Plays a scenario once for all tests of the block. */
function played(name: string, given: number | typeof waiting): Played {
  const seed = typeof given === 'number' ? given : (given[name] ?? 0)
  const again = `again: npm run faults -- --only ${name} --seed ${seed}`
  let outcome: Outcome | undefined
  beforeAll(async () => {
    outcome = await (begun.get(name) ?? scenarios[name]?.(new Plan(seed)))
  }, deadline)
  return {
    keepsPromises() {
      if (outcome === undefined) throw new Error(`scenario ${name} gave nothing`)
      expect(brokenPromises(outcome), again).toEqual([])
    },
    path(wanted, result) {
      const found = outcome?.paths.find(({ path }) => path === wanted)
      expect(found?.messages ?? 0, `messages of ${wanted}; ${again}`).toBeGreaterThan(0)
      expect(found, again).toMatchObject(result)
    },
  }
}

/** Nothing lost, nothing repeated, nothing out of order. */
const exact = { lost: 0, repeated: 0, notes: [] }
/** Nothing lost, and in order. */
const atLeastOnce = { lost: 0, notes: [] }

describe('kill -9 of the engine at code points, between bytes of the wire and at random', () => {
  const run = played('kill', 11)
  it('QoS 1 in is stored, none lost, repeats left out by DUP, id and hash', () => run.path('QoS 1 in -> SQLite', exact))
  it('QoS 1 in with a key is stored exactly once', () => run.path('QoS 1 in, key -> SQLite', exact))
  it('QoS 2 in is stored exactly once over kill -9 at any moment', () => run.path('QoS 2 in -> SQLite', exact))
  it('QoS 2 in changes state exactly once over kill -9 at any moment', () => run.path('QoS 2 in -> state', exact))
  it('MQTT out at QoS 1 reaches the broker at least once, first deliveries in order for each topic', () =>
    run.path('-> MQTT out QoS 1', atLeastOnce))
  it('MQTT out at QoS 2 reaches the broker exactly once, in order for each topic', () =>
    run.path('-> MQTT out QoS 2', exact))
  it('HTTP out is posted at least once with one Idempotency-Key for each message, in order for each key', () =>
    run.path('-> HTTP out', atLeastOnce))
  it('the answer of an HTTP request is taken exactly once', () => run.path('HTTP answers -> SQLite', exact))
  it('no ack passes before the commit that holds its message, and every queue drains', () => run.keepsPromises())
})

describe('kill -9 of engine and embedded broker in one', () => {
  const run = played('embedded', 12)
  it('PUBACK of the embedded broker means committed: QoS 1 is stored, none lost', () =>
    run.path('QoS 1 in -> SQLite', exact))
  it('QoS 2 through the embedded broker is stored exactly once', () => run.path('QoS 2 in -> SQLite', exact))
  it('MQTT out at QoS 2 through the embedded broker reaches a subscriber exactly once', () =>
    run.path('-> MQTT out QoS 2', exact))
  it('every promise of the embedded broker is kept over kill -9', () => run.keepsPromises())
})

describe('the disk', () => {
  beginWaiting()
  const power = played('power', 13)
  it('what is acked stands in the files at that moment, synced by synchronous=FULL, also with a torn end of the log', () =>
    power.keepsPromises())
  const disk = played('disk', 14)
  it('a full disk, a lock of another process, and kills in the middle lose and repeat nothing', () =>
    disk.keepsPromises())
  const data = played('data', 15)
  it('a second engine on the data directory and damaged files are refused, and the files stay as they are', () =>
    data.keepsPromises())
})

describe('brokers and the network', () => {
  const network = played('network', 16)
  it('resets, cuts within packets, single bytes, latency and black holes lose and repeat nothing at QoS 1 and 2', () =>
    network.keepsPromises())
  const restarts = played('broker-restarts', 17)
  it('restarts of a broker that keeps its sessions lose and repeat nothing that it did not repeat itself', () =>
    restarts.keepsPromises())
  const killed = played('broker-killed', waiting)
  it('a broker that is killed and keeps nothing: what was acked is stored, with a key exactly once', () =>
    killed.path('QoS 1 in, key -> SQLite', exact))
  it('a broker that is killed and keeps nothing: MQTT out reaches it at least once', () => killed.keepsPromises())
  const bad = played('broker-bad', 19)
  it('a broker that breaks the rules of MQTT makes nothing disappear', () => bad.keepsPromises())
})

describe('sinks, poison and load', () => {
  const http = played('http', waiting)
  it('a web server that is slow, fails, hangs or breaks off gets each request, refusals for good are dead letters', () =>
    http.keepsPromises())
  const poison = played('poison', 21)
  it('a message that kills the process three times becomes a dead letter alone, others that fail at once', () =>
    poison.keepsPromises())
  const clock = played('clock', waiting)
  it('clock jumps of an hour and a process that stands still lose and repeat nothing', () => clock.keepsPromises())
  const deploy = played('deploy', 23)
  it('50 deploys in traffic lose nothing and repeat nothing', () => deploy.keepsPromises())
  const backlog = played('backlog', 24)
  it('a backlog is taken whole, with bounded memory', () => backlog.keepsPromises())
  const backpressure = played('backpressure', waiting)
  it('a sink that stands still fills the outbox to its limit and no further, and gets all afterwards', () =>
    backpressure.keepsPromises())
  const outbox = played('outbox', 26)
  it('a full outbox drops the oldest and counts them, or makes dead letters, never in silence', () =>
    outbox.keepsPromises())
})
