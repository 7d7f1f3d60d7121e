import { expect, it } from 'vitest'
import { readDeployed } from '../../engine/store/deployed.ts'
import { openStore } from '../../engine/store/index.ts'
import { openScratchTables } from '../../engine/store/scratch.ts'
import { namelessFiles } from '../tools/open-files.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

it('scratch tables hold many rows, answer queries and leave no file', () => {
  const before = namelessFiles()
  const tables = openScratchTables()
  const text = 'x'.repeat(1000)
  for (let time = 0; time < 30_000; time++) tables.insert('readings', { time, text })
  expect(tables.query('SELECT count(*) AS n, max(time) AS last FROM readings', {})).toEqual([
    { n: 30_000, last: 29_999 },
  ])
  // What is too much for the memory is in a file that has no name, so it goes with the process, however that ends.
  expect(namelessFiles().length).toBe(before.length + 1)
  tables.deleteBelow('readings', 'time', 29_990)
  expect(tables.query('SELECT count(*) AS n FROM readings', {})).toEqual([{ n: 10 }])
  expect(() => tables.query('DELETE FROM readings', {})).toThrow(expect.objectContaining({ code: 'QUERY_FAILED' }))
  tables.close()
  expect(namelessFiles()).toEqual(before)
})

it('scratch tables that nobody uses can be closed', () => {
  expect(() => openScratchTables().close()).not.toThrow()
})

it('the last deploy is read while an engine holds the directory', () => {
  const { path } = temporaryDirectory('deployed')
  expect(() => readDeployed(path, 'a')).toThrow(expect.objectContaining({ code: 'NO_DATABASE' }))
  const store = openStore(path)
  expect(readDeployed(path, 'a')).toBeUndefined()
  store.close()
})
