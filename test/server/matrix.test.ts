import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Access, isAllowed, nobody, type Principal, roles } from '../../engine/auth/index.ts'
import { actionOf, isAudited } from '../../engine/server/audit.ts'
import { liveMessages } from '../../engine/server/live-pass.ts'
import { routesMarkdown } from '../../engine/server/matrix.ts'
import type { Route } from '../../engine/server/route.ts'
import { livePath, routes, welcomeRoute } from '../../engine/server/routes.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { nextEvent } from '../tools/wait.ts'
import { ask } from './ask.ts'
import { type FakeEngine, fakeEngine } from './fake.ts'
import { addPeople, logIn, tokenOf } from './people.ts'

/** Who may what, found by asking: every route and every message, as everybody, by session and by token. */
let engine: FakeEngine
let server: RunningServer
const headers = new Map<string, Record<string, string>>()

beforeAll(async () => {
  engine = fakeEngine()
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
  await addPeople(engine.auth)
  headers.set('nobody', {})
  for (const role of roles) {
    headers.set(role, await logIn(server.port, role))
    headers.set(`token of ${role}`, tokenOf(engine.auth, role))
  }
})
afterAll(() => server.close())

const all: Route[] = [...routes, welcomeRoute]
const everybody: [string, Principal['role']][] = [
  ['nobody', nobody.role],
  ...roles.flatMap((role): [string, Principal['role']][] => [
    [role, role],
    [`token of ${role}`, role],
  ]),
]
const nameOf = (entry: Route) => `${entry.method} ${entry.path}`
/** Fits each route's path, and nothing that is there, so that whoever gets in changes nothing. */
const pathOf = ({ path }: Route) => path.replace(/:\w+/g, 'zz00')

describe.each(everybody)('C9: as %s', (name, role) => {
  test.each(all.map((entry) => [nameOf(entry), entry] as const))(
    '%s lets in who may and nobody else',
    async (_, entry) => {
      // Without a body nothing is done even by who may: it is refused only after who it is was settled.
      const before = engine.calls.length
      const reply = await ask(server.port, entry.method, pathOf(entry), { headers: headers.get(name) ?? {} })
      const refused = reply.json.code === 'LOGIN_NEEDED' || reply.json.code === 'NOT_ALLOWED'
      expect(refused, `${reply.status} ${reply.text}`).toBe(!isAllowed(role, entry.access))
      if (!refused) return
      expect(reply.status).toBe(role === 'nobody' ? 401 : 403)
      expect(engine.calls.length).toBe(before)
      expect(Object.keys(reply.json).sort()).toEqual(['code', 'hint', 'text'])
    },
  )

  test('a path that does not exist tells nothing to who is not logged in', async () => {
    const reply = await ask(server.port, 'GET', '/api/v1/no-such-route', { headers: headers.get(name) ?? {} })
    expect(reply.json.code).toBe(role === 'nobody' ? 'LOGIN_NEEDED' : 'NOT_FOUND')
  })

  test('C17: the live stream opens for who may, and only then', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${livePath}`, { headers: headers.get(name) ?? {} })
    const opened = new Promise<number>((resolve) => {
      socket.once('open', () => resolve(101))
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      socket.on('error', () => resolve(0))
    })
    expect(await opened).toBe(isAllowed(role, 'viewer') ? 101 : 401)
    socket.terminate()
  })

  test.each(Object.entries(liveMessages))(
    'C17: the message "%s" is taken from who may send it',
    async (type, { access }) => {
      if (!isAllowed(role, 'viewer')) return expect(role).toBe('nobody')
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${livePath}`, { headers: headers.get(name) ?? {} })
      await nextEvent(socket, 'open')
      const answer = nextEvent(socket, 'message')
      socket.send(JSON.stringify({ type, flows: [] }))
      const [data] = await answer
      expect(String(data).includes('NOT_ALLOWED')).toBe(!isAllowed(role, access))
      socket.terminate()
    },
  )
})

test('C10: the page of routes and roles says what was found', () => {
  const lines = routesMarkdown().split('\n')
  for (const entry of all) {
    const cells = lines.find((line) => line.startsWith(`| \`${nameOf(entry)}\` |`))?.split(' | ') ?? []
    const told = ['anyone', ...roles].filter((_, index) => cells[index + 1] === 'yes')
    const wanted = [
      ...(entry.access === 'anyone' ? ['anyone'] : []),
      ...roles.filter((role) => isAllowed(role, entry.access)),
    ]
    expect(told, nameOf(entry)).toEqual(wanted)
  }
})

test('C10: an operator acts on alarms, and a viewer does not', () => {
  const accessOf = (path: string): Access | undefined => all.find((entry) => entry.path === `/api/v1/${path}`)?.access
  for (const path of ['alarms/ack', 'alarms/shelve', 'dead-letters/retry', 'publish']) {
    expect(accessOf(path), path).toBe('operator')
  }
  for (const path of ['users', 'users/:name', 'audit']) expect(accessOf(path), path).toBe('admin')
})

test('C16: what changes something takes JSON, or is a method that no form can send', () => {
  const forms = all.filter(({ method }) => method === 'POST')
  expect(forms.filter(({ body }) => body === undefined).map(nameOf)).toEqual([])
})

test('C26: each route that changes something has a name in the audit log, of its own', () => {
  const names = all.filter(isAudited).map(actionOf)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z]+([.-][a-z]+)*$/)
  const exempt = all.filter((entry) => entry.method !== 'GET' && !isAudited(entry)).map(nameOf)
  // These run beside the flows and leave nothing behind.
  for (const name of exempt) expect(name).toMatch(/^POST .*\/(check|try|evaluate|run|record|diff|suggest)$/)
})
