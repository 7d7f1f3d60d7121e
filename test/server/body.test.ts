import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Collector } from '../../engine/net/collector.ts'
import { readBody } from '../../engine/server/body.ts'
import { memoryInUse } from '../tools/memory.ts'
import { nextEvent, until } from '../tools/wait.ts'

let server: Server
let socket: Socket
/** The request that came last and what becomes of its body. */
let last: { request: IncomingMessage; body: Promise<Uint8Array> } | undefined

beforeEach(async () => {
  last = undefined
  server = createServer((request) => {
    const body = readBody(request, 200_000)
    body.catch(() => undefined)
    last = { request, body }
  })
  server.listen(0, '127.0.0.1')
  await nextEvent(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The system gave no port')
  socket = connect(address.port, '127.0.0.1')
})
afterEach(() => {
  socket.destroy()
  server.close()
})

function begin(head: string, body = '') {
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${body}`)
  return until(() => last, 'the request')
}

describe('C38: a body', () => {
  it('in pieces of one byte takes little more memory than in one piece', async () => {
    const { request, body } = await begin('Transfer-Encoding: chunked')
    const before = memoryInUse()
    const start = request.socket.bytesRead
    const block = '1\r\nx\r\n'.repeat(10_000)
    for (let count = 0; count < 20; count++) if (!socket.write(block)) await nextEvent(socket, 'drain')
    await until(() => request.socket.bytesRead - start >= 20 * block.length, 'all bytes to be read')
    expect(memoryInUse() - before).toBeLessThan(8_000_000)
    socket.write('0\r\n\r\n')
    expect(Buffer.from(await body).toString()).toBe('x'.repeat(200_000))
  })

  it('of exactly the limit is taken', async () => {
    const { body } = await begin('Content-Length: 200000', 'y'.repeat(200_000))
    expect((await body).length).toBe(200_000)
  })

  it('that announces one byte more than the limit is refused before any comes', async () => {
    const { body } = await begin('Content-Length: 200001')
    await expect(body).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  it('that grows over the limit is refused before it ends', async () => {
    const { body } = await begin('Transfer-Encoding: chunked', `30d41\r\n${'y'.repeat(200_001)}`)
    await expect(body).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  it('that breaks off is an error of the connection', async () => {
    const { body } = await begin('Content-Length: 10', 'half')
    socket.destroy()
    await expect(body).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

it('what is collected is a copy, in order, and a piece over the limit is not taken', () => {
  const collector = new Collector(10_000)
  const pieces = Array.from({ length: 5000 }, (_, index) => Buffer.from([index & 0xff]))
  for (const piece of pieces) expect(collector.add(piece)).toBe(true)
  expect(collector.add(Buffer.alloc(5001))).toBe(false)
  expect(collector.add(Buffer.alloc(5000, 7))).toBe(true)
  const expected = Buffer.concat([...pieces, Buffer.alloc(5000, 7)])
  for (const piece of pieces) piece.fill(0)
  expect(collector.take()).toEqual(expected)
  expect(new Collector(10).take()).toEqual(Buffer.alloc(0))
})
