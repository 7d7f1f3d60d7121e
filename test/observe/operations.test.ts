import { describe, expect, test } from 'vitest'
import type { LogLevel } from '../../engine/log.ts'
import { createLog } from '../../engine/observe/log.ts'
import { type LagClock, LoopLag } from '../../engine/observe/loop-lag.ts'
import { Operations, type Parts } from '../../engine/observe/operations.ts'
import type { BrokerDescription } from '../../engine/server/protocol.ts'
import { flowOf, startEngine } from '../engine/start.ts'
import { until } from '../tools/wait.ts'

/** A clock that only goes on when it is told to, and calls back late when it is told to. */
function handClock() {
  let now = 0
  let waiting: { at: number; run: () => void } | undefined
  const clock: LagClock = {
    elapsed: () => now,
    later: (milliseconds, run) => {
      waiting = { at: now + milliseconds, run }
      return () => {
        waiting = undefined
      }
    },
  }
  /** Lets the time come that was asked for, and so many milliseconds more. */
  const next = (late: number) => {
    now = (waiting?.at ?? now) + late
    waiting?.run()
  }
  return { clock, next, waits: () => waiting !== undefined }
}

describe('the lag of the event loop', () => {
  test('is how much later than asked it comes to its work; a stall is remembered for 10 s', () => {
    const { clock, next, waits } = handClock()
    const lag = new LoopLag(clock)
    lag.start()
    next(0)
    next(30)
    next(6_000)
    expect(lag.longest).toBe(6_000)
    expect(lag.lags.count).toBe(3)
    expect(lag.lags.sum).toBeCloseTo(6.03)
    expect(lag.lags.upTo().at(-1)).toBe(2)
    for (let look = 0; look < 20; look++) next(1)
    expect(lag.longest).toBe(1)
    lag.close()
    expect(waits()).toBe(false)
  })
})

const side = { name: 'plant', url: 'mqtt://plant', since: 0, received: 0, sent: 0, inFlight: 0 }
const broker = (status: 'connected' | 'reconnecting' | 'refused'): BrokerDescription => ({
  ...{ name: 'plant', embedded: false, outbox: 0, dropped: 0 },
  incoming: { ...side, status: 'connected' },
  outgoing: { ...side, status, detail: 'as a test says.' },
})

describe('health', () => {
  const healthOf = (change: Partial<Parts>) => {
    const operations = new Operations()
    const parts = {
      ...{ version: 'test', nodes: new Map(), log: () => undefined, requests: { count: 0 } },
      connections: { describe: () => [broker('connected')] },
      ...{ guard: { intakeStopped: undefined }, history: { stopped: undefined } },
      ...{ fault: () => undefined, stopping: () => false },
      ...change,
    } as unknown as Parts // health asks for no others
    operations.watch(parts)
    const health = operations.health()
    operations.close()
    return health
  }

  test('is good when nothing is wrong', () => {
    expect(healthOf({})).toEqual({ live: true, ready: true, reasons: [], notices: [] })
  })

  test.each<[string, Partial<Parts>, string]>([
    ['DATABASE_FAULT', { fault: () => 'disk full' }, 'The database cannot be written: disk full.'],
    ['STOPPING', { stopping: () => true }, 'The engine is stopping.'],
    ['DISK_LOW', { guard: { intakeStopped: 'Only 1 MB is left.' } }, 'Only 1 MB is left.'],
    [
      'BROKER_AWAY',
      { connections: { describe: () => [broker('reconnecting')] } },
      'The broker plant is reconnecting: as a test says.',
    ],
    [
      'BROKER_REFUSED',
      { connections: { describe: () => [broker('refused')] } },
      'The broker plant is refused: as a test says.',
    ],
  ])('tells of %s', (code, change, text) => {
    expect(healthOf(change)).toEqual({ live: true, ready: false, reasons: [{ code, text }], notices: [] })
  })

  test('tells of history that is not written, which does not hinder it', () => {
    expect(healthOf({ history: { stopped: 'No history is written.' } })).toMatchObject({
      ready: true,
      notices: [{ code: 'HISTORY_STOPPED' }],
    })
  })

  test('of an engine whose database is locked says so, and is good again when it is not', async () => {
    const copy = flowOf(
      'copy',
      [
        ['in', 'mqtt-in', { topic: 'a', qos: 1 }],
        ['out', 'mqtt-out', { topic: 'b', qos: 1 }],
      ],
      ['in.out out.in'],
    )
    const { engine, close } = await startEngine({ copy })
    const other = new (await import('better-sqlite3')).default(engine.store.file)
    try {
      other.exec('BEGIN IMMEDIATE')
      engine.publish({ topic: 'a', payload: '1', qos: 1, retain: false }).catch(() => undefined)
      await until(() => engine.health().reasons.some(({ code }) => code === 'DATABASE_FAULT'), 'the fault', 20_000)
      expect(engine.health().ready).toBe(false)
      other.exec('ROLLBACK')
      await until(
        () => engine.health().ready,
        () => JSON.stringify(engine.health()),
        20_000,
      )
      const { text } = await engine.operations.metrics()
      expect(Number(/^rulewire_commit_failures_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0)
    } finally {
      other.close()
      await close()
    }
  })
})

test('the level of an engine’s log changes while it runs', async () => {
  const lines: string[] = []
  const log = createLog({ level: 'warn', format: 'json', write: (line) => lines.push(line) })
  const { engine, close } = await startEngine({}, { log })
  const said = (level: LogLevel) => lines.map((line) => JSON.parse(line)).filter((line) => line.level === level)
  expect(engine.operations.logLevel()).toBe('warn')
  expect(said('info')).toEqual([])
  engine.operations.setLogLevel('debug')
  expect(engine.operations.logLevel()).toBe('debug')
  expect(said('info')[0].text).toBe('the log level is debug now; it was warn')
  await close()
})
