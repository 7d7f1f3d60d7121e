import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { redirected } from '../../engine/http/redirect.ts'
import { type SendOptions, sendRequest } from '../../engine/http/send.ts'
import { createTransport } from '../../engine/http/transport.ts'
import { createDialer, type Resolve } from '../../engine/net/dialer.ts'
import { type EgressSettings, flowEgress } from '../../engine/net/egress.ts'
import type { RequestEffect } from '../../engine/spec/context.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

type Handle = (request: IncomingMessage, response: ServerResponse, count: number) => void

interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A web server on 127.0.0.1 that notes what it gets. */
async function serve(handle: Handle): Promise<{ port: number; seen: Seen[]; connections: () => number }> {
  const seen: Seen[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    handle(request, response, seen.length)
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The system gave no port')
  return { port: address.port, seen, connections: () => connections }
}

const message = {
  topic: 't',
  payload: 1,
  time: 0,
  received: 0,
  params: {},
  retain: false,
  qos: 1 as const,
  props: {},
  key: 'k',
  id: 'i',
}
const effectTo = (url: string, more: Partial<RequestEffect> = {}): RequestEffect => ({
  kind: 'request',
  method: 'POST',
  url,
  headers: {},
  body: 'hello',
  timeout: 5000,
  retries: 5,
  order: 'k',
  message,
  ...more,
})

/** Sends with a policy and a name server of the test. */
function sender(settings: EgressSettings, resolve?: Resolve, secret: SendOptions['secret'] = () => undefined) {
  const transport = createTransport(createDialer(flowEgress(settings), resolve))
  ends.push(() => transport.close())
  return (effect: RequestEffect) => sendRequest(effect, 'key-1', new AbortController().signal, { transport, secret })
}

/** A name server that knows some names and notes who asked. */
function names(known: Record<string, string[]>): { resolve: Resolve; asked: string[] } {
  const asked: string[] = []
  const resolve: Resolve = (host, _options, done) => {
    asked.push(host)
    const addresses = known[host] ?? []
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { resolve, asked }
}

const denied = { kind: 'failed', error: { code: 'EGRESS_DENIED' } }

describe('C27: an HTTP request', () => {
  it('goes to this machine when the flow says so, not when a message does', async () => {
    const { port, seen } = await serve((_, response) => response.end('{}'))
    const send = sender({ localWritten: true })
    const url = `http://127.0.0.1:${port}/`
    expect(await send(effectTo(url))).toMatchObject({ kind: 'response', status: 200 })
    // The connection of the first one is still open and is not for this one.
    expect(await send(effectTo(url, { computed: true }))).toMatchObject(denied)
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ method: 'POST', body: 'hello', headers: { 'idempotency-key': 'key-1' } })
  })

  it('that a message chose gets no connection that was kept for one of the flow, under a name neither', async () => {
    const { port, seen } = await serve((_, response) => response.end('{}'))
    const { resolve } = names({ 'here.test': ['127.0.0.1'] })
    const send = sender({ localWritten: true }, resolve)
    const url = `http://here.test:${port}/`
    expect(await send(effectTo(url))).toMatchObject({ kind: 'response', status: 200 })
    expect(await send(effectTo(url, { computed: true }))).toMatchObject(denied)
    expect(seen).toHaveLength(1)
  })

  it.each(['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://[::ffff:127.0.0.1]/', 'http://0/'])(
    'to %s is refused before anything is sent',
    async (url) => expect(await sender({})(effectTo(url))).toMatchObject(denied),
  )

  it('is refused when any address of a name is an inner one, and no connection is made', async () => {
    const { port, connections } = await serve((_, response) => response.end())
    const { resolve } = names({ 'mixed.test': ['127.0.0.1', '10.0.0.1'], 'none.test': [] })
    const send = sender({ allow: ['127.0.0.1'] }, resolve)
    expect(await send(effectTo(`http://mixed.test:${port}/`))).toMatchObject(denied)
    expect(await send(effectTo(`http://none.test:${port}/`))).toMatchObject({ kind: 'again' })
    expect(connections()).toBe(0)
  })

  it('asks the name server once and connects to what was checked', async () => {
    const { port, seen } = await serve((_, response) => response.setHeader('connection', 'close').end('done'))
    let turn = 0
    const asked: string[] = []
    // The second answer would lead to the metadata of a cloud.
    const resolve: Resolve = (host, _options, done) => {
      asked.push(host)
      done(null, [{ address: turn++ === 0 ? '127.0.0.1' : '169.254.169.254', family: 4 }])
    }
    const send = sender({ allow: ['rebind.test'] }, resolve)
    expect(await send(effectTo(`http://rebind.test:${port}/`))).toMatchObject({ kind: 'response', body: 'done' })
    expect(asked).toEqual(['rebind.test'])
    expect(seen[0]?.headers.host).toBe(`rebind.test:${port}`)
    expect(await send(effectTo(`http://rebind.test:${port}/`))).toMatchObject(denied)
    expect(seen).toHaveLength(1)
  })

  it('is checked at every redirect', async () => {
    const { port, seen } = await serve((_, response) =>
      response.writeHead(302, { location: `http://169.254.169.254/latest/meta-data/` }).end(),
    )
    expect(await sender({ localWritten: true })(effectTo(`http://127.0.0.1:${port}/`))).toMatchObject(denied)
    const there = await serve((_, response) => response.end('inner'))
    const hop = await serve((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${there.port}/` }).end(),
    )
    // The flow names the first server, and the first server is not the flow.
    expect(await sender({ localWritten: true })(effectTo(`http://127.0.0.1:${hop.port}/`))).toMatchObject(denied)
    expect(there.seen).toHaveLength(0)
    expect(seen).toHaveLength(1)
  })

  it('follows redirects that are allowed, as browsers do, and not for ever', async () => {
    const { port, seen } = await serve((request, response) => {
      if (request.url === '/see') response.writeHead(303, { location: '/done' }).end()
      else if (request.url === '/same') response.writeHead(308, { location: 'done?x=1' }).end()
      else if (request.url === '/round') response.writeHead(307, { location: '/round' }).end()
      else response.end('there')
    })
    const send = sender({ localWritten: true })
    expect(await send(effectTo(`http://127.0.0.1:${port}/see`))).toMatchObject({ kind: 'response', body: 'there' })
    expect(await send(effectTo(`http://127.0.0.1:${port}/same`))).toMatchObject({ kind: 'response', body: 'there' })
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/see', 'hello'],
      ['GET', '/done', ''],
      ['POST', '/same', 'hello'],
      ['POST', '/done?x=1', 'hello'],
    ])
    expect(await send(effectTo(`http://127.0.0.1:${port}/round`))).toEqual({
      kind: 'failed',
      detail: 'it was redirected more than 5 times',
    })
  })

  it('takes no secret and no login to another server', async () => {
    const there = await serve((_, response) => response.end('ok'))
    const { port, seen } = await serve((_, response) =>
      response.writeHead(307, { location: `http://localhost:${there.port}/` }).end(),
    )
    const { resolve } = names({ localhost: ['127.0.0.1'] })
    const send = sender({ allow: ['local'] }, resolve, (name) => `value of ${name}`)
    const headers = { 'X-Key': { $secret: 'hook' }, Authorization: 'Bearer abc', 'X-Plant': 'north' }
    expect(await send(effectTo(`http://127.0.0.1:${port}/`, { headers }))).toMatchObject({ kind: 'response' })
    expect(seen[0]?.headers).toMatchObject({
      'x-key': 'value of hook',
      authorization: 'Bearer abc',
      'x-plant': 'north',
    })
    expect(there.seen[0]?.headers).toMatchObject({ 'x-plant': 'north', host: `localhost:${there.port}` })
    expect(there.seen[0]?.headers).not.toHaveProperty('x-key')
    expect(there.seen[0]?.headers).not.toHaveProperty('authorization')
  })

  it('follows nothing from HTTPS to HTTP, and to no address with a login', () => {
    const request = { method: 'GET', url: new URL('https://a.test/'), headers: {}, body: undefined, written: true }
    const to = (location: string) => () =>
      redirected(request, { status: 302, reason: '', headers: { location }, body: Buffer.alloc(0) }, new Set())
    expect(to('http://a.test/')).toThrow('without TLS')
    expect(to('https://name:word@a.test/')).toThrow('login')
    expect(to('ftp://a.test/')).toThrow('no address of HTTP')
    expect(to('/next')()).toMatchObject({ url: new URL('https://a.test/next'), written: true })
  })

  it('waits for a secret that is not set, and says which', async () => {
    const { port, seen } = await serve((_, response) => response.end())
    const values: Record<string, string> = { broken: 'a\r\nX-Evil: 1' }
    const send = sender({ localWritten: true }, undefined, (name) => values[name])
    const to = (name: string) => effectTo(`http://127.0.0.1:${port}/`, { headers: { 'X-Key': { $secret: name } } })
    expect(await send(to('absent'))).toEqual({ kind: 'again', detail: 'the secret "absent" is not set' })
    expect(await send(to('broken'))).toMatchObject({ kind: 'failed' })
    expect(JSON.stringify(await send(to('broken')))).not.toContain('X-Evil')
    expect(seen).toHaveLength(0)
  })
})

describe('C28: an answer', () => {
  const bomb = Buffer.alloc(60_000_000)
  const codings = { gzip: gzipSync, deflate: deflateSync, br: (bytes: Buffer) => brotliCompressSync(bytes) }

  it('that is compressed is read', async () => {
    const { port } = await serve((request, response) => {
      const coding = request.url?.slice(1) as keyof typeof codings // the test asks for these only
      response.writeHead(200, { 'content-encoding': coding, 'content-type': 'application/json' })
      response.end(codings[coding](Buffer.from('{"a":1}')))
    })
    const send = sender({ localWritten: true })
    for (const coding of Object.keys(codings)) {
      expect(await send(effectTo(`http://127.0.0.1:${port}/${coding}`)), coding).toMatchObject({ body: { a: 1 } })
    }
    const head = await send(effectTo(`http://127.0.0.1:${port}/gzip`, { method: 'HEAD' }))
    expect(head).toMatchObject({ kind: 'response', status: 200, body: '' })
  })

  it.each(['gzip', 'br'] as const)(
    'that is a bomb of 60 MB in %s ends at a megabyte, and is not asked for again',
    async (coding) => {
      const packed = codings[coding](bomb)
      const { port } = await serve((_, response) => response.writeHead(200, { 'content-encoding': coding }).end(packed))
      const before = process.memoryUsage().arrayBuffers
      expect(await sender({ localWritten: true })(effectTo(`http://127.0.0.1:${port}/`))).toEqual({
        kind: 'failed',
        detail: 'the answer is longer than 1000000 bytes',
      })
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000)
    },
  )

  it('that is too long, encoded in a way that is not known, or broken is an error', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/long') response.end(Buffer.alloc(1_000_001, 'x'))
      else if (request.url === '/exact') response.end(Buffer.alloc(1_000_000, 'x'))
      else if (request.url === '/zstd') response.writeHead(200, { 'content-encoding': 'zstd' }).end('x')
      else response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is not gzip')
    })
    const send = sender({ localWritten: true })
    const kind = async (path: string) => (await send(effectTo(`http://127.0.0.1:${port}/${path}`))).kind
    expect(await kind('exact')).toBe('response')
    expect(await kind('long')).toBe('failed')
    expect(await kind('zstd')).toBe('failed')
    expect(await kind('broken')).toBe('again')
  })

  it('that comes compressed and unpacks to nothing ends at a megabyte too', async () => {
    const nothing = gzipSync('')
    const packed = Buffer.alloc(70_000 * nothing.length, nothing)
    const { port } = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed))
    expect(await sender({ localWritten: true })(effectTo(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'failed',
      detail: 'the answer is longer than 1000000 bytes',
    })
  })

  it('that drips is given up when the time of the attempt is over', async () => {
    const { port } = await serve((_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), 5)
      response.on('close', () => clearInterval(timer))
    })
    const answer = await sender({ localWritten: true })(effectTo(`http://127.0.0.1:${port}/`, { timeout: 100 }))
    expect(answer).toEqual({ kind: 'again', detail: 'there was no answer within 100 ms' })
  })

  it('is not lost when the server had just closed a kept connection', async () => {
    const { port, seen, connections } = await serve((request, response, count) => {
      if (count === 1) response.end('one')
      else if (connections() === 1) request.socket.resetAndDestroy()
      else response.end('two')
    })
    const send = sender({ localWritten: true })
    expect(await send(effectTo(`http://127.0.0.1:${port}/`))).toMatchObject({ body: 'one' })
    expect(await send(effectTo(`http://127.0.0.1:${port}/`))).toMatchObject({ body: 'two' })
    expect(seen.length).toBe(3)
  })
})
