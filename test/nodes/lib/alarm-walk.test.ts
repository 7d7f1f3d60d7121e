import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AlarmRules, standingOf } from '../../../nodes/lib/alarm-state.ts'
import { Feed, rules } from './alarm-feed.ts'
import { Walk, type WalkConfig, type WalkRules, type WalkStep } from './alarm-walk.ts'

const small = (max: number) => fc.integer({ min: 0, max })
const levelOf = (id: string, least: number) =>
  fc.record({
    id: fc.constant(id),
    above: fc.integer({ min: least, max: least + 1 }),
    deadband: small(2),
    onDelay: small(6),
    offDelay: small(6),
  })
const config: fc.Arbitrary<WalkConfig> = fc.record({
  levels: fc.tuple(levelOf('low', 10), levelOf('high', 14)),
  minSamples: fc.integer({ min: 1, max: 3 }),
  maxGap: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(1000)),
  silence: fc.oneof(fc.integer({ min: 3, max: 12 }), fc.constant(1000)),
})
const walkRules: fc.Arbitrary<WalkRules> = fc.record({
  latch: fc.boolean(),
  requireAck: fc.boolean(),
  confirm: fc.boolean(),
  onConfigChange: fc.constantFrom('keep', 'reset'),
  calendar: fc.boolean(),
})
const sample = fc.record({
  do: fc.constant('sample' as const),
  value: fc.integer({ min: 6, max: 18 }),
  // Most are measured when they come.
  late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: small(8) }),
  retained: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})
const happening = fc.oneof(
  { weight: 6, arbitrary: sample },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('acknowledge' as const, 'reset' as const, 'restart' as const, 'unshelve' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bad' as const), retained: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('shelve' as const), for: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deploy' as const), config }) },
)
const history = fc.array(fc.record({ what: happening, after: small(5), alone: fc.boolean() }), { maxLength: 50 })

function rulesOf({ levels, minSamples, maxGap, silence }: WalkConfig, more: WalkRules): AlarmRules {
  const { latch, requireAck, confirm, onConfigChange, calendar } = more
  const own = levels.map(({ above, ...level }) => ({
    ...level,
    limit: { kind: 'above' as const, limit: above, inclusive: false },
  }))
  return {
    ...rules({ raise: '> 0' }),
    ...{ levels: own, minSamples, maxGap, latch, requireAck, confirm },
    noData: { after: silence, tell: true },
    schedule: calendar
      ? {
          isActive: (time) => time % 16 < 8,
          nextActive: (time) => (time % 16 < 8 ? time : time - (time % 16) + 16),
        }
      : null,
    fingerprint: onConfigChange === 'reset' ? JSON.stringify({ levels, minSamples, maxGap, silence }) : undefined,
  }
}

/** Wakes the machine only when it asks for it, as the engine does. */
function wake(feed: Feed, now: number): void {
  for (let next = feed.deadline; next !== undefined && next <= now; next = feed.deadline) feed.wait(next)
}

function feedStep(feed: Feed, step: WalkStep, more: WalkRules): void {
  const { at } = step
  // What was due before a start or a deploy is dealt with under what held then.
  if (step.do === 'restart' || step.do === 'deploy') wake(feed, at)
  if (step.do === 'sample') feed.sample(step.value, at, { time: at - step.late, retained: step.retained })
  else if (step.do === 'bad') feed.bad(at, step.retained)
  else if (step.do === 'restart') feed.restart(at)
  else if (step.do === 'deploy') {
    feed.restart(at)
    feed.rules = rulesOf(step.config, more)
    feed.wait(at)
  } else if (feed.state !== undefined) {
    try {
      feed.command(step.do, at, step.do === 'shelve' ? { until: step.until } : {})
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'COMMAND_REFUSED' })
    }
  }
}

type What = typeof happening extends fc.Arbitrary<infer Value> ? Value : never

/** A deploy that keeps the state changes the levels only: what has passed is not judged again by other times. */
function stepOf(what: What, at: number, first: WalkConfig, { onConfigChange }: WalkRules): WalkStep {
  if (what.do === 'shelve') return { do: 'shelve', at, until: at + what.for }
  if (what.do !== 'deploy' || onConfigChange === 'reset') return { ...what, at }
  return { do: 'deploy', at, config: { ...first, levels: what.config.levels } }
}

const modes = { ACTIVE: 'active', RECOVERING: 'active', LATCHED: 'latched' } as const

it('the alarm machine and a plain walk tell the same over values, late and retained messages, restarts, deploys and people', () => {
  fc.assert(
    fc.property(config, walkRules, history, small(20), (first, more, list, rest) => {
      const feed = new Feed({ raise: '> 0' })
      feed.rules = rulesOf(first, more)
      const walk = new Walk(first, more)
      let at = 0
      for (const { what, after, alone } of list) {
        at += after
        if (alone) wake(feed, at)
        const step = stepOf(what, at, first, more)
        feedStep(feed, step, more)
        walk.step(step)
        // What was due is told late to nobody: it is compared when the machine has been woken.
        wake(feed, at)
        expect(peopleOf(feed)).toEqual(walk.people)
      }
      wake(feed, at + rest)
      walk.walkTo(at + rest)
      expect(peopleOf(feed)).toEqual(walk.people)
      const numbers = feed.transitions.filter(({ notify }) => notify).map(({ seq }) => seq)
      expect(new Set(numbers).size, '[N3] each number is told once').toBe(numbers.length)
      const told = feed.transitions
        .filter(({ event }) => event)
        .map(({ name, time, state }) => `${time} ${name} ${isOfLevel(name) ? state.level : '-'}`)
      expect(told).toEqual(walk.told)
      const { condition = 'NORMAL', acked = true, data = 'FRESH' } = feed.state ?? {}
      const mode = condition in modes ? modes[condition as keyof typeof modes] : 'calm'
      expect({ mode, acked, data }).toEqual({ mode: walk.mode, acked: walk.acked, data: walk.data })
    }),
    { numRuns: 2000 },
  )
})

/** What somebody knows who hears nothing but the port `notify`. */
function peopleOf(feed: Feed): Walk['people'] {
  const people = { alarm: 'NORMAL', data: false }
  for (const { name, notify, state } of feed.transitions) {
    if (!notify) continue
    if (name.startsWith('DATA_')) people.data = name !== 'DATA_OK'
    else people.alarm = standingOf(state)
  }
  return people
}

function isOfLevel(name: string): boolean {
  return /^(RAISED|ESCALATED|DEESCALATED|CLEARED|LATCHED)$/.test(name)
}
