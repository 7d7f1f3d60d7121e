import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rulewireError } from '../../engine/errors.ts'
import type { AlarmWhy } from '../../engine/server/protocol.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { anAlarm, aReport, type FakeEngine, fakeEngine } from '../server/fake.ts'
import { rulewire } from './terminal.ts'

let engine: FakeEngine
let server: RunningServer
beforeEach(async () => {
  engine = fakeEngine()
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
})
afterEach(() => server.close())

const alarms = (...args: string[]) => rulewire(['alarms', ...args], { RULEWIRE_URL: `http://127.0.0.1:${server.port}` })
const commands = () => engine.calls.filter(({ name }) => name !== 'alarms' && name !== 'why')
const hour = 3_600_000

describe('rulewire alarms', () => {
  test('lists them as a table with level, condition, age, acknowledgement, value and key', async () => {
    const since = Date.now() - 2 * hour - 5 * 60_000
    const items = [
      { ...anAlarm, since, key: 'kühl \u001b[2J' },
      { ...anAlarm, since, acknowledged: true, shelved: { by: 'ben', until: Date.now() + 90 * 60_000, note: null } },
    ]
    engine.alarms.list = () => ({ items, counts: { active: 1, unacknowledged: 1, shelved: 1, revision: 1 }, left: 0 })
    const { code, out } = await alarms()
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      'LEVEL  CONDITION  FOR   ACK  VALUE  LIMIT  ALARM',
      'alarm  ACTIVE     2h5m  NO   9      8      cold-chain/a "kühl \\u001b[2J"',
      expect.stringMatching(
        /^alarm {2}ACTIVE {5}2h5m {2}yes {2}9 {6}8 {6}cold-chain\/a fridge-1 +shelved for 1h(29|30)m by ben$/,
      ),
      '1 active, 1 not acknowledged, 1 shelved',
      '',
    ])
  })

  test('filters the list by flow, node, level and acknowledgement, and gives it as JSON', async () => {
    const items = [anAlarm, { ...anAlarm, key: 'b', level: 'hot' }, { ...anAlarm, key: 'c', acknowledged: true }]
    engine.alarms.list = (filter) => {
      engine.calls.push({ name: 'list', values: [filter] })
      return { items, counts: engine.alarmsNow, left: 0 }
    }
    const { out } = await alarms('list', '--flow=cold-chain', '--node', 'a', '--level', 'alarm', '--unacked', '--json')
    expect(JSON.parse(out)).toMatchObject({ items: [anAlarm], left: 0 })
    expect(engine.calls).toEqual([{ name: 'list', values: [{ flow: 'cold-chain', node: 'a', limit: 1000 }] }])
    await alarms('list', 'cold-chain/a', '--normal')
    expect(engine.calls.at(-1)?.values).toEqual([{ flow: 'cold-chain', node: 'a', limit: 1000, all: true }])
    expect((await alarms('list', '--normal')).code).toBe(2)
    expect((await alarms('list', 'cold-chain/a', '--limit', '1')).out).toContain('; 2 more are not shown')
  })

  test('says that a name is wrong instead of that there is nothing', async () => {
    const none = { items: [], counts: engine.alarmsNow, left: 0 }
    engine.alarms.list = () => none
    engine.alarms.history = () => ({ items: [], total: 0 })
    engine.alarms.health = () => ({ ...aReport, annunciations: 0 })
    for (const action of ['list', 'history', 'health', 'ack --all']) {
      const [name = '', ...more] = action.split(' ')
      const wrong = await alarms(name, '--flow', 'cold-chian', ...more)
      expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('There is no flow "cold-chian"')])
      const node = await alarms(name, '--flow', 'cold-chain', '--node', 'b', ...more)
      expect([node.code, node.err]).toEqual([1, expect.stringContaining('There is no node "cold-chain/b"')])
      expect((await alarms(name, '--flow', 'cold-chain', ...more)).code).toBe(0)
    }
  })

  test('acknowledges by FLOW/NODE and keys, or as an event names it', async () => {
    const { code, out } = await alarms('ack', 'cold-chain/a', 'fridge-1', 'fridge 2', '--note', 'on my way')
    expect([code, out]).toEqual([0, 'cold-chain/a fridge-1: acknowledged\ncold-chain/a "fridge 2": acknowledged\n'])
    await alarms('reset', 'cold-chain/a/plant/1')
    const more = { note: 'on my way', by: 'local' }
    expect(commands()).toEqual([
      { name: 'acknowledge', values: [{ flow: 'cold-chain', node: 'a', key: 'fridge-1', ...more }] },
      { name: 'acknowledge', values: [{ flow: 'cold-chain', node: 'a', key: 'fridge 2', ...more }] },
      { name: 'reset', values: [{ flow: 'cold-chain', node: 'a', key: 'plant/1', by: 'local' }] },
    ])
  })

  test('does it to all that a filter leaves and that allow it, and prints what was done', async () => {
    const items = [anAlarm, { ...anAlarm, key: 'b', commands: ['shelve'] }, { ...anAlarm, key: 'c' }]
    engine.alarms.list = () => ({ items, counts: engine.alarmsNow, left: 0 })
    const { code, out } = await alarms('ack', '--flow', 'cold-chain', '--all')
    expect([code, out]).toEqual([0, 'cold-chain/a fridge-1: acknowledged\ncold-chain/a c: acknowledged\n'])
    engine.alarms.list = () => ({ items: [], counts: engine.alarmsNow, left: 0 })
    expect(await alarms('ack', '--all')).toMatchObject({ code: 0, out: 'There is nothing to ack.\n' })
    expect((await alarms('ack', 'cold-chain/a', 'b', '--all')).code).toBe(2)
  })

  test('goes on after one that is refused, says so and ends with 1', async () => {
    engine.alarms.command = async (_, { key }) => {
      if (key !== 'bad') return { ...anAlarm, key }
      const values = {
        key,
        command: 'acknowledge',
        detail: 'it is acknowledged already',
        wanted: 'Nothing is left to do.',
      }
      throw rulewireError('COMMAND_REFUSED', values)
    }
    const { code, out, err } = await alarms('ack', 'cold-chain/a', 'bad', 'good')
    expect([code, out]).toEqual([1, 'cold-chain/a good: acknowledged\n'])
    expect(err).toContain('cold-chain/a bad: COMMAND_REFUSED')
    expect(err).toContain('it is acknowledged already')
    const json = await alarms('ack', 'cold-chain/a', 'bad', 'good', '--json')
    expect(JSON.parse(json.out)).toMatchObject([
      { key: 'bad', error: { code: 'COMMAND_REFUSED' } },
      { alarm: { key: 'good' } },
    ])
  })

  test('shelves for a time or until it clears, and wants one of the two', async () => {
    const before = Date.now()
    await alarms('shelve', 'cold-chain/a', 'x', '--for', '2h', '--note', 'defrosting')
    await alarms('shelve', 'cold-chain/a', 'x', '--one-shot')
    const [timed, oneShot] = commands().map(({ values }) => values[0] as { until: number; note?: string })
    expect(timed?.until).toBeGreaterThanOrEqual(before + 2 * hour)
    expect(timed?.until).toBeLessThanOrEqual(Date.now() + 2 * hour)
    expect(timed?.note).toBe('defrosting')
    expect(oneShot).toMatchObject({ oneShot: true })
    expect(await alarms('shelve', 'cold-chain/a', 'x')).toMatchObject({ code: 2 })
    expect((await alarms('shelve', 'cold-chain/a', 'x')).err).toContain('--for SPAN or --one-shot')
    expect((await alarms('shelve', 'cold-chain/a', 'x', '--for', '1h', '--one-shot')).code).toBe(2)
    expect((await alarms('shelve', 'cold-chain/a', 'x', '--for', 'long')).err).toContain('that is no span of time')
    expect((await alarms('ack', 'cold-chain/a', 'x', '--for', '1h')).code).toBe(2)
  })

  test('notes, unshelves, takes out of service and puts back', async () => {
    await alarms('note', 'cold-chain/a', 'x', '--note', 'ordered a part')
    await alarms('unshelve', 'cold-chain/a', 'x')
    await alarms('out-of-service', 'cold-chain/a', 'x')
    await alarms('in-service', 'cold-chain/a', 'x')
    const ref = { flow: 'cold-chain', node: 'a', key: 'x', by: 'local' }
    expect(commands()).toEqual([
      { name: 'note', values: [{ ...ref, note: 'ordered a part' }] },
      { name: 'unshelve', values: [ref] },
      { name: 'out-of-service', values: [ref] },
      { name: 'in-service', values: [ref] },
    ])
    expect((await alarms('note', 'cold-chain/a', 'x')).err).toContain('--note TEXT')
  })

  test('shows one with all that is known of it, and says why', async () => {
    const why: AlarmWhy = {
      alarm: { ...anAlarm, acknowledgement: { by: 'anna', time: 0, note: 'seen' } },
      reasons: [{ level: 'alarm', rule: 'raise', holds: true, text: '9 is beyond the limit by 1.', margin: 1 }],
      inputs: [{ time: 0, received: 0, value: 9, outcome: 'Beyond the limit.' }],
      history: [
        {
          ...{ id: 4, flow: 'cold-chain', node: 'a', key: 'fridge-1', seq: 1, transition: 'ACKED', time: 0 },
          ...{ condition: 'ACTIVE', level: 'alarm', value: 9, limit: 8, by: 'anna', note: 'seen' },
        },
      ],
    }
    engine.alarms.why = () => why
    const shown = await alarms('show', 'cold-chain/a', 'fridge-1')
    expect(shown.out).toContain('alarm         cold-chain/a fridge-1 (Too warm)\n')
    expect(shown.out).toContain('last          acknowledged 1970-01-01 00:00:00Z by anna: seen\n')
    expect(shown.out).toContain('4  1970-01-01 00:00:00Z  ACKED  alarm  9  cold-chain/a fridge-1  by anna: seen\n')
    const { out } = await alarms('why', 'cold-chain/a/fridge-1')
    expect(out).toBe(
      'ACTIVE alarm\n  yes  alarm  raise  9 is beyond the limit by 1.\nlast values\n  1970-01-01 00:00:00Z  9  Beyond the limit.\n',
    )
    expect(JSON.parse((await alarms('why', 'cold-chain/a/fridge-1', '--json')).out)).toEqual(why)
  })

  test('looks back, at one alarm or at all', async () => {
    expect((await alarms('history', 'cold-chain/a', 'x', '--limit', '5', '--before', '9')).out).toBe('0 transitions\n')
    await alarms('history', '--flow', 'cold-chain')
    expect(commands()).toEqual([
      { name: 'history', values: [{ flow: 'cold-chain', node: 'a', key: 'x', limit: 5, before: 9 }] },
      { name: 'history', values: [{ flow: 'cold-chain', limit: 100 }] },
    ])
  })

  test('prints the health report of a period', async () => {
    engine.alarms.health = (request) => {
      engine.calls.push({ name: 'health', values: [request] })
      const name = { flow: 'cold-chain', node: 'a', key: 'fridge-1', title: 'Too warm' }
      return {
        ...aReport,
        annunciations: 4,
        perHour: 2,
        peak: { time: 60_000, count: 3 },
        frequent: [{ ...name, count: 3, share: 0.75 }],
        stale: [{ ...name, condition: 'ACTIVE', level: 'alarm', since: 0, until: null, by: null, note: null }],
        histogram: {
          span: hour,
          counts: [
            { time: 0, count: 4 },
            { time: hour, count: 0 },
          ],
        },
      }
    }
    const { code, out } = await alarms('health', '--from', '2026-05-04T00:00:00Z', '--to=1777939200000', '--top', '3')
    expect(code).toBe(0)
    expect(engine.calls.at(-1)?.values).toEqual([{ from: 1_777_852_800_000, to: 1_777_939_200_000, top: 3 }])
    expect(out).toContain('alarms        4, 2 an hour (good: 6 or fewer; more than 12 is too many)\n')
    expect(out).toContain('peak          3 within ten minutes from 1970-01-01 00:01:00Z')
    expect(out).toContain('  3  75 %  cold-chain/a fridge-1 (Too warm)\n')
    expect(out).toContain('Stale (for more than a day)\n  ACTIVE alarm  2h  cold-chain/a fridge-1 (Too warm)\n')
    expect(out).toContain(`  1970-01-01 00:00  4  ${'#'.repeat(40)}\n  1970-01-01 01:00  0\n`)
    expect((await alarms('health', '--from', 'yesterday')).err).toContain('that is no time')
  })

  test('names its actions when one is not known, and how an alarm is named', async () => {
    expect(await alarms('akc', 'x')).toMatchObject({ code: 2 })
    expect((await alarms('akc', 'x')).err).toContain('ack')
    expect((await alarms('ack')).err).toContain('rulewire alarms ack FLOW/NODE KEY...')
    expect((await alarms('ack', 'cold-chain/a')).err).toContain('a key')
    expect((await alarms('health', 'x')).code).toBe(2)
  })
})
