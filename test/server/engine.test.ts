import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createEngine, type Engine } from '../../engine/engine.ts'
import type { AuditList, DeadLetter, FlowDetail, LiveFrame } from '../../engine/server/protocol.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { type Mosquitto, startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until } from '../tools/wait.ts'
import { ask } from './ask.ts'

/** The whole way over HTTP with a real engine and a real broker: what the fake engine of the other tests cannot show. */
const { path: directory, remove } = temporaryDirectory('api')
const flows = join(directory, 'flows')
let mosquitto: Mosquitto
let engine: Engine
let server: RunningServer

beforeAll(async () => {
  mosquitto = await startMosquitto()
  engine = await createEngine({
    specs: nodeSpecs,
    version: '1.2.3',
    flows,
    data: join(directory, 'data'),
    broker: mosquitto.url,
  })
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
  await until(
    () => engine.health().ready,
    () => JSON.stringify(engine.health().reasons),
  )
})
afterAll(async () => {
  await server.close()
  await engine.close()
  await mosquitto.stop()
  remove()
})

const api = (method: string, path: string, body?: unknown) => ask(server.port, method, `/api/v1${path}`, { body })
const root = {
  flow: 'root',
  nodes: [
    { id: 'in', type: 'mqtt-in', config: { topic: 'numbers/{name}', qos: 1 } },
    { id: 'root', type: 'transform', config: { payload: '$sqrt(payload)' } },
    { id: 'out', type: 'mqtt-out', config: { topic: 'roots/{name}', qos: 1 } },
  ],
  wires: [
    { from: 'in.out', to: 'root.in' },
    { from: 'root.out', to: 'out.in' },
  ],
}

test('a flow that is put runs and stands in its file', async () => {
  expect((await api('POST', '/check', { document: root })).json).toMatchObject({
    diff: { added: ['in', 'root', 'out'] },
  })
  expect(existsSync(join(flows, 'root.json'))).toBe(false)
  const put = await api('PUT', '/flows/root', { document: root })
  expect(put).toMatchObject({ status: 200, json: { problems: [], diff: { added: ['in', 'root', 'out'] } } })
  expect(readFileSync(join(flows, 'root.json'), 'utf8')).toContain('"flow": "root"')
  expect((await api('GET', '/flows/root')).json).toMatchObject({
    status: 'running',
    hash: put.json.hash,
    document: root,
  })
})

test('its messages are seen in the live stream and over HTTP', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`)
  const frames: LiveFrame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  await nextEvent(socket, 'open')
  socket.send(JSON.stringify({ type: 'watch', flows: ['root', 'no-such-flow'] }))
  await api('POST', '/publish', { topic: 'numbers/four', payload: '16', qos: 1 })
  const value = await until(
    () => frames.flatMap((frame) => (frame.type === 'live' ? (frame.values['root/root.out'] ?? []) : [])).at(0),
    () => JSON.stringify(frames),
  )
  expect(value).toMatchObject({ text: '4', size: 1, topic: 'numbers/four' })
  await until(
    () => frames.some((frame) => frame.type === 'live' && frame.nodes['root/out']?.messages === 1),
    () => JSON.stringify(frames),
  )
  expect((await api('GET', '/flows/root/values')).json).toMatchObject({ 'root/root.out': { text: '4' } })
  expect((await api('GET', '/statistics')).json).toMatchObject({ 'root/out': { messages: 1, errors: 0 } })
  socket.close()
})

test('a message that fails is a dead letter, and runs again with another payload', async () => {
  await api('POST', '/publish', { topic: 'numbers/bad', payload: '-1', qos: 1 })
  const newest = async () => {
    const { items } = (await api('GET', '/dead-letters?flow=root')).json as unknown as { items: DeadLetter[] }
    return items[0]
  }
  const letter = await until(newest, 'the dead letter')
  expect(letter).toMatchObject({ flow: 'root', node: 'root', port: 'in', code: 'EXPRESSION_FAILED' })
  expect((await api('GET', `/dead-letters/${letter.id}`)).json).toMatchObject({ message: { payload: -1 } })
  const again = await api('POST', '/dead-letters/retry', { ids: [letter.id] })
  expect(again.json).toMatchObject({ failed: 1 })
  const left = await until(newest, 'the dead letter that is left')
  expect(left).toMatchObject({ node: 'root', message: { payload: -1 } })
  const mended = await api('POST', '/dead-letters/retry', { ids: [left.id], payload: 25 })
  expect(mended.json).toMatchObject({ retried: 1, failed: 0 })
  expect((await api('GET', '/flows/root/values')).json).toMatchObject({ 'root/root.out': { text: '5' } })
  expect((await api('GET', '/dead-letters')).json).toMatchObject({ items: [], total: 0 })
})

test('a change of somebody else is not overwritten, and a wrong flow changes nothing', async () => {
  const { hash } = (await api('GET', '/flows/root')).json as unknown as FlowDetail
  const titled = { ...root, title: 'Roots' }
  expect((await api('PUT', '/flows/root', { document: titled, hash })).status).toBe(200)
  expect(await api('PUT', '/flows/root', { document: root, hash })).toMatchObject({
    status: 409,
    json: { code: 'CHANGED_MEANWHILE' },
  })
  const text = readFileSync(join(flows, 'root.json'), 'utf8')
  const wrong = { ...root, wires: [{ from: 'in.uot', to: 'root.in' }] }
  const refused = await api('PUT', '/flows/root', { document: wrong })
  expect(refused).toMatchObject({ status: 422, json: { code: 'CHECK_FAILED', problems: [{ code: 'WIRE_NOWHERE' }] } })
  const renamed = await api('PUT', '/flows/other', { document: root })
  expect(renamed).toMatchObject({
    status: 422,
    json: { code: 'CHECK_FAILED', problems: [{ code: 'FLOW_NAME_MISMATCH' }] },
  })
  for (const document of [null, [], 5, 'x', {}, { __proto__: null, flow: '../../x', nodes: [], wires: [] }]) {
    expect((await api('PUT', '/flows/root', { document })).status).toBe(422)
    expect((await api('POST', '/check', { document })).status).toBe(200)
  }
  expect(readFileSync(join(flows, 'root.json'), 'utf8')).toBe(text)
})

test('all node types, brokers and the engine describe themselves', async () => {
  const nodes = (await api('GET', '/nodes')).json as unknown as { type: string }[]
  expect(nodes.map((node) => node.type)).toEqual([...nodeSpecs.keys()])
  expect((await api('GET', '/brokers')).json).toMatchObject([
    { name: 'default', embedded: false, incoming: { status: 'connected' } },
  ])
  expect((await api('GET', '/engine')).json).toMatchObject({ version: '1.2.3', healthy: true, durability: 'full' })
})

test('without its broker the engine is live and not ready, and says why', async () => {
  await mosquitto.stop()
  await until(async () => (await ask(server.port, 'GET', '/readyz')).status === 503, 'not ready')
  const ready = await ask(server.port, 'GET', '/readyz')
  expect(ready.json.reasons).toEqual([
    { code: 'BROKER_AWAY', text: expect.stringContaining('The broker default is reconnecting') },
  ])
  expect((await ask(server.port, 'GET', '/livez')).status).toBe(200)
  await mosquitto.start()
  await until(
    async () => (await ask(server.port, 'GET', '/readyz')).status === 200,
    () => JSON.stringify(engine.health().reasons),
    30_000,
  )
}, 40_000)

test('a deleted flow is gone with its file', async () => {
  expect((await api('DELETE', '/flows/root')).json).toEqual({ deleted: 'root' })
  expect(existsSync(join(flows, 'root.json'))).toBe(false)
  expect((await api('GET', '/flows/root')).status).toBe(404)
  expect((await api('DELETE', '/flows/root')).status).toBe(404)
})

test('C26: what was changed over the API and in files stands in the audit log', async () => {
  writeFileSync(join(flows, 'by-hand.json'), JSON.stringify({ ...root, flow: 'by-hand' }))
  await until(async () => (await api('GET', '/flows/by-hand')).status === 200, 'the flow of the file')
  rmSync(join(flows, 'by-hand.json'))
  await until(async () => (await api('GET', '/flows/by-hand')).status === 404, 'the end of the flow')
  const { items } = (await api('GET', '/audit?limit=1000')).json as unknown as AuditList
  const acts = items.map(({ who, action, target }) => `${who} ${action} ${target}`).reverse()
  expect(acts.slice(0, 2)).toEqual(['local flow.put root', 'local publish numbers/four'])
  expect(acts.slice(-3)).toEqual(['local flow.delete root', 'file flow.put by-hand', 'file flow.delete by-hand'])
  const deploy = items.find(({ before, after }) => before !== null && after !== null)
  expect(deploy?.before).toMatch(/^[0-9a-f]{16}$/)
  expect(deploy?.after).toMatch(/^[0-9a-f]{16}$/)
})
