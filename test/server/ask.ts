import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as JSON; undefined when it is none. */
  json: Record<string, unknown>
}

export interface Question {
  headers?: OutgoingHttpHeaders
  /** Sent as it is when it is text or bytes, else as JSON. */
  body?: unknown
  /** Content-Type; application/json unless said when there is a body, none for null. */
  type?: string | null
}

/** One HTTP request with any headers, Host too, to a server of 127.0.0.1. */
export function ask(port: number, method: string, path: string, question: Question = {}): Promise<Reply> {
  const { body, type = body === undefined ? null : 'application/json' } = question
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const headers: OutgoingHttpHeaders = { ...(type === null ? {} : { 'content-type': type }), ...question.headers }
  const chunked = headers['transfer-encoding'] !== undefined
  if (bytes !== undefined && !chunked) headers['content-length'] = Buffer.byteLength(bytes)
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) })
      })
    })
    call.on('error', reject)
    call.end(bytes)
  })
}

/** Sends bytes over TCP and gives all that comes back until the server closes. */
export function askRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
    socket.on('error', reject)
  })
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
