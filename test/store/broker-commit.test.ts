import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { GroupCommit } from '../../engine/store/broker-commit.ts'

it('what stands before a call is committed in one transaction, however much waits', () => {
  const database = new Database(':memory:')
  database.exec('CREATE TABLE pairs (message INTEGER, part TEXT)')
  const insert = database.prepare('INSERT INTO pairs VALUES (?, ?)')
  const sweep = { pending: () => false, remove: () => undefined, write: () => undefined, done: () => undefined }
  const runs: (() => void)[] = []
  const group = new GroupCommit(database, sweep, { schedule: (run) => runs.push(run) })
  const called: number[] = []
  // Groups of five entries, so that no round number of entries ends with one.
  for (let message = 0; message < 1000; message++) {
    for (const part of ['id', 'queue 1', 'queue 2', 'queue 3']) group.add(insert, message, part)
    group.whenCommitted(() => called.push(message))
  }
  const torn = database.prepare('SELECT message FROM pairs GROUP BY message HAVING count(*) < 4')
  const committed = database.prepare<[], number>('SELECT count(DISTINCT message) FROM pairs').pluck()
  for (let run = runs.shift(); run !== undefined; run = runs.shift()) {
    run()
    expect(torn.all()).toEqual([])
    expect(called).toHaveLength(committed.get() ?? 0)
  }
  expect(called).toHaveLength(1000)
  database.close()
})
