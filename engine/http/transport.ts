import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Collector } from '../net/collector.ts'
import type { Dialer } from '../net/dialer.ts'
import type { Place } from '../net/egress.ts'

/** A request as it goes out. */
export interface OutgoingRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  /** See {@link Place}. */
  readonly written: boolean
}

export interface IncomingAnswer {
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What cannot succeed however often it is tried. */
export class HopelessRequest extends Error {
  override readonly name = 'HopelessRequest'
}

/** Sends requests one hop each. */
export interface Transport {
  /** Rejects with EGRESS_DENIED, {@link HopelessRequest}, the reason of the signal, or what the network said. */
  send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingAnswer>
  /** Ends connections that are kept for further requests. */
  close(): void
}

/** Bytes of a body that are read, as they come and after they were decompressed; a longer one is an error (C28). */
export const bodyLimit = 1_000_000

/**
 * A transport whose every connection goes through a dialer (C27, C28). Connections are kept for a while, apart for servers that
 * stand in a flow and such that a message chose, because the policy differs.
 */
export function createTransport(dialer: Dialer): Transport {
  const pools = { written: pool(), chosen: pool() }
  return {
    async send(request, signal) {
      signal.throwIfAborted()
      const agents = request.written ? pools.written : pools.chosen
      try {
        return await attempt(request, signal, { dialer, agents })
      } catch (thrown) {
        // The server had closed a kept connection just then: it has seen nothing.
        if (!(thrown instanceof StaleConnection)) throw thrown
        return await attempt(request, signal, { dialer, agents })
      }
    },
    close() {
      for (const { http, https } of Object.values(pools)) {
        http.destroy()
        https.destroy()
      }
    },
  }
}

type Pool = ReturnType<typeof pool>

function pool() {
  const options = { keepAlive: true, maxFreeSockets: 8, timeout: 30_000 }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

class StaleConnection extends Error {}

function attempt(
  request: OutgoingRequest,
  signal: AbortSignal,
  { dialer, agents }: { dialer: Dialer; agents: Pool },
): Promise<IncomingAnswer> {
  const { url, method, body } = request
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const place: Place = { host, port: Number(url.port) || (secure ? 443 : 80), written: request.written }
  const options = {
    method,
    host,
    port: place.port,
    path: `${url.pathname}${url.search}`,
    headers: headersOf(request),
    signal,
    lookup: dialer.lookup(place),
  }
  return new Promise((resolve, reject) => {
    const call = secure
      ? requestHttps({ ...options, agent: agents.https, minVersion: 'TLSv1.2' })
      : requestHttp({ ...options, agent: agents.http })
    call.on('error', (error) => reject(reasonFor(error, call, signal)))
    call.on('response', (response) => {
      readAnswer(response).then(resolve, (error) => {
        call.destroy()
        reject(signal.aborted ? signal.reason : error)
      })
    })
    call.end(body)
  })
}

function reasonFor(error: Error, call: ClientRequest, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  return call.reusedSocket && 'code' in error && error.code === 'ECONNRESET' ? new StaleConnection() : error
}

function headersOf({ headers, body, url }: OutgoingRequest): Record<string, string> {
  return {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': 'rulewire',
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    host: url.host,
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  }
}

async function readAnswer(response: IncomingMessage): Promise<IncomingAnswer> {
  const { statusCode: status = 0, statusMessage: reason = '' } = response
  const headers = Object.fromEntries(
    Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]),
  )
  return { status, reason, headers, body: await readBody(response) }
}

/** Counts what comes and what it becomes: a small answer may hold very much (C28). */
async function readBody(response: IncomingMessage): Promise<Buffer> {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const decoder = encoding === 'identity' || encoding === '' ? undefined : decoders[encoding]?.()
  if (decoder === undefined && encoding !== 'identity' && encoding !== '') {
    throw new HopelessRequest(`the answer is encoded as "${encoding.slice(0, 40)}", which is not understood`)
  }
  let received = 0
  let stream: Readable = response
  if (decoder !== undefined) {
    response.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > bodyLimit) decoder.destroy(tooLong())
    })
    response.on('error', (error) => decoder.destroy(error))
    stream = response.pipe(decoder)
  }
  const body = new Collector(bodyLimit)
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) if (!body.add(chunk)) throw tooLong()
  } catch (thrown) {
    decoder?.destroy()
    // An answer to HEAD names an encoding and has no body.
    if (decoder !== undefined && received === 0 && response.complete) return Buffer.alloc(0)
    throw thrown
  }
  return body.take()
}

const decoders: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
}

function tooLong(): HopelessRequest {
  return new HopelessRequest(`the answer is longer than ${bodyLimit} bytes`)
}
