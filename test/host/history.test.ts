import { afterEach, describe, expect, it } from 'vitest'
import type { Plan } from '../../engine/flow/model.ts'
import { DiskGuard } from '../../engine/host/disk-guard.ts'
import { History, type HistoryOption } from '../../engine/host/history.ts'
import type { ReceivedPublish } from '../../engine/mqtt/contract.ts'
import { StoreFault } from '../../engine/run/ports.ts'
import { Runner } from '../../engine/run/runner.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import { subscriptionId } from '../../engine/spec/topics.ts'
import { readHistory } from '../../engine/store/history-read.ts'
import { openStore } from '../../engine/store/index.ts'
import { Random } from '../jsonata/random.ts'
import { until } from '../tools/wait.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const start = Date.UTC(2026, 0, 1)

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** The history on a real store in memory, in virtual time, without brokers. */
function setUp(option: Partial<HistoryOption> = {}, store = openStore(':memory:')) {
  const clock = new VirtualClock(start)
  const plans = new Map<string, Plan>()
  const random = new Random(7)
  let failing = false
  const { transaction } = store
  store.transaction = (write) => {
    if (failing) throw new StoreFault('the disk is full')
    transaction(write)
  }
  const runner = new Runner(new Map(), {
    store,
    clock,
    take: () => {
      throw new Error('nothing goes out here')
    },
    committed: () => undefined,
    onFault: () => undefined,
    log: () => undefined,
  })
  const history = new History({
    store,
    runner,
    clock,
    connections: { default: { filters: ['#'], ...option } },
    plans: () => plans,
    log: () => undefined,
  })
  history.configure()
  history.start()
  ends.push(() => store.close())
  const recorder = history.recorder('default')
  /** What a flow does, done until nothing is under way. */
  const settle = async () => {
    let done = false
    void history.settled().then(() => {
      done = true
    })
    await until(() => {
      clock.settle()
      return done
    }, 'the history')
  }
  return {
    clock,
    store,
    runner,
    history,
    recorder,
    plans,
    settle,
    packet,
    fail: (on: boolean) => {
      failing = on
    },
    /** Receives messages as one chunk of a connection. */
    receive(count: number, qos: 0 | 1 | 2 = 1, payload?: string) {
      runner.tick()
      for (let index = 0; index < count; index++) {
        // Numbers that do not compress well.
        const text = payload ?? String(random.next())
        recorder.take(packet(clock.now(), text, qos), false)
      }
      runner.finish()
      clock.settle()
    },
    texts: () => [...readHistory(store.database)].map(({ payload }) => Buffer.from(payload).toString()),
    item: () => {
      const [item] = history.list().items
      if (item === undefined) throw new Error('nothing is recorded')
      return item
    },
    rows: (table: string) => Number(store.database.prepare(`SELECT count(*) FROM rw_history_${table}`).pluck().get()),
  }
}

function packet(
  received: number,
  payload: string,
  qos: 0 | 1 | 2,
  more: Partial<ReceivedPublish> = {},
): ReceivedPublish {
  return {
    type: 'publish',
    connection: 'default',
    topic: 'a/b',
    payload: Buffer.from(payload),
    qos,
    retain: false,
    props: {},
    received,
    epoch: 1,
    packetId: qos === 0 ? 0 : 1,
    duplicate: false,
    size: 0,
    subscriptions: undefined,
    ...more,
  }
}

describe('compressing', () => {
  it('many messages become chunks, nothing is lost or twice, and what is new stays in front of them', async () => {
    const { receive, settle, texts, rows, item, clock } = setUp()
    const sent: string[] = []
    for (let batch = 0; batch < 100; batch++) {
      clock.advanceTo(clock.now() + 10)
      receive(100, 1, `batch ${batch}`)
      for (let index = 0; index < 100; index++) sent.push(`batch ${batch}`)
    }
    await settle()
    expect(rows('chunks')).toBe(2)
    expect(texts()).toEqual(sent)
    const { messages, bytes, stored, oldest, newest } = item()
    expect(messages).toBe(10_000)
    expect(stored).toBeLessThan(bytes / 2)
    expect([oldest, newest]).toEqual([start + 10, start + 1000])
  })

  it('few messages are compressed when they are a day old, or a part of what they are kept for', async () => {
    for (const [keep, wait] of [
      [30 * day, day],
      [10 * hour, hour / 2],
    ] as const) {
      const { receive, settle, texts, rows, clock } = setUp({ keep })
      receive(3)
      clock.advanceTo(start + wait - 2 * minute)
      await settle()
      expect(rows('chunks')).toBe(0)
      clock.advanceTo(start + wait + 2 * minute)
      await settle()
      expect([rows('chunks'), rows('staged'), texts().length]).toEqual([1, 0, 3])
    }
  })

  it('messages at QoS 0 wait a second for others, and go to the disk compressed when they are many', async () => {
    const { receive, settle, texts, rows, clock, runner } = setUp()
    receive(10, 0)
    expect([rows('staged'), runner.batch.writes]).toEqual([0, 0])
    clock.advanceTo(start + 1000)
    expect(rows('staged')).toBe(1)
    receive(10_000, 0)
    clock.advanceTo(start + 3000)
    await settle()
    expect(texts()).toHaveLength(10_010)
    expect(rows('chunks')).toBe(2)
  })

  it('a message at QoS 1 takes those at QoS 0 before it along, in order', () => {
    const { recorder, runner, clock, texts } = setUp()
    runner.tick()
    for (const [text, qos] of [
      ['a', 0],
      ['b', 0],
      ['c', 1],
      ['d', 0],
      ['e', 2],
    ] as const)
      recorder.take(packet(start, text, qos), false)
    runner.finish()
    clock.settle()
    expect(texts()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('a large message is a chunk of its own', async () => {
    const { receive, settle, rows, texts } = setUp()
    for (let index = 0; index < 3; index++) receive(1, 1, 'x'.repeat(2_000_000))
    await settle()
    expect([rows('chunks'), rows('staged')]).toEqual([3, 0])
    expect(texts().map(({ length }) => length)).toEqual([2_000_000, 2_000_000, 2_000_000])
  })
})

describe('what stays', () => {
  it('messages that are too old go, in chunks and in rows', async () => {
    const { receive, settle, item, clock, texts } = setUp({ keep: 2 * day })
    receive(5000)
    await settle()
    clock.advanceTo(start + day)
    receive(100, 1, 'later')
    clock.advanceTo(start + 2 * day + 2 * minute)
    await settle()
    expect(texts()).toEqual(Array.from({ length: 100 }, () => 'later'))
    expect(item()).toMatchObject({ messages: 100, dropped: 0 })
    clock.advanceTo(start + 4 * day)
    await settle()
    expect(item()).toMatchObject({ messages: 0, stored: 0 })
  })

  it('when they are too large the oldest go, which is counted, and the database uses their room again', async () => {
    const { receive, settle, item, store, clock } = setUp({ size: 1_000_000 })
    const pages = () => Number(store.database.pragma('page_count', { simple: true }))
    let most = 0
    let grown = 0
    for (let round = 0; round < 60; round++) {
      clock.advanceTo(clock.now() + 1000)
      for (let batch = 0; batch < 20; batch++) receive(250)
      await settle()
      expect(item().stored).toBeLessThan(1_000_000 + 300_000)
      if (round === 30) grown = pages()
      most = Math.max(most, item().stored)
    }
    const { messages, dropped, oldest } = item()
    expect(messages + dropped).toBe(60 * 5000)
    expect(dropped).toBeGreaterThan(100_000)
    expect(oldest).toBeGreaterThan(start + 20_000)
    expect(most).toBeGreaterThan(500_000)
    expect(pages()).toBeLessThan(grown * 1.1)
  })

  it('clearing deletes what is asked for, also what is not written yet', async () => {
    const { receive, settle, history, clock, texts } = setUp()
    receive(5000, 1, 'old')
    await settle()
    clock.advanceTo(start + hour)
    receive(5000, 0, 'new')
    const clear = async (what: { before?: number }) => {
      const cleared = history.clear(what)
      await settle()
      return (await cleared).messages
    }
    expect(await clear({ before: start + 1 })).toBe(5000)
    expect(texts()).toEqual(Array.from({ length: 5000 }, () => 'new'))
    expect(await clear({})).toBe(5000)
    expect(texts()).toEqual([])
  })

  it('limits that are changed hold for what there is', async () => {
    const { receive, settle, store, clock } = setUp({ keep: 30 * day })
    receive(5000)
    await settle()
    clock.advanceTo(start + day)
    const { texts, settle: settleAgain, clock: later } = setUp({ keep: hour }, store)
    later.advanceTo(start + day + hour + minute)
    await settleAgain()
    expect(texts()).toEqual([])
  })
})

describe('whose message it is', () => {
  it('of several copies for overlapping subscriptions one is recorded, and one without a known subscription is', () => {
    const { runner, clock, texts, recorder, history } = setUp({ filters: ['a/#', 'a/+'] })
    history.configure()
    const wanted = new Map<string, 0 | 1 | 2>([['a/b', 1]])
    recorder.subscribe(wanted)
    expect([...wanted]).toEqual([
      ['a/b', 1],
      ['a/#', 1],
      ['a/+', 1],
    ])
    const copies = ['a/#', 'a/+', 'a/b'].map((filter) => subscriptionId(filter)).map((id) => (id === 0 ? [] : [id]))
    runner.tick()
    for (const subscriptions of copies) recorder.take(packet(start, 'one', 1, { subscriptions }), true)
    recorder.take(packet(start, 'two', 1, { subscriptions: [77] }), false)
    recorder.take(packet(start, 'three', 1), false)
    runner.finish()
    clock.settle()
    expect(texts()).toEqual(['one', 'two', 'three'])
  })

  it('a filter that a filter of a node covers is recorded from what comes for that one', () => {
    const { runner, clock, texts, recorder } = setUp({ filters: ['a/b'] })
    const wanted = new Map<string, 0 | 1 | 2>([['a/#', 0]])
    recorder.subscribe(wanted)
    expect([...wanted.keys()]).toEqual(['a/#'])
    runner.tick()
    recorder.take(packet(start, 'one', 1, { subscriptions: [subscriptionId('a/#')] }), true)
    runner.finish()
    clock.settle()
    expect(texts()).toEqual(['one'])
  })
})

it('a commit that fails is written again, once, and nothing of it is lost', async () => {
  const { receive, settle, texts, fail, clock } = setUp()
  receive(2, 1, 'before')
  fail(true)
  receive(3, 1, 'during')
  expect(texts()).toEqual(['before', 'before'])
  fail(false)
  clock.advanceTo(start + 10_000)
  await settle()
  expect(texts()).toEqual(['before', 'before', 'during', 'during', 'during'])
})

describe('a disk that gets short', () => {
  it('stops the history first, then the intake, and both go on by themselves', async () => {
    const clock = new VirtualClock(start)
    let free = 1000
    const seen: string[] = []
    const guard: DiskGuard = new DiskGuard({
      directory: '/data',
      limits: { history: 500, intake: 100 },
      clock,
      free: async () => free,
      changed: () => {
        const { historyStopped, intakeStopped } = guard
        seen.push(`${free}: history ${historyStopped === undefined}, intake ${intakeStopped === undefined}`)
      },
      log: () => undefined,
    })
    await guard.start()
    for (const now of [499, 520, 549, 551, 99, 105, 120, 560]) {
      free = now
      clock.advanceTo(clock.now() + 2000)
      // The look is a promise.
      await new Promise((resolve) => setImmediate(resolve))
    }
    guard.close()
    expect(seen).toEqual([
      '499: history false, intake true',
      '551: history true, intake true',
      '99: history false, intake false',
      '120: history false, intake true',
      '560: history true, intake true',
    ])
    expect(guard.historyStopped).toBeUndefined()
  })

  it('while the history stands still messages are counted and not recorded', () => {
    const { receive, history, texts } = setUp()
    history.stopped = 'Only 1 MB is free.'
    receive(3)
    history.stopped = undefined
    receive(1, 1, 'again')
    expect(texts()).toEqual(['again'])
    expect(history.list()).toMatchObject({ missed: 3 })
  })
})
