import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import WebSocket from 'ws'
import type { Random } from '../jsonata/random.ts'
import { until } from '../tools/wait.ts'
import { almostJson, mutateBytes, mutateJson } from './mutate.ts'
import type { Target } from './target.ts'

const messages: readonly unknown[] = [
  { type: 'watch', flows: ['honest'], values: [] },
  { type: 'watch', flows: ['cold-chain', 'honest'], values: ['honest/add.out'] },
  { type: 'topics', filters: ['#'], connection: 'default' },
  { type: 'topics', filters: ['fridges/+/climate'] },
]

/** Messages that no editor sends, and frames that no browser sends. */
export async function attackWebSocket(target: Target, random: Random, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    if (random.chance(0.5)) await oddMessages(target, random)
    else await oddFrames(target, random)
  }
}

async function oddMessages({ httpPort }: Target, random: Random): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/api/v1/live`)
  socket.on('error', () => undefined)
  await Promise.race([once(socket, 'open'), once(socket, 'close')])
  for (let sent = 0; sent < 6 && socket.readyState === WebSocket.OPEN; sent++) {
    socket.send(almostJson(mutateJson(random.pick(messages), random), random), { binary: random.chance(0.2) })
  }
  if (socket.readyState === WebSocket.OPEN && random.chance(0.3)) socket.ping(randomBytes(random.below(126)))
  if (random.chance(0.5)) socket.terminate()
  else socket.close()
  await until(() => socket.readyState === WebSocket.CLOSED, 'the end of a WebSocket', 60_000)
}

async function oddFrames({ httpPort }: Target, random: Random): Promise<void> {
  const socket = connect(httpPort, '127.0.0.1')
  socket.on('error', () => undefined)
  const head = [
    'GET /api/v1/live HTTP/1.1',
    `Host: 127.0.0.1:${httpPort}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n')
  socket.write(random.chance(0.2) ? mutateBytes(Buffer.from(head), random) : head)
  const payload = almostJson(random.pick(messages), random).subarray(0, 125)
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload])
  socket.write(mutateBytes(frame, random))
  let ended = false
  socket.once('close', () => {
    ended = true
  })
  socket.resume()
  socket.end()
  if (random.chance(0.5)) socket.destroy()
  await until(() => ended, 'the end of a broken WebSocket', 60_000)
}
