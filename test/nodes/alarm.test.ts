import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../engine/node.ts'
import alarm from '../../nodes/alarm.ts'
import { type AlarmConfig, rulesOf } from '../../nodes/lib/alarm-config.ts'
import { Bench, startTime } from './harness.ts'

const minute = 60_000
const slow = { raise: '> 8', deadband: 1, onDelay: '5m', offDelay: '1m' }
const going = { ...slow, onRestart: 'continue' }

function transitions(messages: readonly Message[] | undefined): unknown[] {
  return (messages ?? []).map(({ payload }) => Reflect.get(payload as object, 'transition'))
}

function send(bench: Bench, key: string, payload: unknown, fields: Partial<Message> = {}): void {
  bench.send('in', { topic: key, payload, ...fields })
}

/** What the engine shows of an alarm. */
function shown(bench: Bench, key = 'a') {
  const capability = alarm.alarms?.(bench.config as AlarmConfig) // the bench has parsed it
  const state = bench.state.get(key) ?? null
  return { view: capability?.view(state, bench.now), why: capability?.why(state, bench.now) }
}

describe('the alarm node', () => {
  it('gives the record of an event', () => {
    const bench = new Bench(alarm, slow)
    send(bench, 'a', 9.5, { id: 'first', params: { fridge: 'a' } })
    bench.advance(2 * minute)
    send(bench, 'a', 9.8, { id: 'second', params: { fridge: 'a' } })
    bench.advance(3 * minute)
    const { event } = bench.takeSent()
    expect(event).toMatchObject([
      {
        topic: 'a',
        key: 'a',
        params: { fridge: 'a' },
        time: startTime + 5 * minute,
        payload: {
          alarmId: 'example/node/a',
          key: 'a',
          seq: 1,
          transition: 'RAISED',
          condition: 'ACTIVE',
          level: 'alarm',
          value: 9.8,
          limit: 8,
          margin: 1.8,
          time: startTime + 5 * minute,
          since: startTime,
          cause: 'second',
        },
      },
    ])
  })

  it('tells each change of condition on the port state', () => {
    const bench = new Bench(alarm, slow)
    send(bench, 'a', 9)
    bench.advance(5 * minute)
    send(bench, 'a', 7)
    bench.advance(minute)
    const { event, state } = bench.takeSent()
    expect(transitions(state)).toEqual(['PENDING', 'RAISED', 'RECOVERING', 'CLEARED'])
    expect(transitions(event)).toEqual(['RAISED', 'CLEARED'])
    expect(state?.map(({ payload }) => Reflect.get(payload as object, 'seq'))).toEqual([0, 1, 1, 2])
  })

  it('has an alarm of its own for each key', () => {
    const bench = new Bench(alarm, slow)
    send(bench, 'a', 9)
    bench.advance(3 * minute)
    send(bench, 'b', 9)
    bench.advance(2 * minute)
    expect(bench.takeSent().event?.map(({ key }) => key)).toEqual(['a'])
    bench.advance(3 * minute)
    expect(bench.takeSent().event?.map(({ key }) => key)).toEqual(['b'])
  })

  it('keeps a delay over a restart: it goes on, and is not started anew', () => {
    const before = new Bench(alarm, going)
    send(before, 'a', 9, { params: { fridge: 'a' } })
    before.advance(4 * minute)
    const after = new Bench(alarm, going, before)
    after.advance(minute - 1)
    expect(after.takeSent()).toEqual({})
    after.advance(1)
    expect(after.takeSent().event).toMatchObject([{ key: 'a', params: { fridge: 'a' }, time: startTime + 5 * minute }])
  })

  it('ends a delay that was over during a downtime at the start, with the time when it was over', () => {
    const before = new Bench(alarm, going)
    send(before, 'a', 9)
    before.now += 60 * minute
    const after = new Bench(alarm, going, before)
    expect(after.takeSent().event).toMatchObject([{ time: startTime + 5 * minute }])
    expect(after.timers.size).toBe(0)
  })

  it('waits after a restart for a value that still asks for it, unless told to go on', () => {
    const before = new Bench(alarm, slow)
    send(before, 'a', 9)
    before.advance(4 * minute)
    const after = new Bench(alarm, slow, before)
    after.advance(10 * minute)
    expect(after.takeSent()).toEqual({})
    send(after, 'a', 9.5)
    expect(transitions(after.takeSent().event)).toEqual(['RAISED'])
  })

  it('stays active over a restart and tells nobody twice', () => {
    const before = new Bench(alarm, { raise: '> 8' })
    send(before, 'a', 9)
    const after = new Bench(alarm, { raise: '> 8' }, before)
    send(after, 'a', 9.5)
    expect(after.takeSent()).toEqual({})
    send(after, 'a', 8)
    expect(transitions(after.takeSent().event)).toEqual(['CLEARED'])
  })

  it('leaves no timer behind when a delay is called off', () => {
    const bench = new Bench(alarm, slow)
    send(bench, 'a', 9)
    expect(bench.timers.size).toBe(1)
    send(bench, 'a', 5)
    expect(bench.timers.size).toBe(0)
    bench.advance(60 * minute)
    expect(bench.takeSent().event).toBeUndefined()
  })

  it('waits after a sample with an old time, and takes no notice of samples that come late', () => {
    const bench = new Bench(alarm, slow)
    send(bench, 'a', 9, { time: startTime - 60 * minute })
    expect(bench.takeSent().event).toBeUndefined()
    send(bench, 'a', 9, { time: startTime })
    send(bench, 'a', 1, { time: startTime - 30 * minute })
    bench.advance(5 * minute)
    expect(transitions(bench.takeSent().event)).toEqual(['RAISED'])
  })

  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    ['9', 'the text "9"'],
    [{ value: 9 }, 'an object'],
    [Number.NaN, 'the number NaN'],
  ])('refuses the value %j and changes nothing', (payload, found) => {
    const bench = new Bench(alarm, slow)
    send(bench, 'a', 9)
    const state = JSON.stringify([...bench.state])
    send(bench, 'a', payload)
    expect(bench.failures.map(({ code, message }) => [code, message])).toEqual([
      ['WRONG_RESULT', `"payload" gave ${found} where a number is needed.`],
    ])
    expect(JSON.stringify([...bench.state])).toBe(state)
    bench.advance(5 * minute)
    expect(transitions(bench.takeSent().event)).toEqual(['RAISED'])
  })

  it.each([
    [{ raise: '8' }, '"8" is not a limit; write "> 8", ">= 8", "< 2", "<= 2", "outside 2..8" or "inside 2..8"'],
    [
      { raise: 'outside 2..8', deadband: 4 },
      'the deadband is half the range or more, so the alarm could never clear; make it smaller',
    ],
    [
      { raise: '> 8', onDelay: '5 minutes' },
      '"5 minutes" is not a duration; write a number and a unit, such as 500ms, 30s, 5m, 1h30m or 7d',
    ],
  ])('refuses the config %j', (config, text) => {
    expect(alarm.config.safeParse(config).error?.issues.map(({ message }) => message)).toEqual([text])
  })

  it('takes commands of people: they come out of event, stand in the log, and change what is shown', () => {
    const bench = new Bench(alarm, { raise: '> 8' })
    send(bench, 'a', 9)
    bench.takeSent()
    const view = () => shown(bench).view
    expect(view()).toMatchObject({
      condition: 'ACTIVE',
      acknowledged: false,
      commands: ['acknowledge', 'note', 'shelve', 'out-of-service'],
    })
    bench.command({ name: 'acknowledge', key: 'a', by: 'anna', note: 'on my way', values: {} })
    const { event, notify } = bench.takeSent()
    expect(event).toMatchObject([{ payload: { transition: 'ACKED', seq: 2, by: 'anna', note: 'on my way' } }])
    expect(notify).toBeUndefined()
    expect(bench.alarms).toMatchObject([
      { key: 'a', seq: 1, transition: 'RAISED', condition: 'ACTIVE', level: 'alarm', value: 9, limit: 8, by: null },
      { key: 'a', seq: 2, transition: 'ACKED', by: 'anna', note: 'on my way' },
    ])
    expect(view()).toMatchObject({
      acknowledged: true,
      acknowledgement: { by: 'anna', time: startTime, note: 'on my way' },
      commands: ['note', 'shelve', 'out-of-service'],
    })
    bench.command({ name: 'acknowledge', key: 'a', by: 'ben', note: null, values: {} })
    expect(bench.failures).toMatchObject([{ code: 'COMMAND_REFUSED' }])
  })

  it('keeps back from people what is shelved, and tells them how it stands after that', () => {
    const bench = new Bench(alarm, { raise: '> 8' })
    send(bench, 'a', 5)
    bench.command({ name: 'shelve', key: 'a', by: 'anna', note: null, values: { until: startTime + 10 * minute } })
    send(bench, 'a', 9)
    const hidden = bench.takeSent()
    expect([transitions(hidden.event), hidden.notify]).toEqual([['SHELVED', 'RAISED'], undefined])
    bench.advance(10 * minute)
    expect(transitions(bench.takeSent().notify)).toEqual(['UNSHELVED'])
    expect(bench.timers.size).toBe(0)
  })

  it('says why it did not fire, with how much is missing', () => {
    const bench = new Bench(alarm, { ...slow, minSamples: 3 })
    send(bench, 'a', 9)
    bench.advance(minute)
    const why = () => shown(bench).why
    expect(why()?.reasons).toMatchObject([
      { level: 'alarm', rule: 'raise', holds: true, margin: 1, text: '9 is beyond the limit by 1.' },
      { rule: 'onDelay', holds: false, left: 4 * minute, text: 'It has to last 4m more, of 5m.' },
      { rule: 'minSamples', holds: false, text: '1 of 3 values.' },
      { rule: 'data', holds: true },
      { rule: 'gate', holds: true },
      { rule: 'acknowledged', holds: true },
    ])
    send(bench, 'a', 7.5)
    expect(why()?.reasons).toMatchObject([
      { rule: 'raise', holds: false, margin: -0.5, text: '7.5 is not beyond the limit; 0.5 is missing.' },
      {},
      {},
      {},
      { rule: 'nearMiss', text: expect.stringContaining('it had lasted 1m of 5m, then the value was back.') },
    ])
    expect(why()?.inputs.map(({ value, outcome }) => [value, outcome])).toEqual([
      [7.5, 'Not beyond any limit.'],
      [9, 'Beyond the limit.'],
    ])
  })

  it('tells a value that is none as an alarm of its own, if that is wanted', () => {
    const bench = new Bench(alarm, { raise: '> 8', value: 'payload.v', onError: 'separate-alarm' })
    send(bench, 'a', { v: 9 })
    send(bench, 'a', { v: 'hot' })
    send(bench, 'a', { v: 'hot' })
    expect(bench.failures).toEqual([])
    expect(transitions(bench.takeSent().notify)).toEqual(['RAISED', 'DATA_BAD'])
    const { view } = shown(bench)
    expect(view).toMatchObject({ condition: 'ACTIVE', data: 'BAD', detail: expect.stringContaining('the text "hot"') })
  })

  it('takes the time of measurement from where it is told to', () => {
    const bench = new Bench(alarm, { raise: '> 8', value: 'payload.v', time: 'payload.ts' })
    send(bench, 'a', { v: 9, ts: '2025-12-31T23:59:00Z' })
    expect(bench.takeSent().event).toMatchObject([{ time: startTime - minute }])
    send(bench, 'a', { v: 5, ts: startTime - 2 * minute })
    expect(bench.takeSent().event).toBeUndefined()
    send(bench, 'a', { v: 5 })
    expect(bench.failures).toMatchObject([{ code: 'WRONG_RESULT' }])
  })

  it('tells people in the hours and while the expression says, and shows when it does not', () => {
    const bench = new Bench(alarm, {
      raise: '> 8',
      value: 'payload.v',
      activeWhen: { cron: '* 8-18 * * *', tz: 'Europe/Paris', when: 'payload.running' },
    })
    send(bench, 'a', { v: 9, running: true })
    expect(bench.takeSent().notify).toBeUndefined()
    expect(shown(bench).view).toMatchObject({ gate: 'SUPPRESSED', condition: 'ACTIVE' })
    expect(shown(bench).why?.reasons.find(({ rule }) => rule === 'gate')).toMatchObject({
      holds: false,
      text: 'The schedule of "activeWhen" keeps it back for 7h more, until 2026-01-01T07:00:00Z.',
      left: 7 * 60 * minute,
    })
    bench.advance(7 * 60 * minute)
    expect(transitions(bench.takeSent().notify)).toEqual(['RAISED'])
    send(bench, 'a', { v: 5, running: false })
    expect(transitions(bench.takeSent().event)).toEqual(['CLEARED'])
    expect(shown(bench).view?.gate).toBe('SUPPRESSED')
    send(bench, 'a', { v: 5, running: true })
    expect(transitions(bench.takeSent().notify)).toEqual(['CLEARED'])
  })

  it('moves its timer only when it has to fire earlier', () => {
    const bench = new Bench(alarm, { raise: '> 8', noData: { after: '15m' } })
    send(bench, 'a', 5)
    const first = [...bench.timers.values()]
    for (let count = 0; count < 10; count++) {
      bench.advance(minute)
      send(bench, 'a', 5)
    }
    expect([...bench.timers.values()]).toEqual(first)
    bench.advance(14 * minute)
    expect(bench.takeSent()).toEqual({})
    bench.advance(minute)
    expect(transitions(bench.takeSent().event)).toEqual(['DATA_STALE'])
  })

  it.each([
    [{}, 'neither "raise" nor "levels" is there; give one of them'],
    [{ raise: '> 1', levels: [{ id: 'a', raise: '> 2' }] }, '"raise" and "levels" are both there; keep one of them'],
    [
      {
        levels: [
          { id: 'a', raise: '> 2' },
          { id: 'a', raise: '> 3' },
        ],
      },
      'the level "a" stands twice; give each a name of its own',
    ],
    [{ raise: '> 1', activeWhen: {} }, 'neither "cron" nor "when" is there; give at least one of them'],
    [{ raise: '> 1', remind: { every: '10ms' } }, 'it must be a second or longer'],
    [{ raise: '> 1', noData: { after: '0s' } }, 'it must be a second or longer; write 15m, for example'],
    [{ raise: '> 1', maxGap: '0s' }, 'any two values would be too far apart; write 2m, for example'],
    [{ raise: '> 1', count: { n: 3, within: '0s' } }, 'nothing lies within it; write 10m, for example'],
    [{ raise: '> 1', flap: { n: 3, within: '1m', quiet: '0s' } }, 'it would be quiet at once; write 5m, for example'],
    [{ raise: '> 1', shelve: { max: '0s' } }, 'it could never be shelved; write 8h, for example'],
    [{ raise: '> 1', onDelay: '9999999999d' }, '"9999999999d" is longer than 10000 years; write a shorter time'],
    [
      { raise: '> 1e999' },
      '"> 1e999" is not a limit; write "> 8", ">= 8", "< 2", "<= 2", "outside 2..8" or "inside 2..8"',
    ],
    [
      { levels: [{ id: 'a', raise: '> 2' }], onDelay: '5m' },
      'beside "levels" it holds for none of them; leave it out, or write it in each level',
    ],
    [
      {
        levels: [
          { id: 'crit', raise: '> 90' },
          { id: 'warn', raise: '> 70' },
        ],
      },
      '"crit" could never be seen: "warn" stands after it, so it is worse, and is raised before it; write the lowest level first',
    ],
  ])('refuses the config %j, too', (config, text) => {
    expect(alarm.config.safeParse(config).error?.issues.map(({ message }) => message)).toEqual([text])
  })

  it('gives the same answer from its calendar whatever it was asked before', () => {
    const calendar = () => {
      const config = { raise: '> 8', activeWhen: { cron: '*/20 8-9 * * 1-5', tz: 'Europe/Paris' } }
      return rulesOf(alarm.config.parse(config)).schedule
    }
    const asked = calendar()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (minutes) => {
        const [time, fresh] = [startTime + minutes * minute, calendar()]
        expect(asked?.isActive(time)).toBe(fresh?.isActive(time))
        expect(asked?.nextActive(time)).toBe(fresh?.nextActive(time))
      }),
      { numRuns: 200 },
    )
  })

  it('accepts levels of which a later one is raised earlier where that has to last longer, and levels on both sides', () => {
    const refused = (...levels: object[]) => alarm.config.safeParse({ levels }).error?.issues
    expect(refused({ id: 'peak', raise: '> 90' }, { id: 'long', raise: '> 70', onDelay: '1h' })).toBeUndefined()
    expect(
      refused({ id: 'low', raise: '< 2' }, { id: 'high', raise: '> 8' }, { id: 'lower', raise: '< 0' }),
    ).toBeUndefined()
    expect(refused({ id: 'lower', raise: '< 0' }, { id: 'low', raise: '< 2' })).toHaveLength(1)
  })

  it('looks at a key anew after a deploy when it is told to: a shorter silence ends earlier, and what is as it was stays', () => {
    const refresh = (bench: Bench) => bench.command({ name: 'refresh', key: 'a', by: '', note: null, values: {} })
    const before = new Bench(alarm, { raise: '> 8', noData: { after: '1h' } })
    send(before, 'a', 5)
    const kept = before.state.get('a')
    before.advance(60_000)
    refresh(before)
    expect(before.state.get('a')).toBe(kept)
    const after = new Bench(alarm, { raise: '> 8', noData: { after: '5m' } }, before)
    refresh(after)
    expect(transitions(after.takeSent().event)).toEqual([])
    after.advance(4 * 60_000)
    expect(transitions(after.takeSent().event)).toEqual(['DATA_STALE'])
    const without = new Bench(alarm, { raise: '> 8' })
    send(without, 'a', 5)
    const added = new Bench(alarm, { raise: '> 8', noData: { after: '5m' } }, without)
    added.advance(60_000)
    refresh(added)
    added.advance(4 * 60_000)
    expect(transitions(added.takeSent().event)).toEqual(['DATA_STALE'])
    refresh(new Bench(alarm, { raise: '> 8' }))
    expect(added.failures).toEqual([])
  })

  it('goes on with a changed limit where it stood', () => {
    const before = new Bench(alarm, { raise: '> 8' })
    send(before, 'a', 9)
    const after = new Bench(alarm, { raise: '> 10' }, before)
    send(after, 'a', 9)
    expect(transitions(after.takeSent().event)).toEqual(['CLEARED'])
  })
})
