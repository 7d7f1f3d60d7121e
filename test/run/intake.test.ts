import { describe, expect, it } from 'vitest'
import type { Received, ReceivedPublish } from '../../engine/mqtt/contract.ts'
import type { Batch } from '../../engine/run/batch.ts'
import { Intake } from '../../engine/run/intake.ts'
import type { NodeRuntime, Target } from '../../engine/run/node-runtime.ts'
import { StoreFault } from '../../engine/run/ports.ts'
import { Runner } from '../../engine/run/runner.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import { type EngineStore, openStore } from '../../engine/store/index.ts'

/** An intake on a real store whose only node writes a row for each packet, with a link that keeps what it is told. */
function setUp(store: EngineStore = openStore(':memory:'), careful = false) {
  const clock = new VirtualClock(1_000_000)
  const settled: Received[][] = []
  const pings: (() => void)[] = []
  const ran: string[] = []
  let failing = false
  let cost = 0
  let spent = 0
  const { transaction } = store
  store.transaction = (write) => {
    if (failing) throw new StoreFault('database is locked')
    transaction(write)
  }
  const runner: Runner = new Runner(new Map(), {
    store,
    clock: { now: () => clock.now() + spent, at: (time, run) => clock.at(time, run), soon: (run) => clock.soon(run) },
    take: () => {
      throw new Error('nothing goes out here')
    },
    committed: (batch: Batch) => {
      const part = batch.connections.get('c')
      if (part !== undefined) intake.committed(part)
    },
    onFault: (reason) => {
      if (reason === undefined) intake.resume()
    },
    log: () => undefined,
  })
  const target: Target = {
    node: { ref: 'f/a', messages: 0, last: 0, errors: 0, outputs: new Map() } as unknown as NodeRuntime, // what the runner reads of it
    port: ':packet',
    counted: true,
    handle(packet: never) {
      const { payload } = packet as ReceivedPublish // the intake gives packets only
      const text = Buffer.from(payload).toString()
      ran.push(text)
      spent += cost
      runner.add({ kind: 'row', node: 'f/a', port: ':packet', argument: text, table: 'kept', row: { text } })
    },
  }
  const router = { match: () => [{ target, subscription: 1, seen: () => undefined }] }
  const intake: Intake = new Intake('c', runner, store, router, careful)
  intake.link = { settle: (packets) => settled.push([...packets]), confirm: (arrived) => pings.push(arrived) }
  return {
    intake,
    runner,
    store,
    settled,
    ran,
    clock,
    /** Lets each packet take so many milliseconds. */
    slow: (milliseconds: number) => {
      cost = milliseconds
    },
    /** Lets the store fail, or work again. */
    fail: (value: boolean) => {
      failing = value
    },
    answerPings: () => {
      for (const arrived of pings.splice(0)) arrived()
      clock.settle()
    },
    rows: () => store.tables.query('SELECT text FROM kept ORDER BY rowid', {}).map(({ text }) => String(text)),
  }
}

function packet(packetId: number, text: string, fields: Partial<ReceivedPublish> = {}): ReceivedPublish {
  return {
    type: 'publish',
    connection: 'c',
    topic: 't',
    payload: Buffer.from(text),
    qos: 1,
    retain: false,
    received: 0,
    epoch: 1,
    packetId,
    duplicate: false,
    size: 10,
    ...fields,
  } as ReceivedPublish // the other fields are for MQTT 5
}

const again = { duplicate: true, epoch: 2 }

describe('packets that take long', () => {
  const numbers = Array.from({ length: 7 }, (_, index) => String(index))
  const packets = numbers.map((text, index) => packet(index + 1, text))

  it('let other work run after 20 ms, in order, and are acked by then', () => {
    const { intake, clock, ran, settled, slow } = setUp()
    intake.connected(true, 1)
    slow(9)
    let others: string[] = []
    clock.soon(() => {
      others = [...ran]
    })
    intake.receive(packets)
    expect(ran).toEqual(['0', '1', '2'])
    expect(intake.busy).toBe(true)
    intake.receive([packet(8, 'later')])
    clock.settle()
    expect(others).toEqual(['0', '1', '2'])
    expect(ran).toEqual([...numbers, 'later'])
    expect(settled.map((part) => part.length)).toEqual([3, 3, 2])
    expect(intake.busy).toBe(false)
  })

  it('tell when the link may go on', () => {
    const { intake, clock, slow } = setUp()
    const idle: boolean[] = []
    intake.onIdle = () => idle.push(intake.busy)
    intake.connected(true, 1)
    intake.receive(packets)
    clock.settle()
    expect(idle).toEqual([])
    slow(100)
    intake.receive(packets)
    clock.settle()
    expect(idle).toEqual([false])
  })

  it('wait for the store when it fails between them, and none is lost or done twice', () => {
    const { intake, clock, fail, slow, rows } = setUp()
    intake.connected(true, 1)
    slow(9)
    fail(true)
    intake.receive(packets)
    clock.settle()
    fail(false)
    clock.advanceTo(clock.now() + 5000)
    clock.settle()
    expect(rows()).toEqual(numbers)
  })
})

describe('repeats', () => {
  it('are left out at QoS 1 until a message comes that is none, also after the answer to a ping', () => {
    const { intake, clock, ran, answerPings } = setUp()
    intake.connected(true, 1)
    intake.receive([packet(1, 'a'), packet(2, 'b')])
    clock.settle()
    intake.connected(true, 2)
    answerPings()
    intake.receive([packet(1, 'a', again)])
    intake.receive([packet(2, 'b', again), packet(3, 'c', { epoch: 2 }), packet(1, 'a', again)])
    expect(ran).toEqual(['a', 'b', 'c', 'a'])
  })

  it('are known although the store failed when the connection broke', () => {
    const { intake, clock, ran, fail, rows } = setUp()
    intake.connected(true, 1)
    fail(true)
    intake.receive([packet(1, 'a'), packet(2, 'b', { qos: 2 })])
    clock.settle()
    intake.receive([packet(3, 'waits')])
    intake.connected(true, 2)
    fail(false)
    clock.advanceTo(clock.now() + 5000)
    intake.receive([packet(1, 'a', again), packet(2, 'b', { ...again, qos: 2 }), packet(3, 'waits', again)])
    clock.settle()
    expect(ran).toEqual(['a', 'b', 'waits'])
    expect(rows()).toEqual(['a', 'b', 'waits'])
  })

  it('are known at QoS 2 after the release too, when a broker forgets over its restart that it had released', () => {
    const { intake, clock, ran } = setUp()
    intake.connected(true, 1)
    intake.receive([packet(7, 'a', { qos: 2 })])
    clock.settle()
    intake.receive([{ type: 'release', connection: 'c', epoch: 1, packetId: 7 }])
    clock.settle()
    intake.connected(true, 2)
    intake.receive([packet(7, 'a', { ...again, qos: 2 })])
    expect(ran).toEqual(['a'])
    intake.receive([{ type: 'release', connection: 'c', epoch: 2, packetId: 7 }])
    intake.receive([packet(7, 'b', { epoch: 2, qos: 2 })])
    expect(ran).toEqual(['a', 'b'])
  })

  it('are not taken for such at QoS 2 when a broker gives an id to a second message while the first one holds it', () => {
    const { intake, ran } = setUp()
    intake.connected(true, 1)
    intake.receive([packet(7, 'a', { qos: 2 }), packet(7, 'b', { qos: 2 }), packet(7, 'b', { qos: 2 })])
    intake.receive([packet(7, 'a', { qos: 2, duplicate: true })])
    expect(ran).toEqual(['a', 'b'])
  })

  it('leave nothing behind when their acks have arrived, without further traffic', () => {
    const { intake, clock, store, answerPings } = setUp()
    intake.connected(true, 1)
    intake.receive([packet(1, 'a')])
    clock.settle()
    intake.receive([packet(2, 'b')])
    clock.settle()
    expect(store.seen.batches('c')).toHaveLength(2)
    answerPings()
    answerPings()
    expect(store.seen.batches('c')).toEqual([])
  })
})

describe('a session that the broker has lost', () => {
  it('is forgotten with a commit, so that a new message with an old id is taken after a restart', () => {
    const first = setUp()
    first.intake.connected(true, 1)
    first.intake.receive([packet(5, 'old', { qos: 2 })])
    first.clock.settle()
    expect(first.store.seen.received('c')).toEqual([5])
    first.intake.connected(false, 2)
    first.clock.settle()
    expect(first.store.seen.received('c')).toEqual([])
    const second = setUp(first.store)
    second.intake.connected(true, 1)
    second.intake.receive([packet(5, 'new', { qos: 2 })])
    expect(second.ran).toEqual(['new'])
  })

  it('is forgotten with what ran while the store failed', () => {
    const { intake, clock, store, fail } = setUp()
    intake.connected(true, 1)
    fail(true)
    intake.receive([packet(5, 'old', { qos: 2 })])
    clock.settle()
    intake.connected(false, 2)
    fail(false)
    clock.advanceTo(clock.now() + 5000)
    expect(store.seen.received('c')).toEqual([])
  })
})

describe('after an unclean end', () => {
  it('what comes again runs together, and alone when it was there at two such ends; then it is a dead letter', () => {
    const store = openStore(':memory:')
    const deadly = (careful: boolean) => {
      const one = setUp(store, careful)
      one.intake.connected(true, 1)
      return one
    }
    const repeats = [packet(1, 'a', again), packet(2, 'deadly', again), packet(3, 'b', again)]
    // Each of the first two ends before its commit: only the marks are there.
    deadly(true).intake.receive(repeats)
    expect(store.seen.attempts('c').map(({ count }) => count)).toEqual([1, 1, 1])
    const second = deadly(true)
    second.runner.commit = () => undefined
    second.intake.receive(repeats.slice(0, 2))
    expect(store.seen.attempts('c').map(({ count }) => count)).toEqual([2, 2, 1])
    const third = deadly(true)
    third.intake.receive([packet(2, 'deadly', again), packet(3, 'b', again), packet(4, 'c')])
    third.clock.settle()
    expect(third.ran).toEqual(['b', 'c'])
    expect(store.deadLetters.list({}).items.map(({ code }) => code)).toEqual(['POISON'])
    expect(store.seen.attempts('c')).toEqual([])
  })

  it('one that runs alone is acked with its own commit', () => {
    const first = setUp(undefined, true)
    first.intake.connected(true, 1)
    first.intake.receive([packet(1, 'a', again), packet(2, 'b', again)])
    const second = setUp(first.store, true)
    second.intake.connected(true, 1)
    second.intake.receive([packet(1, 'a', again), packet(2, 'b', again)])
    expect(second.settled.map((packets) => packets.map((one) => one.packetId))).toEqual([[1], [2]])
  })
})

describe('a store that fails', () => {
  it('is tried again by one repeat only, and what waited is acked after what ran before', () => {
    const { intake, clock, settled, fail, runner } = setUp()
    intake.connected(true, 1)
    fail(true)
    intake.receive([packet(1, 'a')])
    clock.settle()
    expect(runner.faulted).toBe(true)
    intake.receive([packet(2, 'b')])
    for (let count = 0; count < 5; count++) runner.commit()
    let waiting = 0
    const { at } = clock
    clock.at = (time, run) => {
      waiting++
      return at.call(clock, time, run)
    }
    clock.advanceTo(clock.now() + 60)
    expect(waiting).toBe(1)
    fail(false)
    clock.advanceTo(clock.now() + 5000)
    expect(settled.flat().map((one) => one.packetId)).toEqual([1, 2])
  })
})
