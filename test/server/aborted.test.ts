import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { flowOf, startEngine, type TestEngine } from '../engine/start.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'

let host: TestEngine
let server: RunningServer
let lines: { level: string; text: string }[]
beforeEach(async () => {
  const { path: editor } = temporaryDirectory('aborted')
  writeFileSync(join(editor, 'index.html'), '<!doctype html>')
  host = await startEngine({ orders: flowOf('orders', [['hook', 'http-in', { path: 'orders', auth: 'none' }]], []) })
  lines = []
  const log = (level: string, text: string) => void lines.push({ level, text })
  server = await startServer({ engine: host.engine, host: '127.0.0.1', port: 0, editor, log })
})
afterEach(async () => {
  await server.close()
  await host.close()
})

/** Sends the beginning of a request and cuts the connection. */
async function goAway(head: string, body: string): Promise<void> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`${head}\r\nHost: 127.0.0.1:${server.port}\r\n\r\n${body}`)
  await new Promise((resolve) => setImmediate(resolve))
  socket.resetAndDestroy()
  await once(socket, 'close')
}

test.each([
  ['in the middle of a body for a hook', 'POST /hooks/orders HTTP/1.1\r\nContent-Length: 10', '{'],
  ['before a file comes', 'GET / HTTP/1.1\r\nAccept: text/html', ''],
])('C37: who goes away %s writes no error into the log, however often', async (_, head, body) => {
  await until(
    async () => {
      await goAway(head, body)
      return lines.length > 0
    },
    'a line about it',
    30_000,
  )
  expect(lines.filter(({ level }) => level !== 'debug')).toEqual([])
  expect(lines[0]?.text).toMatch(/^request: .*abort|ECONNRESET/i)
})
