import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RunningServer, type ServerOptions, startServer } from '../../engine/server/server.ts'
import { ask } from './ask.ts'
import { type FakeEngine, fakeEngine } from './fake.ts'

let engine: FakeEngine
let server: RunningServer | undefined
beforeEach(() => {
  engine = fakeEngine()
})
afterEach(async () => {
  await server?.close()
  server = undefined
})

const start = async (options: Partial<ServerOptions> = {}) => {
  server = await startServer({ engine, host: '127.0.0.1', port: 0, ...options })
  return server.port
}
const tokenOf = async (role: 'viewer' | 'admin') => {
  await engine.auth.users.add({ name: 'anna', role: 'admin', password: 'long enough' })
  const { token } = engine.auth.tokens.make(
    { kind: 'user', name: 'anna', role: 'admin' } as never, // a principal as a login gives one
    { title: 'prometheus', role } as never, // without an end
  )
  return { authorization: `Bearer ${token}` }
}

describe('metrics', () => {
  test('are for everybody of this machine while there are no users', async () => {
    const reply = await ask(await start(), 'GET', '/metrics')
    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(reply.text).toContain('rulewire_ready 1')
  })

  test('are for viewers where there are users: a token of that role is enough', async () => {
    const headers = await tokenOf('viewer')
    const port = await start()
    expect((await ask(port, 'GET', '/metrics')).json).toMatchObject({ code: 'LOGIN_NEEDED' })
    expect((await ask(port, 'GET', '/metrics', { headers })).status).toBe(200)
  })

  test('are for everybody where the operator says so', async () => {
    await tokenOf('viewer')
    const port = await start({ openMetrics: true })
    expect((await ask(port, 'GET', '/metrics')).status).toBe(200)
    expect((await ask(port, 'GET', '/api/v1/flows')).status).toBe(401)
  })
})

describe('health', () => {
  const away = { code: 'BROKER_AWAY' as const, text: 'The broker plant is reconnecting.' }

  test('says in codes and sentences why it is not ready, and that it lives', async () => {
    engine.healthNow = { live: true, ready: false, reasons: [away], notices: [] }
    const port = await start()
    expect(await ask(port, 'GET', '/readyz')).toMatchObject({ status: 503, json: { ok: false, reasons: [away] } })
    expect(await ask(port, 'GET', '/livez')).toMatchObject({ status: 200, json: { ok: true, reasons: [] } })
  })

  test('tells of what does not hinder it', async () => {
    const notices = [{ code: 'HISTORY_STOPPED' as const, text: 'No history is written.' }]
    engine.healthNow = { live: true, ready: true, reasons: [], notices }
    expect((await ask(await start(), 'GET', '/readyz')).json).toEqual({ ok: true, reasons: [], notices })
  })

  test('tells strangers of an exposed server only whether it is ready; a setup that is due does not hinder it', async () => {
    engine.healthNow = { live: true, ready: false, reasons: [away], notices: [] }
    const port = await start({ behindProxy: true })
    const reply = await ask(port, 'GET', '/readyz')
    expect(reply).toMatchObject({ status: 503, json: { ok: false, reasons: [] } })
    expect(reply.text).not.toContain('plant')
    engine.healthNow = { live: true, ready: true, reasons: [], notices: [] }
    const ready = await ask(port, 'GET', '/readyz')
    expect(ready).toMatchObject({ status: 200, json: { ok: true, notices: [{ code: 'SETUP_NEEDED' }] } })
    await engine.auth.users.add({ name: 'anna', role: 'admin', password: 'long enough' })
    expect((await ask(port, 'GET', '/readyz')).json).toEqual({ ok: true, reasons: [] })
  })
})

describe('the log level', () => {
  test('is read by viewers and changed by admins, which the audit log tells', async () => {
    const headers = await tokenOf('admin')
    const port = await start()
    expect((await ask(port, 'GET', '/api/v1/log-level', { headers })).json).toEqual({ level: 'info' })
    const changed = await ask(port, 'PUT', '/api/v1/log-level', { headers, body: { level: 'debug' } })
    expect(changed).toMatchObject({ status: 200, json: { level: 'debug' } })
    expect(engine.levelNow).toBe('debug')
    expect(engine.audit.list({}).items[0]).toMatchObject({ outcome: 'done', action: 'log-level.put' })
  })

  test('is one of four words', async () => {
    const reply = await ask(await start(), 'PUT', '/api/v1/log-level', { body: { level: 'loud' } })
    expect(reply).toMatchObject({ status: 400, json: { code: 'BAD_REQUEST' } })
    expect(reply.text).toContain('debug')
    expect(engine.levelNow).toBe('info')
  })
})
