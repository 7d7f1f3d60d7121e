import { describe, expect, it } from 'vitest'
import type { Message } from '../../engine/node.ts'
import alarm from '../../nodes/alarm.ts'
import { Bench, startTime } from './harness.ts'

const minute = 60_000
const slow = { raise: '> 8', deadband: 1, onDelay: '5m', offDelay: '1m' }

function transitions(messages: readonly Message[] | undefined): unknown[] {
  return (messages ?? []).map(({ payload }) => Reflect.get(payload as object, 'transition'))
}

function send(bench: Bench, key: string, payload: unknown, fields: Partial<Message> = {}): void {
  bench.send('in', { topic: key, payload, ...fields })
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
    const before = new Bench(alarm, slow)
    send(before, 'a', 9, { params: { fridge: 'a' } })
    before.advance(4 * minute)
    const after = new Bench(alarm, slow, before)
    after.advance(minute - 1)
    expect(after.takeSent()).toEqual({})
    after.advance(1)
    expect(after.takeSent().event).toMatchObject([{ key: 'a', params: { fridge: 'a' }, time: startTime + 5 * minute }])
  })

  it('ends a delay that was over during a downtime at the start, with the time when it was over', () => {
    const before = new Bench(alarm, slow)
    send(before, 'a', 9)
    before.now += 60 * minute
    const after = new Bench(alarm, slow, before)
    expect(after.takeSent().event).toMatchObject([{ time: startTime + 5 * minute }])
    expect(after.timers.size).toBe(0)
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

  it('goes on with a changed limit where it stood', () => {
    const before = new Bench(alarm, { raise: '> 8' })
    send(before, 'a', 9)
    const after = new Bench(alarm, { raise: '> 10' }, before)
    send(after, 'a', 9)
    expect(transitions(after.takeSent().event)).toEqual(['CLEARED'])
  })
})
