import { describe, expect, it } from 'vitest'
import { commandsOf, onCommand } from '../../../nodes/lib/alarm-people.ts'
import type { AlarmState } from '../../../nodes/lib/alarm-state.ts'
import { Feed } from './alarm-feed.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const slow = { raise: '> 8', deadband: 1, onDelay: '5m', offDelay: '1m' }
const direct = { raise: '> 8', deadband: 1 }
const levels = {
  levels: [
    { id: 'warn', raise: '> 70', deadband: 5, onDelay: '5m', offDelay: '1m' },
    { id: 'crit', raise: '> 90', deadband: 5, onDelay: '10s', offDelay: '30s' },
  ],
}
const plainLevels = {
  levels: [
    { id: 'warn', raise: '> 70', deadband: 5 },
    { id: 'crit', raise: '> 90', deadband: 5 },
  ],
}

describe('levels', () => {
  it('[L1] judge each sample by themselves: limit, deadband and delays are those of the level', () => {
    const feed = new Feed(levels).sample(91, 0)
    const phases = () => rankedPhases(feed)
    expect(phases()).toEqual(['warn rising', 'crit rising'])
    feed.sample(91, 15 * second)
    expect(phases()).toEqual(['warn rising', 'crit on'])
    feed.sample(84, 20 * second)
    expect(phases()).toEqual(['warn rising', 'crit falling'])
    feed.sample(84, 51 * second)
    expect(phases()).toEqual(['warn rising', 'crit off'])
    feed.sample(69, 52 * second)
    expect(phases()).toEqual(['warn off', 'crit off'])
  })

  it('[C1] a level that rises makes it PENDING, which nobody is told', () => {
    const feed = new Feed(slow).sample(5, 0)
    expect(feed.state?.condition).toBe('NORMAL')
    feed.sample(9, second)
    expect(feed.state).toMatchObject({ condition: 'PENDING', level: 'alarm', since: second, seq: 0 })
    expect([feed.events, feed.notified]).toEqual([[], []])
  })

  it('[L2] [L5] go on when the limit has been passed for the on-delay', () => {
    const feed = new Feed(slow).sample(9, 0).sample(9, 2 * minute)
    expect(feed.story).toEqual(['0 PENDING'])
    expect(feed.deadline).toBe(5 * minute)
    feed.wait(5 * minute - 1)
    expect(feed.story).toEqual(['0 PENDING'])
    feed.wait(5 * minute)
    expect(feed.story).toEqual(['0 PENDING', '300 RAISED'])
    expect(feed.transitions[1]).toMatchObject({ since: 0, state: { condition: 'ACTIVE', seq: 1, raised: 5 * minute } })
  })

  it('[L3] [C2] forget a value that did not stay beyond the limit, and keep it as a near miss', () => {
    const feed = new Feed(slow)
      .sample(9, 0)
      .sample(8, minute)
      .wait(10 * minute)
    expect(feed.story).toEqual(['0 PENDING', '60 NORMAL'])
    expect(feed.state).toMatchObject({
      seq: 0,
      nearMisses: 1,
      misses: [{ level: 'alarm', since: 0, time: minute, reason: 'back' }],
    })
    expect(feed.deadline).toBeUndefined()
  })

  it('[L3] do not ask for the deadband before it is raised', () => {
    expect(new Feed(slow).sample(9, 0).sample(7.9, minute).state?.condition).toBe('NORMAL')
  })

  it('[L2] begin the on-delay anew after a near miss', () => {
    const feed = new Feed(slow)
      .sample(9, 0)
      .sample(7, minute)
      .sample(9, 2 * minute)
    expect(feed.state?.condition).toBe('PENDING')
    expect(feed.deadline).toBe(7 * minute)
  })

  it('[L4] a silence longer than maxGap begins the on-delay anew', () => {
    const config = { ...slow, maxGap: '2m' }
    const feed = new Feed(config).sample(9, 0).sample(9, 2 * minute)
    expect(feed.deadline).toBe(4 * minute + 1)
    feed.wait(4 * minute + 1)
    expect(feed.story).toEqual(['0 PENDING', '240.001 NORMAL'])
    expect(feed.state?.misses).toMatchObject([{ reason: 'gap' }])
    feed.sample(9, 6 * minute)
    expect(feed.state?.condition).toBe('PENDING')
    const steady = new Feed(config)
      .sample(9, 0)
      .sample(9, 2 * minute)
      .sample(9, 4 * minute)
    expect(steady.wait(5 * minute).events).toEqual(['300 RAISED'])
  })

  it('[L4] so does a hole between two times of measurement', () => {
    const feed = new Feed({ ...slow, maxGap: '2m' })
      .sample(9, 10 * minute, { time: 0 })
      .sample(9, 11 * minute, { time: 3 * minute })
    expect(feed.story).toEqual(['0 PENDING', '180 NORMAL', '180 PENDING'])
    expect(feed.deadline).toBe(13 * minute + 1)
    expect(feed.sample(9, 13 * minute, { time: 5 * minute }).wait(16 * minute - 1).events).toEqual([])
  })

  it('[L5] want as many values beyond the limit as minSamples says', () => {
    const feed = new Feed({ ...slow, minSamples: 3 })
      .sample(9, 0)
      .sample(9, minute)
      .wait(6 * minute)
    expect(feed.events).toEqual([])
    expect(feed.sample(9, 7 * minute).events).toEqual(['420 RAISED'])
    const quick = new Feed({ ...direct, minSamples: 2 }).sample(9, 0)
    expect(quick.story).toEqual(['0 PENDING'])
    expect(quick.sample(9, second).events).toEqual(['1 RAISED'])
  })

  it('[L6] with count, rise when n values beyond the limit came within the time, in a row or not', () => {
    const feed = new Feed({ ...direct, count: { n: 3, within: '10m' } })
    for (const at of [0, 6, 11]) feed.sample(9, at * minute).sample(5, at * minute + second)
    expect(feed.events).toEqual([])
    feed.sample(9, 15 * minute)
    expect(feed.events).toEqual(['900 RAISED'])
    feed.sample(5, 16 * minute).sample(9, 16 * minute + second)
    expect(feed.events.slice(1)).toEqual(['960 CLEARED'])
  })

  it('[L7] [L9] go off when the value is back by the deadband for the off-delay', () => {
    const feed = new Feed(slow)
      .sample(9, 0)
      .wait(5 * minute)
      .sample(7.5, 6 * minute)
    expect(feed.state?.condition).toBe('ACTIVE')
    feed.sample(7, 7 * minute).wait(8 * minute)
    expect(feed.story.slice(2)).toEqual(['420 RECOVERING', '480 CLEARED'])
    expect(feed.transitions.at(-1)).toMatchObject({ since: 5 * minute, state: { condition: 'NORMAL', seq: 2 } })
  })

  it('[L8] [C7] are on again when the value leaves the good side before the off-delay is over', () => {
    const feed = new Feed(slow)
      .sample(9, 0)
      .wait(5 * minute)
      .sample(7, 6 * minute)
      .sample(7.5, 6 * minute + 1)
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', flapCount: 1, seq: 1 })
    expect(feed.wait(20 * minute).events).toEqual(['300 RAISED'])
  })

  it('[L10] go on and off at once without delays', () => {
    const feed = new Feed(direct).sample(7, 0).sample(9, 1000).sample(9.5, 2000).sample(7, 3000)
    expect(feed.story).toEqual(['1 RAISED', '3 CLEARED'])
  })
})

describe('several levels', () => {
  it('[C3] [C4] raise the highest that is on, and escalate when a higher one follows', () => {
    const feed = new Feed(levels)
      .sample(75, 0)
      .wait(5 * minute)
      .sample(95, 6 * minute)
      .wait(7 * minute)
    expect(feed.events).toEqual(['300 RAISED', '370 ESCALATED'])
    expect(feed.transitions.map(({ state }) => state.level)).toEqual(['warn', 'warn', 'crit'])
    const both = new Feed(plainLevels).sample(95, 0)
    expect(both.events).toEqual(['0 RAISED'])
    expect(both.state?.level).toBe('crit')
    const fast = new Feed(levels).sample(95, 0).wait(hour)
    expect(fast.events).toEqual(['10 RAISED'])
  })

  it('[C5] deescalate when the higher one is off by its own deadband and delay, and the lower one is on', () => {
    const feed = new Feed(levels).sample(95, 0).wait(6 * minute)
    feed.sample(86, 7 * minute).wait(8 * minute)
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', level: 'crit' })
    feed.sample(80, 9 * minute).wait(9 * minute + 30 * second)
    expect(feed.events).toEqual(['10 RAISED', '570 DEESCALATED'])
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', level: 'warn' })
  })

  it('[C6] recover when all are back, with the level that it had, and clear once', () => {
    const feed = new Feed(levels)
      .sample(95, 0)
      .wait(6 * minute)
      .sample(20, 7 * minute)
    expect(feed.state).toMatchObject({ condition: 'RECOVERING', level: 'crit' })
    feed.wait(7 * minute + 45 * second)
    expect(feed.state).toMatchObject({ condition: 'RECOVERING', level: 'crit' })
    feed.wait(8 * minute)
    expect(feed.events).toEqual(['10 RAISED', '480 CLEARED'])
  })

  it('[C5] [C7] come back at a lower level when only that one is on again', () => {
    const feed = new Feed(levels)
      .sample(95, 0)
      .wait(6 * minute)
      .sample(20, 7 * minute)
      .sample(75, 7 * minute + 40 * second)
    expect(feed.events).toEqual(['10 RAISED', '460 DEESCALATED'])
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', level: 'warn', flapCount: 1 })
  })
})

describe('latching', () => {
  it('[C8] [C9] stays until a person resets it, which acknowledges too', () => {
    const feed = new Feed({ ...direct, latch: true }).sample(9, 0).sample(5, second)
    expect(feed.state).toMatchObject({ condition: 'LATCHED', acked: false })
    feed.command('reset', 2 * second)
    expect(feed.events).toEqual(['0 RAISED', '1 LATCHED', '2 RESET'])
    expect(feed.notified).toEqual(feed.events)
    expect(feed.state).toMatchObject({ condition: 'NORMAL', acked: true, told: false })
  })

  it('[C9] is raised again from LATCHED', () => {
    const feed = new Feed({ ...slow, latch: true })
      .sample(9, 0)
      .wait(5 * minute)
      .sample(5, 6 * minute)
      .wait(7 * minute)
    feed.sample(9, 8 * minute)
    expect(feed.state?.condition).toBe('LATCHED')
    expect(feed.wait(13 * minute).events).toEqual(['300 RAISED', '420 LATCHED', '780 RAISED'])
  })

  it('[C9] can be reset only then', () => {
    const feed = new Feed({ ...direct, latch: true }).sample(9, 0)
    expect(() => feed.command('reset', second)).toThrow('cannot be told to reset: it is ACTIVE.')
  })
})

describe('time', () => {
  it('[T1] what was due before a sample was received happens first, at the time when it was due', () => {
    const feed = new Feed(slow).sample(9, 0).sample(5, 20 * minute)
    expect(feed.story).toEqual(['0 PENDING', '300 RAISED', '1200 RECOVERING'])
    expect(feed.transitions[1]?.state.value).toBe(9)
  })

  it('[T2] an old time of measurement never ends a delay by itself', () => {
    const feed = new Feed(slow).sample(9, 10 * minute, { time: 0 })
    expect(feed.story).toEqual(['0 PENDING'])
    expect(feed.deadline).toBe(15 * minute)
    feed.sample(9, 11 * minute)
    expect(feed.state?.condition).toBe('PENDING')
    expect(feed.wait(15 * minute).story).toEqual(['0 PENDING', '900 RAISED'])
  })

  it('[T2] a time in the future counts as received', () => {
    const feed = new Feed(slow).sample(9, minute, { time: 1e15 }).sample(9, 2 * minute, { time: 3e15 })
    expect(feed.state).toMatchObject({ condition: 'PENDING', since: minute, time: 2 * minute })
    expect(feed.deadline).toBe(6 * minute)
  })

  it('[T3] a sample that is older than the latest one changes nothing but a count and the list of inputs', () => {
    const feed = new Feed(direct).sample(9, 10 * second).sample(1, 11 * second, { time: 5 * second })
    expect(feed.story).toEqual(['10 RAISED'])
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', value: 9, time: 10 * second, late: 1 })
    expect(feed.state?.inputs[0]).toEqual([5 * second, 11 * second, 1, 'late'])
    const silent = new Feed({ ...direct, late: 'ignore' }).sample(9, 10 * second).sample(1, 11 * second, { time: 0 })
    expect(silent.state?.inputs.map(([, , value]) => value)).toEqual([9])
  })

  it('[T4] after a start, a delay that is over waits for a live value that still asks for it', () => {
    const restarted = () => new Feed(slow).sample(9, 0).restart(4 * minute)
    expect(restarted().wait(6 * minute).events).toEqual([])
    expect(restarted().wait(6 * minute).deadline).toBeUndefined()
    expect(restarted().sample(9, 6 * minute).events).toEqual(['360 RAISED'])
    expect(
      restarted()
        .sample(9, 4.5 * minute)
        .wait(5 * minute).events,
    ).toEqual(['300 RAISED'])
    expect(
      restarted()
        .sample(5, 6 * minute)
        .wait(hour).events,
    ).toEqual([])
    expect(
      restarted()
        .sample(9, 6 * minute, { retained: true })
        .wait(hour).events,
    ).toEqual([])
    const clearing = new Feed(slow)
      .sample(9, 0)
      .wait(5 * minute)
      .sample(5, 6 * minute)
      .restart(6.5 * minute)
    expect(clearing.wait(hour).state?.condition).toBe('RECOVERING')
    expect(clearing.sample(5, hour + second).events.at(-1)).toBe('3601 CLEARED')
  })

  it('[T4] with "continue" it just goes on', () => {
    const feed = new Feed({ ...slow, onRestart: 'continue' }).sample(9, 0).restart(hour).wait(hour)
    expect(feed.events).toEqual(['300 RAISED'])
  })

  it('[T5] goes on where it stood with another config, also when a level has gone', () => {
    const feed = new Feed(direct)
      .sample(9, 0)
      .restart(second, { raise: '> 10' })
      .sample(9, 2 * second)
    expect(feed.events).toEqual(['0 RAISED', '2 CLEARED'])
    const renamed = new Feed(plainLevels).sample(95, 0).restart(second, { raise: '> 70' })
    renamed.sample(95, 2 * second)
    expect(renamed.events).toEqual(['0 RAISED'])
    expect(renamed.state).toMatchObject({ condition: 'ACTIVE', level: 'alarm' })
    expect(renamed.sample(60, 3 * second).events.at(-1)).toBe('3 CLEARED')
  })

  it('[T5] a level that only rose and is not there any more is off', () => {
    const feed = new Feed(levels).sample(75, 0).restart(second, { raise: '> 70', onDelay: '5m' })
    expect(feed.wait(second).state).toMatchObject({ condition: 'NORMAL', level: null })
  })

  it('[T5] "reset" leaves alone what people did with the gate, and a silence', () => {
    const config = { ...direct, onConfigChange: 'reset', noData: { after: '15m' } }
    const feed = new Feed(config).sample(5, 0).wait(15 * minute)
    feed.command('shelve', 16 * minute, { until: hour }).restart(20 * minute, { ...config, raise: '> 7' })
    expect(feed.sample(9, 21 * minute).state).toMatchObject({ shelf: { until: hour }, dataTold: true })
    expect(
      feed
        .sample(9, 50 * minute)
        .wait(hour)
        .notified.slice(1),
    ).toEqual(['3600 UNSHELVED', '3600 DATA_OK'])
    const once = new Feed({ ...config, noData: undefined }).sample(9, 0).command('shelve', second, { oneShot: true })
    once.restart(minute, { ...config, raise: '> 10' }).wait(minute)
    expect(once.events.slice(2)).toEqual(['60 RESET', '60 UNSHELVED'])
  })

  it('[T5] begins anew with "reset" when limits or delays differ', () => {
    const config = { ...direct, onConfigChange: 'reset' }
    const feed = new Feed(config)
      .sample(9, 0)
      .restart(second, { ...config, requireAck: true })
      .sample(9, 2 * second)
    expect(feed.events).toEqual(['0 RAISED'])
    feed.restart(3 * second, { ...config, raise: '> 7' }).sample(9, 4 * second)
    expect(feed.events).toEqual(['0 RAISED', '4 RESET', '4 RAISED'])
    expect(feed.transitions.filter(({ event }) => event).map(({ state }) => state.seq)).toEqual([1, 2, 3])
  })
})

describe('data', () => {
  const config = { ...slow, noData: { after: '15m' } }

  it('[D1] is stale after a silence, and fresh with the next live value', () => {
    const feed = new Feed({ ...direct, noData: { after: '15m' } }).sample(5, 0)
    expect(feed.deadline).toBe(15 * minute)
    feed
      .wait(15 * minute)
      .wait(hour)
      .sample(5, 2 * hour)
    expect(feed.events).toEqual(['900 DATA_STALE', '7200 DATA_OK'])
    expect(feed.notified).toEqual(feed.events)
  })

  it('[D1] a retained message is no sign of life', () => {
    const feed = new Feed({ ...direct, noData: { after: '15m' } })
      .sample(5, 0)
      .sample(5, 10 * minute, { retained: true })
      .wait(15 * minute)
      .sample(5, 20 * minute, { retained: true })
    expect(feed.events).toEqual(['900 DATA_STALE'])
    expect(new Feed(config).sample(5, 0, { retained: true }).wait(hour).events).toEqual(['900 DATA_STALE'])
    const late = new Feed(config).sample(5, 0).sample(5, 10 * minute, { retained: true, time: -hour })
    expect(late.wait(15 * minute).events).toEqual(['900 DATA_STALE'])
  })

  it('[D2] is bad after a message that cannot be used', () => {
    const feed = new Feed(direct).bad(0).bad(second)
    expect(feed.state).toMatchObject({ condition: 'UNKNOWN', data: 'BAD', detail: 'no number' })
    expect(feed.events).toEqual(['0 DATA_BAD'])
    feed.sample(5, 2 * second)
    expect(feed.events).toEqual(['0 DATA_BAD', '2 DATA_OK'])
    expect(feed.state).toMatchObject({ condition: 'NORMAL', data: 'FRESH', detail: null })
  })

  it('[D3] lets no delay end while it is stale or bad; the next live value decides', () => {
    const raising = new Feed(slow).sample(9, 0).bad(minute).wait(hour)
    expect(raising.events).toEqual(['60 DATA_BAD'])
    expect(raising.sample(9, 2 * hour).events.slice(1)).toEqual(['7200 DATA_OK', '7200 RAISED'])
    const quick = { raise: '> 8', offDelay: '20m', noData: { after: '15m' } }
    const clearing = new Feed(quick).sample(9, 0).sample(5, minute).wait(hour)
    expect(clearing.events).toEqual(['0 RAISED', '960 DATA_STALE'])
    expect(clearing.state?.condition).toBe('RECOVERING')
    expect(clearing.sample(5, 2 * hour).events.slice(2)).toEqual(['7200 DATA_OK', '7200 CLEARED'])
  })

  it('[D4] with "state-only" nobody is told', () => {
    const feed = new Feed({ ...direct, noData: { after: '15m', do: 'state-only' } }).sample(5, 0).wait(hour)
    expect(feed.sample(5, 2 * hour).events).toEqual(['900 DATA_STALE', '7200 DATA_OK'])
    expect(feed.notified).toEqual([])
  })
})

describe('acknowledging', () => {
  it('[K1] happens once, with who, when and a note; an escalation asks for it again', () => {
    const feed = new Feed(plainLevels).sample(75, 0).command('acknowledge', second)
    expect(feed.state).toMatchObject({ acked: true, ack: { by: 'anna', time: second, note: 'seen' } })
    expect(() => feed.command('acknowledge', second)).toThrow('it is acknowledged already')
    expect(feed.sample(95, 2 * second).state?.acked).toBe(false)
    expect(feed.events).toEqual(['0 RAISED', '1 ACKED', '2 ESCALATED'])
    expect(feed.notified).toEqual(['0 RAISED', '2 ESCALATED'])
    expect(feed.transitions[1]).toMatchObject({ by: 'anna', note: 'seen', state: { seq: 2 } })
  })

  it('[K2] is not asked for after CLEARED, unless it must be', () => {
    expect(new Feed(direct).sample(9, 0).sample(5, second).state?.acked).toBe(true)
    const must = new Feed({ ...direct, requireAck: true }).sample(9, 0).sample(5, second)
    expect(must.state).toMatchObject({ condition: 'NORMAL', acked: false })
    expect(must.command('acknowledge', 2 * second).state?.acked).toBe(true)
  })

  it('[K3] reminds while it is active and not acknowledged, at most so often', () => {
    const config = { ...direct, remind: { every: '30m', max: 2 } }
    const feed = new Feed(config).sample(9, 0)
    for (const at of [30, 60, 90, 120]) feed.wait(at * minute)
    expect(feed.notified).toEqual(['0 RAISED', '1800 REMINDED', '3600 REMINDED'])
    const acked = new Feed(config)
      .sample(9, 0)
      .wait(30 * minute)
      .command('acknowledge', 31 * minute)
      .wait(5 * hour)
    expect(acked.events).toEqual(['0 RAISED', '1800 REMINDED', '1860 ACKED'])
    const cleared = new Feed(config)
      .sample(9, 0)
      .sample(5, minute)
      .wait(5 * hour)
    expect(cleared.events).toEqual(['0 RAISED', '60 CLEARED'])
    const slept = new Feed({ ...direct, remind: { every: '30m', max: 9 } }).sample(9, 0).wait(5 * hour)
    expect(slept.events).toEqual(['0 RAISED', '1800 REMINDED'])
    expect(slept.deadline).toBe(5.5 * hour)
  })
})

it('[K4] a note is kept with who and when, changes nothing else, and is told nobody', () => {
  const feed = new Feed(direct).sample(9, 0)
  const before = feed.state
  feed.command('note', minute)
  expect(feed.transitions.at(-1)).toMatchObject({ name: 'NOTED', event: true, notify: false, by: 'anna', note: 'seen' })
  expect(feed.state).toEqual({ ...before, seq: 2 })
  const empty = { name: 'note', key: 'k', by: 'anna', note: ' ', values: {} }
  const note = () => onCommand(feed.state, { command: empty, now: minute }, { rules: feed.rules, started: 0 })
  expect(note).toThrow('there is no text to note')
})

it('[K3] [F2] what runs after a transition runs by the clock, not from when its value was measured', () => {
  const remind = new Feed({ ...direct, remind: { every: '5s' } }).sample(9, 10 * second, { time: 0 })
  expect(remind.deadline).toBe(15 * second)
  const flap = new Feed({ ...direct, flap: { n: 2, within: '10s', quiet: '1m' } })
  flap
    .sample(9, 10 * second, { time: 0 })
    .sample(5, 11 * second, { time: second })
    .sample(9, 12 * second, { time: 2 * second })
  expect(flap.deadline).toBe(72 * second)
  const hours = new Feed({ ...direct, activeWhen: { cron: '* 8-18 * * *' } }).sample(9, 8 * hour, { time: 7 * hour })
  expect(hours.notified).toEqual([`${7 * 3600} RAISED`])
})

describe('the gate', () => {
  it('[G1] shelving ends at its time, and people are told how it stands', () => {
    expect(() => new Feed(direct).command('shelve', 0, { until: minute })).toThrow('nothing is known of it')
    const shelved = new Feed(direct).sample(5, 0).command('shelve', second, { until: hour })
    shelved.sample(9, 2 * second)
    expect(shelved.notified).toEqual([])
    expect(shelved.state?.condition).toBe('ACTIVE')
    shelved.wait(hour)
    expect(shelved.events).toEqual(['1 SHELVED', '2 RAISED', '3600 UNSHELVED'])
    expect(shelved.notified).toEqual(['3600 UNSHELVED'])
    const cleared = new Feed(direct).sample(9, 0).command('shelve', second, { until: hour }).sample(5, minute)
    expect(cleared.wait(hour).notified).toEqual(['0 RAISED', '3600 UNSHELVED'])
    const quiet = new Feed(direct).sample(5, 0).command('shelve', second, { until: hour }).wait(hour)
    expect(quiet.notified).toEqual([])
  })

  it('[G1] a one-shot ends when the alarm clears, and any of them after the longest time', () => {
    const feed = new Feed(direct).sample(9, 0).command('shelve', second, { oneShot: true }).sample(5, minute)
    expect(feed.events).toEqual(['0 RAISED', '1 SHELVED', '60 CLEARED', '60 UNSHELVED'])
    expect(feed.notified).toEqual(['0 RAISED', '60 UNSHELVED'])
    const long = new Feed({ ...direct, shelve: { max: '1h' } }).sample(9, 0).command('shelve', 0, { oneShot: true })
    expect(long.wait(hour).events.at(-1)).toBe('3600 UNSHELVED')
    expect(() => long.command('shelve', hour, { until: 2 * hour + 1 })).toThrow(/is too far away/)
    expect(() => long.command('shelve', hour, { until: hour })).toThrow(/has passed/)
    expect(() => long.command('shelve', hour)).toThrow('"until" is missing')
    expect(() => long.command('unshelve', hour)).toThrow('it is not shelved')
    expect(() => long.command('explode', hour)).toThrow('there is no such command')
  })

  it('[G5] out of service nobody is told until a person puts it back, and it does not end by itself', () => {
    const feed = new Feed({ ...direct, remind: { every: '1h', max: 9 } }).sample(5, 0).command('out-of-service', second)
    expect(feed.state?.out).toEqual({ by: 'anna', note: 'seen', time: second })
    feed.sample(9, minute).wait(100 * hour)
    expect([feed.notified, feed.state?.condition]).toEqual([[], 'ACTIVE'])
    expect(() => feed.command('out-of-service', 100 * hour)).toThrow('it is out of service already')
    feed.command('in-service', 101 * hour)
    expect(feed.notified).toEqual([`${101 * 3600} IN_SERVICE`])
    expect(feed.events.slice(0, 2)).toEqual(['1 OUT_OF_SERVICE', '60 RAISED'])
    expect(() => feed.command('in-service', 101 * hour)).toThrow('it is in service')
  })

  it('[G5] out of service is kept over a restart and over another config that begins anew', () => {
    const config = { ...direct, onConfigChange: 'reset' }
    const feed = new Feed(config).sample(9, 0).command('out-of-service', second)
    feed.restart(minute, { ...config, raise: '> 7' }).sample(9, 2 * minute)
    expect(feed.state?.out).toEqual({ by: 'anna', note: 'seen', time: second })
    expect(feed.notified).toEqual(['0 RAISED'])
  })

  it('[G5] a state of before there was such a thing is in service', () => {
    const feed = new Feed(direct).sample(9, 0)
    if (feed.state === undefined) throw new Error('there is no state')
    const { out: _, ...old } = feed.state
    feed.state = old as AlarmState
    expect(commandsOf(feed.state)).toContain('out-of-service')
    expect(feed.sample(5, second).notified).toEqual(['0 RAISED', '1 CLEARED'])
  })

  it('[G2] [G4] outside its hours nobody is told; when they begin, what still holds is', () => {
    const config = { ...direct, activeWhen: { cron: '* 8-18 * * *' } }
    const feed = new Feed(config).sample(9, 5 * hour)
    expect(feed.notified).toEqual([])
    expect(feed.deadline).toBe(8 * hour)
    feed.wait(8 * hour)
    expect(feed.notified).toEqual([`${8 * 3600} RAISED`])
    expect(feed.events).toEqual([`${5 * 3600} RAISED`])
    const over = new Feed(config).sample(9, 5 * hour).sample(5, 6 * hour)
    expect(over.deadline).toBeUndefined()
    const late = new Feed(config).sample(9, 18 * hour).sample(5, 20 * hour)
    expect(late.wait(32 * hour).notified).toEqual([`${18 * 3600} RAISED`, `${32 * 3600} CLEARED`])
  })

  it('[G4] a silence that began outside the hours is told when they begin, and so is that values came again', () => {
    const config = { ...direct, activeWhen: { cron: '* 8-18 * * *' }, noData: { after: '1h' } }
    const feed = new Feed(config).sample(5, 19 * hour).wait(21 * hour)
    expect([feed.events, feed.notified]).toEqual([[`${20 * 3600} DATA_STALE`], []])
    expect(feed.deadline).toBe(32 * hour)
    expect(feed.wait(32 * hour).notified).toEqual([`${32 * 3600} DATA_STALE`])
    expect(feed.transitions.at(-1)).toMatchObject({ repeat: true, event: false, seq: 1, since: 19 * hour })
    const back = feed.sample(5, 43 * hour)
    for (let at = 43.5; at <= 56; at += 0.5) back.sample(5, at * hour)
    expect(back.notified.slice(1)).toEqual([`${56 * 3600} DATA_OK`])
    const shelved = new Feed({ ...direct, noData: { after: '1h' } })
      .sample(5, 0)
      .command('shelve', 0, { until: 2 * hour })
    expect(shelved.wait(2 * hour).notified).toEqual(['7200 DATA_STALE'])
    const shown = new Feed({ ...config, noData: { after: '1h', do: 'state-only' } }).sample(5, 19 * hour)
    expect(shown.wait(32 * hour).notified).toEqual([])
  })

  it('[G4] another level than the one that people know is told when the gate opens', () => {
    const config = { ...plainLevels, activeWhen: { cron: '* 8-18 * * *' } }
    const feed = new Feed(config).sample(75, 18 * hour).sample(95, 20 * hour)
    expect(feed.notified).toEqual([`${18 * 3600} RAISED`])
    feed.wait(32 * hour)
    expect(feed.transitions.at(-1)).toMatchObject({ name: 'ESCALATED', repeat: true, seq: 2, state: { level: 'crit' } })
    feed.sample(75, 44 * hour).wait(56 * hour)
    expect(feed.transitions.at(-1)).toMatchObject({ name: 'DEESCALATED', repeat: true, seq: 3 })
    feed
      .sample(95, 68 * hour)
      .sample(75, 69 * hour)
      .wait(80 * hour)
    expect(feed.notified).toHaveLength(3)
    const latching = new Feed({ ...direct, latch: true, activeWhen: config.activeWhen }).sample(9, 18 * hour)
    latching.sample(5, 20 * hour).wait(32 * hour)
    expect(latching.notified).toEqual([`${18 * 3600} RAISED`, `${32 * 3600} LATCHED`])
  })

  it('[G2] an expression of the latest value closes it too', () => {
    const feed = new Feed(direct).sample(9, 0, { active: false }).sample(9, second, { active: false })
    expect(feed.notified).toEqual([])
    expect(feed.sample(9, 2 * second, { active: true }).notified).toEqual(['2 RAISED'])
  })

  it('[G3] [K3] a closed gate keeps reminders back without counting them', () => {
    const feed = new Feed({ ...direct, remind: { every: '30m', max: 1 } })
      .sample(9, 0)
      .command('shelve', minute, { until: 2 * hour })
    for (const at of [0.5, 1, 1.5, 2]) feed.wait(at * hour)
    expect(feed.notified).toEqual(['0 RAISED', '7200 UNSHELVED'])
    expect(feed.wait(2.5 * hour).notified.at(-1)).toBe('9000 REMINDED')
    expect(feed.wait(5 * hour).notified).toHaveLength(3)
  })
})

describe('telling', () => {
  it('[N2] [N3] a retained message sets the state; the first live value tells what holds, under the same number', () => {
    const feed = new Feed(direct).sample(9, 0, { retained: true })
    expect(feed.state).toMatchObject({ condition: 'ACTIVE', told: false, seq: 1 })
    expect([feed.events, feed.notified]).toEqual([['0 RAISED'], []])
    feed.sample(9.5, second)
    expect(feed.notified).toEqual(['1 RAISED'])
    expect(feed.transitions.at(-1)).toMatchObject({ event: false, repeat: true, state: { seq: 1, value: 9.5 } })
    const other = new Feed(direct).sample(9, 0, { retained: true }).sample(5, second)
    expect(other.notified).toEqual([])
    expect(new Feed({ ...direct, retained: 'notify' }).sample(9, 0, { retained: true }).notified).toEqual(['0 RAISED'])
  })

  it('[N2] a delay of a retained value alone ends without telling', () => {
    const feed = new Feed({ ...slow, onRestart: 'continue' }).sample(9, 0, { retained: true }).wait(hour)
    expect([feed.events, feed.notified]).toEqual([['300 RAISED'], []])
  })

  it('[N3] no number is told twice, though something else has happened since', () => {
    const feed = new Feed({ ...direct, noData: { after: '1h' } }).sample(9, 0, { retained: true }).wait(hour)
    feed.command('note', 1.5 * hour).sample(9, 2 * hour)
    const told = feed.transitions.filter(({ notify }) => notify).map(({ name, seq }) => `${seq} ${name}`)
    expect(told).toEqual(['2 DATA_STALE', '4 DATA_OK', '1 RAISED'])
  })

  it('[N3] a state of before such numbers were kept goes on: people know how it stands', () => {
    const feed = new Feed({ ...plainLevels, noData: { after: '1h' } }).sample(95, 0).wait(hour)
    if (feed.state === undefined) throw new Error('there is no state')
    const { toldAs: _, standingSeq: __, dataSeq: ___, dataLive: ____, ...old } = feed.state
    feed.state = old as AlarmState
    feed.restart(hour).wait(hour + second)
    expect(feed.notified).toEqual(['0 RAISED', '3600 DATA_STALE'])
    feed.sample(75, 2 * hour).sample(5, 3 * hour - second)
    const told = feed.transitions.filter(({ notify }) => notify).map(({ name, seq }) => `${seq} ${name}`)
    expect(told.slice(2)).toEqual(['3 DATA_OK', '4 DEESCALATED', '5 CLEARED'])
  })

  it('[N2] [D2] a retained message that cannot be used is told after a live one, and ends no silence', () => {
    const feed = new Feed({ ...direct, noData: { after: '1h' } }).bad(0, true).bad(second, true)
    expect([feed.events, feed.notified]).toEqual([['0 DATA_BAD'], []])
    expect(feed.bad(2 * second).notified).toEqual(['2 DATA_BAD'])
    const silent = new Feed({ ...direct, noData: { after: '1h' } })
      .sample(5, 0)
      .wait(hour)
      .bad(2 * hour, true)
    expect(silent.events).toEqual(['3600 DATA_STALE'])
    expect(silent.bad(3 * hour).events.slice(1)).toEqual(['10800 DATA_BAD'])
  })

  it('[N1] CLEARED is told only when people know of the alarm', () => {
    const feed = new Feed(direct).sample(5, 0).command('shelve', 0, { until: hour }).sample(9, second)
    feed.sample(5, 2 * second).command('unshelve', 3 * second)
    expect(feed.notified).toEqual([])
    expect(feed.events).toEqual(['0 SHELVED', '1 RAISED', '2 CLEARED', '3 UNSHELVED'])
  })
})

describe('flapping', () => {
  const config = { ...direct, flap: { n: 3, within: '1m', quiet: '5m' } }

  it('[F1] [F2] is told once, then nothing until it is quiet', () => {
    const feed = new Feed(config)
    for (const at of [0, 10, 20, 30, 40]) feed.sample(9, at * second).sample(5, (at + 5) * second)
    expect(feed.notified).toEqual(['0 RAISED', '5 CLEARED', '10 RAISED', '15 CLEARED', '20 RAISED', '20 CHATTERING'])
    expect(feed.deadline).toBe(340 * second)
    feed.wait(340 * second)
    expect(feed.notified.at(-1)).toBe('340 STEADY')
    expect(feed.state).toMatchObject({ told: false, quietAt: null, flaps: [] })
    expect(feed.sample(9, 400 * second).notified.at(-1)).toBe('400 RAISED')
  })

  it('[F1] counts coming back from RECOVERING, and not what is slow', () => {
    const feed = new Feed({ ...config, offDelay: '10s' }).sample(9, 0)
    for (const at of [5, 15]) feed.sample(5, at * second).sample(9, (at + 5) * second)
    expect(feed.events).toEqual(['0 RAISED', '20 CHATTERING'])
    const slowly = new Feed(config)
    for (const at of [0, 1, 2, 3]) slowly.sample(9, at * minute).sample(5, at * minute + second)
    expect(slowly.events.join()).not.toContain('CHATTERING')
  })
})

it('does not change the states that it gave before', () => {
  const texts: string[] = []
  const kept: AlarmState[] = []
  const feed = new Feed({ ...levels, flap: { n: 2, within: '5m', quiet: '1m' }, count: { n: 1, within: '1m' } })
  for (const [value, at] of [
    [95, 0],
    [95, 6],
    [7, 7],
    [75, 7],
    [7, 8],
    [7, 10],
  ] as const) {
    feed.sample(value, at * minute)
    if (feed.state !== undefined) kept.push(feed.state)
    texts.push(JSON.stringify(feed.state))
  }
  expect(kept.map((state) => JSON.stringify(state))).toEqual(texts)
})

function rankedPhases({ state, rules }: Feed): string[] {
  return rules.levels.map(({ id }) => `${id} ${state?.levels[id]?.phase}`)
}
