import type { IncomingMessage } from 'node:http'
import { rulewireError } from '../errors.ts'
import { Collector } from '../net/collector.ts'

/**
 * Reads the body of a request. Rejects with TOO_LARGE as soon as one byte more than the limit is announced or has come, and with
 * what the connection says when it breaks off.
 *
 * @param limit bytes
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limit) return Promise.reject(tooLarge(limit))
  return new Promise((resolve, reject) => {
    const body = new Collector(limit)
    const leave = () => {
      request.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose)
      request.pause()
    }
    const fail = (error: Error) => {
      leave()
      reject(error)
    }
    const onData = (piece: Buffer) => {
      if (!body.add(piece)) fail(tooLarge(limit))
    }
    const onEnd = () => {
      leave()
      resolve(body.take())
    }
    const onClose = () => fail(Object.assign(new Error('the request broke off'), { code: 'ECONNRESET' }))
    request.on('data', onData).on('end', onEnd).on('error', fail).on('close', onClose)
  })
}

function tooLarge(limit: number) {
  return rulewireError('TOO_LARGE', { what: 'The body', found: 'larger', limit: `${limit} bytes` })
}
