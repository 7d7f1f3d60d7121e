import { createServer } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { aLetter, type FakeEngine, fakeEngine } from '../server/fake.ts'
import { freePort } from '../tools/port.ts'
import { rulewire } from './terminal.ts'

let engine: FakeEngine
let server: RunningServer
beforeEach(async () => {
  engine = fakeEngine()
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
})
afterEach(() => server.close())

const deadLetters = (...args: string[]) =>
  rulewire(['dead-letters', ...args], { RULEWIRE_URL: `http://127.0.0.1:${server.port}` })

test('they are listed with id, time, node, code and text', async () => {
  const { code, out } = await deadLetters()
  expect(code).toBe(0)
  expect(out).toBe('7  2023-11-14 22:13:20Z  cold-chain/a  EXPRESSION_FAILED  It failed.\n1 dead letter\n')
})

test('the list is filtered and paged', async () => {
  await deadLetters(
    'list',
    '--flow',
    'cold-chain',
    '--node=a',
    '--code',
    'NODE_FAILED',
    '--limit',
    '5',
    '--before',
    '9',
  )
  expect(engine.calls[0]?.values[0]).toEqual({
    flow: 'cold-chain',
    node: 'a',
    code: 'NODE_FAILED',
    limit: 5,
    before: 9,
  })
})

test('more than one page says so', async () => {
  engine.deadLetters.list = () => ({ items: [aLetter], total: 30 })
  expect((await deadLetters('list')).out).toContain('30 dead letters, the newest 1 of them here\n')
})

test('one is shown with its message, and devices cannot move the cursor', async () => {
  const letter = { ...aLetter, text: 'bad \u001b[2J', message: { payload: 'x\u009b2J\n' } }
  engine.deadLetters.get = () => letter
  const { out } = await deadLetters('show', '7')
  expect(out).toContain('cold-chain/a, port in')
  expect(out).toContain('bad \\u001b[2J')
  expect(out).toContain('"payload": "x\\u009b2J\\n"')
  expect(JSON.parse((await deadLetters('show', '7', '--json')).out)).toEqual(letter)
})

test('they are retried, with another payload too, and dropped', async () => {
  expect(await deadLetters('retry', '1', '2')).toMatchObject({ code: 0, out: '2 retried, 0 failed again\n' })
  await deadLetters('retry', '1', '--payload', '{"value": 4.5}')
  expect((await deadLetters('drop', '3', '4')).out).toBe('2 dropped\n')
  expect(engine.calls.map((call) => call.values)).toEqual([
    [[1, 2], undefined],
    [[1], { payload: { value: 4.5 } }],
    [[3, 4]],
  ])
})

test('what fails again ends with 1', async () => {
  engine.deadLetters.retry = async () => ({ retried: 0, failed: 2 })
  expect(await deadLetters('retry', '1', '2')).toMatchObject({ code: 1, out: '0 retried, 2 failed again\n' })
})

test('errors of the engine are shown as they are', async () => {
  const { code, err } = await deadLetters('show', '8')
  expect(code).toBe(1)
  expect(err).toBe('rulewire: NOT_FOUND There is no dead letter "8".\n  List them with GET /api/v1/dead-letters.\n')
})

test('an engine that is not there is named with the way to start one', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const { code, err } = await rulewire(['dead-letters', '--url', url])
  expect(code).toBe(1)
  expect(err).toContain(`rulewire: ENGINE_UNREACHABLE No engine answers at ${url}: `)
  expect(err).toContain('rulewire start')
})

test('something else that answers there is recognized', async () => {
  const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { err } = await rulewire(['dead-letters', '--url', `http://127.0.0.1:${port}`])
  other.close()
  expect(err).toContain('what answers there is no Rulewire')
})
