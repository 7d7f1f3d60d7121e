import { connect } from 'node:net'
import type { Random } from '../jsonata/random.ts'
import { ask } from '../server/ask.ts'
import { almostJson, mutateBytes, mutateJson, wild } from './mutate.ts'
import type { Target } from './target.ts'

interface Known {
  method: string
  path: string
}

/** Every field name that a body of some route has, and a few that none has. */
const fields = [
  'document',
  'hash',
  'ids',
  'payload',
  'topic',
  'filter',
  'flow',
  'node',
  'key',
  'note',
  'expression',
  'message',
  'messages',
  'name',
  'password',
  'role',
  'value',
  'from',
  'to',
  'input',
  'against',
  'disable',
  'title',
  'rules',
  'text',
  'tests',
  'comment',
  'advance',
  '__proto__',
]

/** Requests to every route with bodies, parameters and heads that are wrong in some way. */
export async function attackHttp(target: Target, random: Random, count: number): Promise<void> {
  const { json } = await ask(target.httpPort, 'GET', '/api/v1')
  // The routes that end or replace what the honest client needs are theirs who may use them.
  const routes = (json.routes as Known[]).filter(({ path }) => !/users|setup|password/.test(path))
  for (let turn = 0; turn < count; turn++) {
    const { method, path } = random.pick(routes)
    if (random.chance(0.3)) await rawRequest(target, random, method, path)
    else await oddRequest(target, random, method, path)
  }
}

async function oddRequest({ httpPort }: Target, random: Random, method: string, path: string): Promise<void> {
  const filled = path.replaceAll(
    /:\w+/g,
    () => encodeURIComponent(String(wild(random)).slice(0, 300).toWellFormed()) || 'x',
  )
  const query = random.chance(0.3)
    ? `?${random.pick(fields)}=${encodeURIComponent(String(wild(random)).slice(0, 500).toWellFormed())}`
    : ''
  const body = mutateJson(Object.fromEntries(random.list(3, () => [random.pick(fields), wild(random)])), random)
  const question = method === 'GET' || method === 'DELETE' ? {} : { body: almostJson(body, random) }
  // An honest flow must not be deleted by chance.
  if (method !== 'GET' && /honest|client|hooks/.test(filled)) return
  const { status, text } = await ask(httpPort, method, `${filled}${query}`, question)
  if (status === 500) throw new Error(`${method} ${filled}${query} ${JSON.stringify(body)} answers 500: ${text}`)
}

/** What no library would send. */
async function rawRequest({ httpPort }: Target, random: Random, method: string, path: string): Promise<void> {
  const body = JSON.stringify({ [random.pick(fields)]: wild(random) })
  const honest = random.chance(0.8)
  const request = Buffer.from(
    [
      `${method} ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${httpPort}`,
      'Content-Type: application/json',
      `Content-Length: ${honest ? Buffer.byteLength(body) : random.below(1e9)}`,
      ...random.list(
        random.below(4),
        () =>
          `X-Y: ${String(wild(random))
            .replaceAll(/[\r\n]/g, '')
            .slice(0, 2000)}`,
      ),
      '',
      body,
    ].join('\r\n'),
  )
  const socket = connect(httpPort, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  socket.end(mutateBytes(request, random))
  // What was cut short gets no answer before its time is over; some are left waiting for that while others come.
  await new Promise((resolve) =>
    socket
      .once('data', resolve)
      .once('close', resolve)
      .setTimeout(50, () => resolve(undefined)),
  )
  if (random.chance(0.7)) socket.destroy()
}
