import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AlarmRules,
  type AlarmState,
  onDeadline,
  onSample,
  type Transition,
} from '../../../nodes/lib/alarm-machine.ts'

const second = 1000
const minute = 60 * second
const rules: AlarmRules = {
  limit: { kind: 'above', limit: 8, inclusive: false },
  deadband: 1,
  onDelay: 5 * minute,
  offDelay: minute,
}
const direct: AlarmRules = { ...rules, onDelay: 0, offDelay: 0 }

/** Feeds samples, each a value and when it was received; measured then too unless said. */
class Feed {
  state: AlarmState | undefined
  readonly transitions: Transition[] = []
  readonly rules: AlarmRules

  constructor(rules: AlarmRules) {
    this.rules = rules
  }

  sample(value: number, received: number, time = received): this {
    return this.#take(onSample(this.state, { value, time, received }, this.rules))
  }

  wait(now: number): this {
    return this.state === undefined ? this : this.#take(onDeadline(this.state, now))
  }

  /** Conditions and events so far. */
  get story(): string[] {
    return this.transitions.map(({ event, state, time }) => `${time / second} ${event ?? state.condition}`)
  }

  #take({ state, transitions }: { state: AlarmState; transitions: readonly Transition[] }): this {
    this.state = state
    this.transitions.push(...transitions)
    return this
  }
}

describe('the alarm machine', () => {
  it('[1][3] raises when the condition has lasted for the on-delay', () => {
    const feed = new Feed(rules).sample(9, 0).sample(9, 2 * minute)
    expect(feed.story).toEqual(['0 PENDING'])
    expect(feed.state?.due).toBe(5 * minute)
    feed.wait(5 * minute - 1)
    expect(feed.story).toEqual(['0 PENDING'])
    feed.wait(5 * minute)
    expect(feed.story).toEqual(['0 PENDING', '300 RAISED'])
    expect(feed.transitions[1]).toMatchObject({ since: 0, state: { condition: 'ACTIVE', seq: 1, raised: 5 * minute } })
  })

  it('[2] forgets a condition that did not last, and counts it', () => {
    const feed = new Feed(rules)
      .sample(9, 0)
      .sample(8, minute)
      .wait(10 * minute)
    expect(feed.story).toEqual(['0 PENDING', '60 NORMAL'])
    expect(feed.state).toMatchObject({ due: null, seq: 0, nearMisses: 1 })
  })

  it('[2] does not ask for the deadband before it is raised', () => {
    expect(new Feed(rules).sample(9, 0).sample(7.9, minute).state?.condition).toBe('NORMAL')
  })

  it('starts the on-delay anew after a near miss', () => {
    const feed = new Feed(rules)
      .sample(9, 0)
      .sample(7, minute)
      .sample(9, 2 * minute)
    expect(feed.state).toMatchObject({ condition: 'PENDING', since: 2 * minute, due: 7 * minute })
  })

  it('[6][8] clears when the value is back by the deadband for the off-delay', () => {
    const feed = new Feed(rules)
      .sample(9, 0)
      .wait(5 * minute)
      .sample(7.5, 6 * minute)
    expect(feed.state?.condition).toBe('ACTIVE')
    feed.sample(7, 7 * minute).wait(8 * minute)
    expect(feed.story.slice(2)).toEqual(['420 RECOVERING', '480 CLEARED'])
    expect(feed.transitions.at(-1)).toMatchObject({
      since: 5 * minute,
      state: { condition: 'NORMAL', seq: 2, raised: null },
    })
  })

  it('[7] goes back to ACTIVE when the value leaves the good side before the off-delay is over', () => {
    const feed = new Feed(rules)
      .sample(9, 0)
      .wait(5 * minute)
      .sample(7, 6 * minute)
      .sample(7.5, 6 * minute + 1)
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', due: null, flaps: 1, seq: 1 })
    feed.wait(20 * minute)
    expect(feed.transitions.filter(({ event }) => event === 'CLEARED')).toEqual([])
  })

  it('raises and clears at once without delays', () => {
    const feed = new Feed(direct).sample(7, 0).sample(9, 1000).sample(9.5, 2000).sample(7, 3000)
    expect(feed.story).toEqual(['1 RAISED', '3 CLEARED'])
  })

  it('ends a delay that was over before the sample was received, then takes the sample', () => {
    const feed = new Feed(rules).sample(9, 0).sample(5, 20 * minute)
    expect(feed.story).toEqual(['0 PENDING', '300 RAISED', '1200 RECOVERING'])
    expect(feed.transitions[1]?.state.value).toBe(9)
  })

  it('an old time of measurement never ends a delay by itself', () => {
    const feed = new Feed(rules).sample(9, 10 * minute, 0)
    expect(feed.story).toEqual(['0 PENDING'])
    expect(feed.state).toMatchObject({ since: 0, due: 15 * minute })
    feed.sample(9, 11 * minute)
    expect(feed.state?.condition).toBe('PENDING')
    expect(feed.wait(15 * minute).story).toEqual(['0 PENDING', '900 RAISED'])
  })

  it('a time in the future counts as received', () => {
    const feed = new Feed(rules).sample(9, minute, 1e15).sample(9, 2 * minute, 3e15)
    expect(feed.state).toMatchObject({ condition: 'PENDING', since: minute, time: 2 * minute, due: 6 * minute })
  })

  it('a sample that is older than the latest one changes nothing but a count', () => {
    const feed = new Feed(direct).sample(9, 10 * second).sample(1, 11 * second, 5 * second)
    expect(feed.story).toEqual(['10 RAISED'])
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', value: 9, time: 10 * second, late: 1 })
  })

  it('does not change the states that it gave before', () => {
    const states: string[] = []
    const kept: AlarmState[] = []
    const feed = new Feed(rules)
    for (const [value, at] of [
      [9, 0],
      [9, 6],
      [7, 7],
      [7.5, 7],
      [7, 8],
      [7, 10],
    ] as const) {
      feed.sample(value, at * minute)
      if (feed.state !== undefined) kept.push(feed.state)
      states.push(JSON.stringify(feed.state))
    }
    expect(kept.map((state) => JSON.stringify(state))).toEqual(states)
  })

  it('keeps its promises over random samples and waits', () => {
    const steps = fc.array(
      fc.record({
        value: fc.integer({ min: 4, max: 12 }),
        after: fc.integer({ min: 0, max: 4 * minute }),
        age: fc.oneof(fc.constant(0), fc.integer({ min: -minute, max: 20 * minute })),
        wait: fc.boolean(),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(steps, fc.constantFrom(rules, direct), (list, chosen) => {
        const feed = new Feed(chosen)
        let now = 0
        for (const { value, after, age, wait } of list) {
          now += after
          if (wait) feed.wait(now)
          feed.sample(value, now, now - age)
        }
        const events = feed.transitions.filter(({ event }) => event !== undefined)
        // Events take turns, are numbered without a gap, and never lie in the future.
        expect(events.map(({ event }) => event)).toEqual(
          events.map((_, index) => (index % 2 === 0 ? 'RAISED' : 'CLEARED')),
        )
        expect(events.map(({ state }) => state.seq)).toEqual(events.map((_, index) => index + 1))
        expect(feed.transitions.every(({ time }) => time <= now)).toBe(true)
        const state = feed.state
        const waiting = state?.condition === 'PENDING' || state?.condition === 'RECOVERING'
        expect(state === undefined || waiting === (state.due !== null)).toBe(true)
        expect(JSON.parse(JSON.stringify(state ?? null))).toEqual(state ?? null)
      }),
    )
  })
})
