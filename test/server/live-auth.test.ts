import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { LiveFrame, NewToken } from '../../engine/server/protocol.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { nextEvent, within } from '../tools/wait.ts'
import { askRaw } from './ask.ts'
import { type FakeEngine, fakeEngine } from './fake.ts'
import { fakeAuth } from './fake-auth.ts'
import { addPeople, asking, logIn, password } from './people.ts'

let engine: FakeEngine
let server: RunningServer
let clock: { time: number }
let opened: WebSocket[]

beforeEach(async () => {
  clock = { time: Date.now() }
  opened = []
  engine = Object.assign(
    fakeEngine(),
    fakeAuth(() => clock.time),
  )
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  for (const socket of opened) socket.terminate()
  await server.close()
})

async function live(headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`, { headers })
  opened.push(socket)
  await nextEvent(socket, 'open')
  return socket
}
const admin = async () => asking(server.port, await logIn(server.port, 'admin'))
/** The close code; C12 wants it within a second, and nothing here is as slow as that unless it is wrong. */
const closed = async (socket: WebSocket) => (await nextEvent(socket, 'close', 5000))[0]

const ends: [string, (cookie: { cookie: string }) => Promise<unknown>][] = [
  ['is disabled', async () => (await admin())('PUT', '/users/viewer', { body: { disabled: true } })],
  ['is removed', async () => (await admin())('DELETE', '/users/viewer')],
  [
    'gets a new password',
    async () => (await admin())('PUT', '/users/viewer', { body: { password: 'another password' } }),
  ],
  ['logs out', async (cookie) => asking(server.port, cookie)('POST', '/logout', { body: {} })],
  ['has a session that ends by time', async () => (clock.time += 12 * 3_600_000)],
]

test.each(ends)('C12: the sockets of a user who %s are closed', async (_, end) => {
  await addPeople(engine.auth)
  const cookie = await logIn(server.port, 'viewer')
  const [socket, other] = [await live(cookie), await live(await logIn(server.port, 'operator'))]
  const close = closed(socket)
  await end(cookie)
  expect(await close).toBe(4401)
  // Time ends all sessions; anything else only those that it is about.
  if (clock.time < Date.now() + 3_600_000) expect(other.readyState).toBe(WebSocket.OPEN)
})

test('C12: the sockets of a revoked and of an expired API token are closed', async () => {
  await addPeople(engine.auth)
  const me = await admin()
  const make = async () =>
    (await me('POST', '/tokens', { body: { title: 'x', role: 'viewer', days: 1 } })).json as unknown as NewToken
  const [revoked, expired] = [await make(), await make()]
  const sockets = await Promise.all([revoked, expired].map(({ token }) => live({ authorization: `Bearer ${token}` })))
  const [first, second] = sockets.map(closed)
  await me('DELETE', `/tokens/${revoked.id}`)
  expect(await first).toBe(4401)
  expect(sockets[1]?.readyState).toBe(WebSocket.OPEN)
  clock.time += 86_400_000
  expect(await second).toBe(4401)
})

test('C12: a socket that does not answer the goodbye is cut', async () => {
  await addPeople(engine.auth)
  const { cookie } = await logIn(server.port, 'viewer')
  const request = [
    'GET /api/v1/live HTTP/1.1',
    `Host: 127.0.0.1:${server.port}`,
    `Cookie: ${cookie}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  // It reads and says nothing more: it ends only because the server ends it.
  const all = askRaw(server.port, `${request.join('\r\n')}\r\n\r\n`)
  while (server.live().clients === 0) await new Promise((resolve) => setImmediate(resolve))
  await (await admin())('PUT', '/users/viewer', { body: { disabled: true } })
  expect(await within(all, 'the end of the socket', 5000)).toContain('101 Switching Protocols')
})

test('C12: without a login, the sockets are closed when the first user is made', async () => {
  const socket = await live()
  const close = closed(socket)
  await asking(server.port, {})('POST', '/users', { body: { name: 'anna', role: 'admin', password } })
  expect(await close).toBe(4401)
})

test('C17: a message that comes after the session has ended does nothing', async () => {
  await addPeople(engine.auth)
  const socket = await live(await logIn(server.port, 'viewer'))
  const frames: LiveFrame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  const close = closed(socket)
  clock.time += 12 * 3_600_000
  socket.send(JSON.stringify({ type: 'watch', flows: ['cold-chain'], topics: ['#'] }))
  expect(await close).toBe(4401)
  expect(engine.watches).toEqual([])
  expect(frames.filter((frame) => frame.type !== 'error')).toEqual([])
})

test('C17: a page of another origin gets no socket even with the cookie of somebody who is logged in', async () => {
  await addPeople(engine.auth)
  const headers = { ...(await logIn(server.port, 'admin')), origin: 'https://evil.example' }
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`, { headers })
  const [, response] = await nextEvent(socket, 'unexpected-response')
  expect((response as { statusCode: number }).statusCode).toBe(403)
  socket.on('error', () => undefined)
  socket.terminate()
})

test('a user whose role changes keeps the socket', async () => {
  await addPeople(engine.auth)
  const socket = await live(await logIn(server.port, 'editor'))
  await (await admin())('PUT', '/users/editor', { body: { role: 'viewer' } })
  const answer = nextEvent(socket, 'message')
  socket.send(JSON.stringify({ type: 'watch', flows: [] }))
  expect(String((await answer)[0])).toContain('"flows"')
})
