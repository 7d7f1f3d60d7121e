import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import type { Alarm, AlarmCommand } from '../../engine/server/protocol.ts'
import { until } from '../tools/wait.ts'
import { rowsOrNone } from './rows.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const fridges = (config: Record<string, unknown>) =>
  flowOf(
    'cold',
    [
      ['in', 'mqtt-in', { topic: 'fridges/{fridge}', qos: 1 }],
      ['warm', 'alarm', { key: 'params.fridge', value: 'payload', ...config }],
      ['keep', 'store', { table: 'events', columns: { transition: 'payload.transition', by: 'payload.by' } }],
      ['tell', 'store', { table: 'told', columns: { transition: 'payload.transition' } }],
    ],
    ['in.out warm.in', 'warm.event keep.in', 'warm.notify tell.in'],
  )

async function start(config: Record<string, unknown>, limits = {}) {
  const test = await startEngine({ cold: fridges(config) }, { limits })
  ends.push(() => test.close())
  const publisher = { client: await connect(test) }
  const publish = (fridge: string, value: number) =>
    publisher.client.publishAsync(`fridges/${fridge}`, String(value), { qos: 1 })
  return { test, publish, publisher }
}

async function connect(test: TestEngine): Promise<MqttClient> {
  await until(() => test.engine.health().ready, 'the engine')
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${test.engine.mqttPort}`)
  ends.push(() => client.endAsync(true))
  return client
}

const of = (key: string, more: Partial<AlarmCommand> = {}): AlarmCommand => ({
  flow: 'cold',
  node: 'warm',
  key,
  ...more,
})
const events = (test: TestEngine, table = 'events') =>
  rowsOrNone(test.data, `SELECT transition FROM ${table} ORDER BY rowid`).map(({ transition }) => transition)

async function alarmOf(test: TestEngine, key: string, condition: string): Promise<Alarm> {
  const find = () => test.engine.alarms.list({}).items.find((one) => one.key === key && one.condition === condition)
  return until(find, () => `${key} to be ${condition}: ${JSON.stringify(test.engine.alarms.list({}))}`)
}

describe('alarms of the engine', () => {
  it('are listed worst first, with counts, and those that were cleared', async () => {
    const { test, publish } = await start({
      levels: [
        { id: 'warm', raise: '> 8' },
        { id: 'hot', raise: '> 20' },
      ],
    })
    await publish('a', 9)
    await publish('b', 25)
    await publish('c', 9)
    await publish('c', 5)
    await publish('d', 5)
    const { items, counts, left } = await until(
      () => {
        const list = test.engine.alarms.list({})
        return list.items.length === 3 ? list : undefined
      },
      () => JSON.stringify(test.engine.alarms.list({})),
    )
    expect(items.map(({ key, condition, level, severity }) => [key, condition, level, severity])).toEqual([
      ['b', 'ACTIVE', 'hot', 2],
      ['a', 'ACTIVE', 'warm', 1],
      ['c', 'NORMAL', 'warm', 0],
    ])
    expect(items[0]).toMatchObject({
      flow: 'cold',
      node: 'warm',
      title: 'warm',
      topic: 'fridges/b',
      value: 25,
      limit: 20,
      margin: 5,
      seq: 1,
      acknowledged: false,
      data: 'FRESH',
      gate: 'OPEN',
      commands: ['acknowledge', 'note', 'shelve', 'out-of-service'],
    })
    expect([counts, left]).toEqual([{ ...counts, active: 2, unacknowledged: 2, shelved: 0 }, 0])
    expect(test.engine.alarms.list({ limit: 1 })).toMatchObject({ items: [{ key: 'b' }], left: 2 })
    expect(test.engine.alarms.list({ flow: 'other' }).items).toEqual([])
    const every = () => test.engine.alarms.list({ flow: 'cold', node: 'warm', all: true }).items.map(({ key }) => key)
    await until(() => every().sort().join('') === 'abcd', 'the one that is normal')
  })

  it('are acknowledged with a note: committed, an event, in the log, and there after a restart', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    await publish('a', 9)
    await alarmOf(test, 'a', 'ACTIVE')
    const changes: string[] = []
    test.engine.onChange((what) => changes.push(what))
    const before = test.engine.alarms.counts().revision
    const answer = await test.engine.alarms.command('acknowledge', of('a', { note: 'on my way', by: 'anna' }))
    expect(answer).toMatchObject({ key: 'a', acknowledged: true, commands: ['note', 'shelve', 'out-of-service'] })
    expect(changes).toContain('alarms')
    expect(test.engine.alarms.counts()).toMatchObject({ active: 1, unacknowledged: 0 })
    expect(test.engine.alarms.counts().revision).toBeGreaterThan(before)
    expect(events(test)).toEqual(['RAISED', 'ACKED'])
    expect(events(test, 'told')).toEqual(['RAISED'])
    const again = test.engine.alarms.command('acknowledge', of('a'))
    await expect(again).rejects.toMatchObject({ code: 'COMMAND_REFUSED', status: 409 })
    await expect(test.engine.alarms.command('acknowledge', of('z'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const wrong = { ...of('a'), node: 'in' }
    await expect(test.engine.alarms.command('acknowledge', wrong)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(test.engine.deadLetters.list({}).total).toBe(0)
    expect(test.engine.statistics()['cold/warm']?.errors).toBe(0)
    await test.restart()
    expect(test.engine.alarms.list({}).items).toMatchObject([
      { key: 'a', acknowledged: true, acknowledgement: { by: 'anna', note: 'on my way' } },
    ])
    expect(test.engine.alarms.history({}).items).toMatchObject([
      { transition: 'ACKED', key: 'a', seq: 2, flow: 'cold', node: 'warm', by: 'anna', note: 'on my way' },
      { transition: 'RAISED', seq: 1, value: 9, limit: 8, by: null },
    ])
  })

  it('are shelved: hidden and counted apart; an escalation would be seen after that', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    await publish('a', 9)
    await alarmOf(test, 'a', 'ACTIVE')
    const end = Date.now() + 3_600_000
    const shelved = await test.engine.alarms.command('shelve', of('a', { until: end, by: 'ben', note: 'defrosting' }))
    expect(shelved).toMatchObject({ gate: 'SHELVED_TIMED', shelved: { by: 'ben', until: end, note: 'defrosting' } })
    expect(test.engine.alarms.counts()).toMatchObject({ active: 0, unacknowledged: 0, shelved: 1 })
    await publish('a', 5)
    await until(() => events(test).length === 3, 'CLEARED')
    const shown = await test.engine.alarms.command('unshelve', of('a'))
    expect(shown).toMatchObject({ gate: 'OPEN', condition: 'NORMAL' })
    expect(events(test)).toEqual(['RAISED', 'SHELVED', 'CLEARED', 'UNSHELVED'])
    expect(events(test, 'told')).toEqual(['RAISED', 'UNSHELVED'])
    const tooLong = test.engine.alarms.command('shelve', of('a', { until: Date.now() + 9 * 3_600_000 }))
    await expect(tooLong).rejects.toThrow(/is too far away/)
  })

  it('are noted, and taken out of service until somebody puts them back', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    await publish('a', 9)
    await alarmOf(test, 'a', 'ACTIVE')
    await test.engine.alarms.command('note', of('a', { note: 'the door is open', by: 'anna' }))
    const out = await test.engine.alarms.command('out-of-service', of('a', { note: 'being moved', by: 'ben' }))
    expect(out).toMatchObject({ gate: 'OUT_OF_SERVICE', outOfService: { by: 'ben', note: 'being moved' } })
    expect(test.engine.alarms.counts()).toMatchObject({ active: 0, unacknowledged: 0, shelved: 0 })
    await test.restart()
    expect(test.engine.alarms.list({}).items).toMatchObject([{ key: 'a', gate: 'OUT_OF_SERVICE' }])
    expect(await test.engine.alarms.command('in-service', of('a'))).toMatchObject({ gate: 'OPEN', outOfService: null })
    expect(events(test)).toEqual(['RAISED', 'NOTED', 'OUT_OF_SERVICE', 'IN_SERVICE'])
    expect(events(test, 'told')).toEqual(['RAISED', 'IN_SERVICE'])
    expect(test.engine.alarms.history({}).items[2]).toMatchObject({ transition: 'NOTED', note: 'the door is open' })
  })

  it('have a health report of what happened to them', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    await publish('a', 9)
    await alarmOf(test, 'a', 'ACTIVE')
    await test.engine.alarms.command('acknowledge', of('a'))
    await test.engine.alarms.command('shelve', of('a', { oneShot: true, by: 'ben' }))
    await publish('b', 9)
    await alarmOf(test, 'b', 'ACTIVE')
    const report = test.engine.alarms.health({})
    expect(report).toMatchObject({ annunciations: 2, peak: { count: 2 }, waiting: { count: 1 }, stale: [] })
    expect(report.frequent.map(({ key, share, title }) => [key, share, title])).toEqual([
      ['a', 0.5, 'warm'],
      ['b', 0.5, 'warm'],
    ])
    expect(report.acknowledged.count).toBe(1)
    expect(report.shelved).toMatchObject([{ key: 'a', by: 'ben' }])
    expect(test.engine.alarms.health({ flow: 'other' })).toMatchObject({ annunciations: 0, waiting: { count: 0 } })
  })

  it('are reset when they latch', async () => {
    const { test, publish } = await start({ raise: '> 8', latch: true })
    await publish('a', 9)
    await publish('a', 5)
    await alarmOf(test, 'a', 'LATCHED')
    expect(await test.engine.alarms.command('reset', of('a'))).toMatchObject({
      condition: 'NORMAL',
      acknowledged: true,
    })
    expect(events(test)).toEqual(['RAISED', 'LATCHED', 'RESET'])
  })

  it('say why they did not fire', async () => {
    const { test, publish } = await start({ raise: '> 8', onDelay: '1h', minSamples: 2 })
    await publish('a', 9.5)
    await alarmOf(test, 'a', 'PENDING')
    const why = test.engine.alarms.why('cold', 'warm', 'a')
    expect(why.alarm).toMatchObject({ condition: 'PENDING', level: 'alarm', value: 9.5 })
    expect(why.reasons.filter(({ holds }) => !holds).map(({ rule }) => rule)).toEqual(['onDelay', 'minSamples'])
    expect(why.inputs).toMatchObject([{ value: 9.5, outcome: 'Beyond the limit.' }])
    expect(why.history).toEqual([])
  })

  it.each([
    [
      ['cold', 'warm', 'kitchn'],
      'There is no alarm "cold/warm/kitchn": nothing has come for this key yet; did you mean "kitchen"?',
    ],
    [['cold', 'warm', 'z'], 'There is no alarm "cold/warm/z": nothing has come for this key yet.'],
    [['cold', 'worm', 'kitchen'], 'There is no alarm node "cold/worm"; did you mean "cold/warm"?'],
    [['cold', 'in', 'kitchen'], 'There is no alarm node "cold/in".'],
    [['gold', 'warm', 'kitchen'], 'There is no running flow "gold"; did you mean "cold"?'],
  ] as const)('say which part of a name %j is wrong', async ([flow, node, key], text) => {
    const { test, publish } = await start({ raise: '> 8' })
    await publish('kitchen', 9)
    await alarmOf(test, 'kitchen', 'ACTIVE')
    expect(() => test.engine.alarms.why(flow, node, key)).toThrow(text)
    await expect(test.engine.alarms.command('acknowledge', { flow, node, key })).rejects.toThrow(text)
  })

  it('stay when the flow is deployed anew, and go with it', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    await publish('a', 9)
    await alarmOf(test, 'a', 'ACTIVE')
    await test.engine.flows.put('cold', fridges({ raise: '> 7' }))
    expect(test.engine.alarms.list({}).items).toMatchObject([{ key: 'a', condition: 'ACTIVE', limit: 7 }])
    await test.engine.flows.delete('cold')
    expect(test.engine.alarms.list({}).items).toEqual([])
    expect(test.engine.alarms.history({ flow: 'cold', key: 'a' })).toMatchObject({ total: 1 })
  })

  it('are told of a silence that a deploy has made shorter, though no message comes; others are left as they were', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    // More than are looked at in one go.
    const keys = Array.from({ length: 250 }, (_, index) => `f${index}`)
    await Promise.all(keys.map((key) => publish(key, 5)))
    const rows = () => rowsOrNone(test.data, 'SELECT value FROM rw_state ORDER BY key').map(({ value }) => value)
    await until(() => rows().length === 250, 'all keys')
    const before = rows()
    await test.engine.flows.put('cold', fridges({ raise: '> 8', requireAck: true }))
    await test.engine.flows.put('cold', fridges({ raise: '> 8', noData: { after: '1s' } }))
    const stale = () => events(test).filter((name) => name === 'DATA_STALE').length
    await until(
      () => stale() === 250,
      () => `all to be stale: ${stale()}`,
    )
    expect(test.engine.alarms.list({ limit: 1000 }).items.filter(({ data }) => data === 'STALE')).toHaveLength(250)
    await test.engine.flows.put('cold', fridges({ raise: '> 8' }))
    expect(rows()).toHaveLength(before.length)
    expect(test.engine.deadLetters.list({}).total).toBe(0)
  })

  it('are found among many keys after a restart', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    const keys = Array.from({ length: 2100 }, (_, index) => `f${index}`)
    await Promise.all(keys.map((key, index) => publish(key, index % 1000 === 7 ? 9 : 5)))
    await until(() => test.engine.alarms.counts().active === 3, 'three alarms')
    await until(() => rowsOrNone(test.data, 'SELECT count(*) AS n FROM rw_state')[0]?.n === 2100, 'all keys')
    await test.restart()
    const { items } = test.engine.alarms.list({})
    expect(items.map(({ key }) => key).sort()).toEqual(['f1007', 'f2007', 'f7'])
  })

  it('have a log that is bounded and can be paged', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    for (const value of [9, 5, 9, 5]) await publish('a', value)
    await publish('b', 9)
    await until(() => test.engine.alarms.history({}).total === 5, 'five transitions')
    const { items } = test.engine.alarms.history({ key: 'a', limit: 3 })
    expect(items.map(({ seq }) => seq)).toEqual([4, 3, 2])
    const rest = test.engine.alarms.history({ key: 'a', before: items.at(-1)?.id })
    expect(rest).toMatchObject({ total: 4, items: [{ seq: 1, transition: 'RAISED' }] })
    expect(test.engine.store.alarmLog.trim(2)).toBe(3)
    expect(test.engine.alarms.history({}).items.map(({ key, seq }) => `${key} ${seq}`)).toEqual(['b 1', 'a 4'])
  })

  it('refuse commands while the database cannot be written, and lose none of what was said before', async () => {
    const { test, publish } = await start({ raise: '> 8' })
    await publish('a', 9)
    await alarmOf(test, 'a', 'ACTIVE')
    const { store } = test.engine
    const pages = Number(store.database.pragma('page_count', { simple: true }))
    store.database.pragma(`max_page_count = ${pages}`)
    const waiting = test.engine.alarms.command('acknowledge', of('a', { note: 'x'.repeat(100_000) }))
    await until(() => !test.engine.health().ready, 'a fault')
    await expect(test.engine.alarms.command('shelve', of('a', { oneShot: true }))).rejects.toMatchObject({
      code: 'STORE_FAULT',
    })
    store.database.pragma('max_page_count = 1000000')
    expect(await waiting).toMatchObject({ acknowledged: true })
    await until(() => test.engine.health().ready, 'its end')
    expect(test.engine.alarms.history({}).items[0]).toMatchObject({ transition: 'ACKED' })
  })
})
