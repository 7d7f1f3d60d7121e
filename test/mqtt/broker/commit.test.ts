import type Database from 'better-sqlite3'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BrokerStore, createBrokerStore } from '../../../engine/store/broker.ts'
import { newDatabaseFile, openTestDatabase, removeDatabases } from './database.ts'

afterAll(removeDatabases)

let database: Database.Database
let store: BrokerStore
let soon: (() => void)[]
let later: { milliseconds: number; run: () => void }[]
let events: string[]
beforeEach(() => {
  database = openTestDatabase()
  soon = []
  later = []
  events = []
  store = createBrokerStore(database, {
    schedule: (run) => soon.push(run),
    delay: (milliseconds, run) => later.push({ milliseconds, run }),
    onFault: (error) => events.push(error.code),
    onHealed: () => events.push('healed'),
  })
})
afterEach(() => database.close())

const packet = (payload: string) => ({ topic: 'a', payload, qos: 1 as const, retain: false })
const rows = () => store.queue(1, -1, 5000).map(({ payload }) => payload)
const runSoon = () => {
  for (const run of soon.splice(0)) run()
}

describe('a group commit', () => {
  it('writes what was asked in one tick in one transaction, in order, and calls back in order after it', () => {
    const transactions = 0
    const begin = database.exec.bind(database)
    store.enqueue(1, 0, packet('zero'))
    store.whenCommitted(() => events.push(`zero, rows ${rows().length}`))
    store.enqueue(1, 1, packet('one'))
    store.dropQueued(1, 0)
    store.whenCommitted(() => events.push('one'))
    expect(rows()).toEqual([])
    expect(soon.length).toBe(1)
    runSoon()
    expect(events).toEqual(['zero, rows 1', 'one'])
    expect(rows()).toEqual(['one'])
    expect([transactions, typeof begin]).toEqual([0, 'function'])
  })

  it('waits a little when nobody waits for it', () => {
    store.enqueue(1, 0, packet('x'))
    expect([soon.length, later.length]).toEqual([0, 1])
    later.shift()?.run()
    expect(rows()).toEqual(['x'])
  })

  it('opens no transaction when there is nothing to write', () => {
    database.exec('BEGIN IMMEDIATE')
    store.whenCommitted(() => events.push('called'))
    runSoon()
    expect(events).toEqual(['called'])
    database.exec('ROLLBACK')
  })

  it('writes one row for a topic that is retained again and again', () => {
    for (let count = 0; count < 100; count++) store.retain({ topic: 'a', payload: `${count}`, qos: 0, retain: true })
    expect(store.retained('a')?.payload).toBe('99')
    const before = database.prepare('SELECT total_changes()').pluck().get()
    later.shift()?.run()
    expect(Number(database.prepare('SELECT total_changes()').pluck().get()) - Number(before)).toBe(1)
    expect(store.retained('a')?.payload).toBe('99')
  })

  it('splits very many writes, so that no transaction holds the others up for long', () => {
    for (let sequence = 0; sequence < 2500; sequence++) store.enqueue(1, sequence, packet('x'))
    store.whenCommitted(() => events.push('all'))
    runSoon()
    expect(rows().length).toBe(1024)
    runSoon()
    runSoon()
    expect([rows().length, events]).toEqual([2500, ['all']])
  })

  it('goes on calling those who waited when one of them throws', async () => {
    store.whenCommitted(() => {
      throw new Error('mine')
    })
    store.whenCommitted(() => events.push('next'))
    expect(runSoon).toThrow('mine')
    await new Promise((resolve) => setImmediate(resolve))
    expect(events).toEqual(['next'])
  })
})

describe('a commit that fails', () => {
  it('calls nobody, keeps everything in order and tries again with longer and longer waits', () => {
    const other = openTestDatabase(database.name)
    other.exec('BEGIN IMMEDIATE')
    store.enqueue(1, 0, packet('zero'))
    store.whenCommitted(() => events.push('zero'))
    runSoon()
    expect(store.fault?.code).toBe('STORE_FAULT')
    store.enqueue(1, 1, packet('one'))
    store.whenCommitted(() => events.push('one'))
    expect(soon).toEqual([])
    const waits: number[] = []
    for (let count = 0; count < 8; count++) {
      const timer = later.pop()
      waits.push(timer?.milliseconds ?? 0)
      timer?.run()
    }
    expect(waits).toEqual([20, 40, 80, 160, 320, 640, 1000, 1000])
    expect(events).toEqual(['STORE_FAULT'])
    other.exec('ROLLBACK')
    other.close()
    later.pop()?.run()
    expect(events).toEqual(['STORE_FAULT', 'healed', 'zero', 'one'])
    expect(rows()).toEqual(['zero', 'one'])
  })

  it('is reported by close, which tries once more', () => {
    const other = openTestDatabase(database.name)
    other.exec('BEGIN IMMEDIATE')
    store.enqueue(1, 0, packet('zero'))
    expect(store.close()).toBe(false)
    other.exec('ROLLBACK')
    other.close()
    expect(store.close()).toBe(false)
  })

  it('is not needed for close to write what is left', () => {
    const file = newDatabaseFile()
    const second = openTestDatabase(file)
    const its = createBrokerStore(second)
    its.addSession(3, 'client')
    its.setSent(3, 7)
    its.enqueue(3, 8, packet('left'))
    expect(its.close()).toBe(true)
    second.close()
    const third = openTestDatabase(file)
    expect(createBrokerStore(third).sessions()).toEqual([
      { number: 3, clientId: 'client', subscriptions: [], incoming: [], queued: 1, last: 8, sent: 7 },
    ])
    third.close()
  })
})
