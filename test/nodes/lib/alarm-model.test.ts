import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlarmRules, Sample, Transition } from '../../../nodes/lib/alarm-state.ts'
import { Feed, rules } from './alarm-feed.ts'
import { type ModelConfig, playModel } from './alarm-model.ts'

const small = (max: number) => fc.integer({ min: 0, max })
const levelOf = (id: string, above: number) =>
  fc.record({
    id: fc.constant(id),
    above: fc.constant(above),
    deadband: small(2),
    onDelay: small(6),
    offDelay: small(6),
  })
const delays: fc.Arbitrary<ModelConfig> = fc.record({
  levels: fc.oneof(fc.tuple(levelOf('low', 10)), fc.tuple(levelOf('low', 10), levelOf('high', 14))),
  minSamples: fc.integer({ min: 1, max: 3 }),
  maxGap: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(1000)),
  count: fc.constant(undefined),
  silence: fc.oneof(fc.integer({ min: 3, max: 12 }), fc.constant(1000)),
})
const counts: fc.Arbitrary<ModelConfig> = fc.record({
  levels: fc.tuple(levelOf('low', 10).map((level) => ({ ...level, onDelay: 0 }))),
  minSamples: fc.constant(1),
  maxGap: fc.constant(1000),
  count: fc.record({ n: fc.integer({ min: 1, max: 4 }), within: fc.integer({ min: 1, max: 12 }) }),
  silence: fc.constant(1000),
})
const history = fc.array(fc.record({ value: fc.integer({ min: 6, max: 18 }), after: small(5), alone: fc.boolean() }), {
  maxLength: 40,
})

/** The machine, woken only when it asks for it and by samples, as the engine does it. */
function playMachine(
  config: ModelConfig,
  steps: readonly { value: number; at: number; alone: boolean }[],
  end: number,
) {
  const feed = new Feed({ raise: '> 0' })
  feed.rules = rulesOf(config)
  const wake = (now: number) => {
    for (let next = feed.deadline; next !== undefined && next <= now; next = feed.deadline) feed.wait(next)
  }
  for (const { value, at, alone } of steps) {
    // Half of the time the sample itself has to bring the past up to date.
    if (alone) wake(at)
    feed.sample(value, at)
  }
  wake(end)
  const told = feed.transitions
    .filter(({ event }) => event)
    .map(({ name, time, state }) => `${time} ${name} ${shown(name, state)}`)
  return { told, feed }
}

function shown(name: string, { level, condition }: Transition['state']): string {
  return name.startsWith('DATA_') && condition !== 'ACTIVE' && condition !== 'RECOVERING' ? '-' : (level ?? '-')
}

function rulesOf({ levels, minSamples, maxGap, count, silence }: ModelConfig): AlarmRules {
  return {
    ...rules({ raise: '> 0' }),
    levels: levels.map(({ above, ...level }) => ({
      ...level,
      limit: { kind: 'above', limit: above, inclusive: false },
    })),
    minSamples,
    maxGap,
    count: count ?? null,
    noData: { after: silence, tell: true },
  }
}

describe('the alarm machine and the plain model', () => {
  it.each([
    ['with delays, levels, gaps, numbers of samples and silence', delays],
    ['with counts', counts],
  ])('tell the same at the same times, %s', (_, configs) => {
    fc.assert(
      fc.property(configs, history, small(20), (config, list, rest) => {
        let at = 0
        const steps = list.map(({ value, after, alone }) => {
          at += after
          return { value, at, alone }
        })
        const end = at + rest
        const model = playModel(config, steps, end)
        const { told, feed } = playMachine(config, steps, end)
        expect(told).toEqual(model.told)
        const { condition = 'NORMAL' } = feed.state ?? {}
        expect(condition === 'PENDING' ? 'NORMAL' : condition).toBe(model.condition)
        if (model.level !== undefined) expect(feed.state?.level).toBe(model.level)
      }),
      { numRuns: 2000 },
    )
  })
})

/** Anything that can happen to an alarm. */
const happening = fc.oneof(
  fc.record({
    do: fc.constant('sample' as const),
    value: fc.integer({ min: 6, max: 18 }),
    retained: fc.boolean(),
    late: small(8),
    active: fc.boolean(),
  }),
  fc.record({ do: fc.constant('bad' as const), retained: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const) }),
  fc.record({ do: fc.constantFrom('acknowledge' as const, 'note' as const, 'unshelve' as const, 'reset' as const) }),
  fc.record({ do: fc.constantFrom('out-of-service' as const, 'in-service' as const) }),
  fc.record({ do: fc.constant('shelve' as const), until: fc.integer({ min: 1, max: 30 }), oneShot: fc.boolean() }),
  fc.record({ do: fc.constant('restart' as const) }),
)

const anyRules = fc.record({
  latch: fc.boolean(),
  requireAck: fc.boolean(),
  confirm: fc.boolean(),
  tellRetained: fc.boolean(),
  remind: fc.constantFrom(null, { every: 5, max: 2 }),
  flap: fc.constantFrom(null, { n: 3, within: 10, quiet: 7 }),
  // Open in every second block of eight milliseconds.
  schedule: fc.constantFrom(null, {
    isActive: (time: number) => time % 16 < 8,
    nextActive: (time: number) => (time % 16 < 8 ? time : time - (time % 16) + 16),
  }),
})

it('keeps its promises whatever happens to it', () => {
  fc.assert(
    fc.property(delays, anyRules, fc.array(fc.tuple(happening, small(6)), { maxLength: 60 }), (config, more, list) => {
      const feed = new Feed({ raise: '> 0' })
      feed.rules = { ...rulesOf(config), ...more, shelveMax: 30 }
      let now = 0
      for (const [what, after] of list) {
        now += after
        happen(feed, what, now)
        const state = feed.state
        expect(JSON.parse(JSON.stringify(state ?? null))).toEqual(state ?? null)
        expect(feed.deadline ?? Number.POSITIVE_INFINITY, 'nothing that is due is left over').toBeGreaterThan(
          what.do === 'restart' ? Number.NEGATIVE_INFINITY : now,
        )
      }
      const events = feed.transitions.filter(({ event }) => event)
      // [N4] numbered without a gap; never in the future; never before the one before, but for the time of measurement.
      expect(events.map(({ state }) => state.seq)).toEqual(events.map((_, index) => index + 1))
      expect(feed.transitions.every(({ time }) => time <= now)).toBe(true)
      expectTurns(events.map(({ name }) => name))
      const numbers = feed.transitions.filter(({ notify }) => notify).map(({ seq }) => seq)
      expect(new Set(numbers).size, '[N3] no number is told twice').toBe(numbers.length)
      // [G4] [N2] Once the gate is open and a live value has come, people know how it stands.
      if (feed.state === undefined) return
      now += 100 - (now % 16)
      if (feed.wait(now).state?.shelf) feed.command('unshelve', now)
      if (feed.state.out !== null) feed.command('in-service', now)
      feed.sample(6, now, { active: true })
      const { told, condition, quietAt } = feed.state
      if (quietAt === null && condition !== 'RECOVERING')
        expect(told).toBe(condition === 'ACTIVE' || condition === 'LATCHED')
    }),
    { numRuns: 2000 },
  )
})

type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never

function happen(feed: Feed, what: Happening, now: number): void {
  if (what.do === 'sample') {
    const fields: Partial<Sample> = { retained: what.retained, active: what.active, time: now - what.late }
    feed.sample(what.value, now, fields)
  } else if (what.do === 'bad') feed.bad(now, what.retained)
  else if (what.do === 'wait') feed.wait(now)
  else if (what.do === 'restart') feed.restart(now)
  else if (feed.state !== undefined) {
    const values = what.do === 'shelve' ? { until: now + what.until, oneShot: what.oneShot } : {}
    try {
      feed.command(what.do, now, values)
    } catch (thrown) {
      // A refusal is an answer; the time that has passed is still to be dealt with.
      expect(thrown).toMatchObject({ code: 'COMMAND_REFUSED' })
      feed.wait(now)
    }
  }
}

/** RAISED and its end take turns, and levels change only in between. */
function expectTurns(names: readonly string[]): void {
  let active = false
  for (const name of names) {
    if (name === 'RAISED') {
      expect(active).toBe(false)
      active = true
    } else if (name === 'CLEARED' || name === 'LATCHED') {
      expect(active).toBe(true)
      active = false
    } else if (name === 'ESCALATED' || name === 'DEESCALATED' || name === 'REMINDED') expect(active).toBe(true)
    else if (name === 'RESET') expect(active).toBe(false)
  }
}
