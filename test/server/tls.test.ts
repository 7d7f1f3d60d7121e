import { copyFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { RulewireError } from '../../engine/errors.ts'
import { TlsFiles } from '../../engine/net/tls-files.ts'
import { startServer } from '../../engine/server/server.ts'
import { makeCertificates } from '../tools/certificates.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until } from '../tools/wait.ts'
import { fakeEngine } from './fake.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A server with HTTPS whose files are a copy of the first of two pairs. `interval` is how often it looks at them. */
async function setUp(interval = 3_600_000) {
  const { path } = temporaryDirectory('tls')
  const [first, second] = ['one', 'two'].map(() => makeCertificates(temporaryDirectory('pair').path))
  if (first === undefined || second === undefined) throw new Error('two pairs were made')
  const files = { cert: join(path, 'cert.pem'), key: join(path, 'key.pem') }
  const put = ({ server }: typeof first) => {
    copyFileSync(server.certificate.file, files.cert)
    copyFileSync(server.key.file, files.key)
  }
  put(first)
  const lines: string[] = []
  const tls = new TlsFiles({
    files,
    what: 'the editor',
    interval,
    log: (level, text) => lines.push(`${level} ${text}`),
  })
  ends.push(() => tls.close())
  const server = await startServer({ engine: fakeEngine(), host: '127.0.0.1', port: 0, tls })
  ends.push(() => server.close())
  return { first, second, files, put, tls, lines, port: server.port }
}

/** Makes a handshake that checks the certificate with an authority. */
function handshake(port: number, ca: string, options = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...options })
    ends.push(() => socket.destroy())
    socket.once('secureConnect', () => resolve(socket))
    socket.on('error', reject)
  })
}

const serial = (socket: TLSSocket) => socket.getPeerCertificate().serialNumber

describe('C19: HTTPS', () => {
  it('gives new connections a new pair of files, keeps those that stand, and refuses a pair that does not fit', async () => {
    const { first, second, files, put, tls, lines, port } = await setUp()
    const before = await handshake(port, first.authority.text)
    // A key of somebody else: nothing changes.
    copyFileSync(second.server.key.file, files.key)
    expect(tls.reload()).toBe(false)
    expect(tls.reload()).toBe(false)
    const during = await handshake(port, first.authority.text)
    expect(serial(during)).toBe(serial(before))
    expect(lines.filter((line) => line.startsWith('error the editor keeps the certificate that it has'))).toHaveLength(
      1,
    )
    writeFileSync(files.cert, 'this is no certificate')
    expect(tls.reload()).toBe(false)
    put(second)
    expect(tls.reload()).toBe(true)
    const after = await handshake(port, second.authority.text)
    expect(serial(after)).not.toBe(serial(before))
    await expect(handshake(port, first.authority.text)).rejects.toThrow()
    expect(before.destroyed || before.closed).toBe(false)
    expect(lines.some((line) => line.startsWith('info the editor has a new certificate, until'))).toBe(true)
  })

  it('sees by itself that the files have changed', async () => {
    const { first, second, put, port } = await setUp(20)
    await handshake(port, first.authority.text)
    put(second)
    await until(
      () =>
        handshake(port, second.authority.text).then(
          () => true,
          () => false,
        ),
      'a handshake with the new certificate',
    )
  })

  it('speaks TLS 1.2 and 1.3 and nothing older', async () => {
    const { first, port } = await setUp()
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(handshake(port, first.authority.text, old)).rejects.toThrow()
    const both = await Promise.all(
      ['TLSv1.2', 'TLSv1.3'].map((maxVersion) => handshake(port, first.authority.text, { maxVersion })),
    )
    expect(both.map((socket) => socket.getProtocol())).toEqual(['TLSv1.2', 'TLSv1.3'])
  })

  it('serves API and live stream, and tells browsers to insist on it, except on localhost', async () => {
    const { first, port } = await setUp()
    const ask = (host: string) =>
      new Promise<{ status: number; hsts: string | undefined }>((resolve, reject) => {
        const headers = { host: `${host}:${port}` }
        get(
          {
            host: '127.0.0.1',
            port,
            path: '/api/v1/flows',
            ca: first.authority.text,
            servername: 'localhost',
            headers,
          },
          (answer) => {
            answer.resume()
            resolve({ status: answer.statusCode ?? 0, hsts: answer.headers['strict-transport-security'] })
          },
        ).on('error', reject)
      })
    expect(await ask('127.0.0.1')).toEqual({ status: 200, hsts: 'max-age=31536000' })
    expect(await ask('localhost')).toEqual({ status: 200, hsts: undefined })
    const socket = new WebSocket(`wss://localhost:${port}/api/v1/live`, { ca: first.authority.text })
    ends.push(() => socket.terminate())
    await nextEvent(socket, 'open')
  })

  it('does not start with files that cannot be used', () => {
    const { path } = temporaryDirectory('tls')
    const open = (cert: string, key: string) => () =>
      new TlsFiles({ files: { cert, key }, what: 'x', log: () => undefined }).close()
    expect(open(join(path, 'absent'), join(path, 'absent'))).toThrow(RulewireError)
    writeFileSync(join(path, 'empty'), '')
    expect(open(join(path, 'empty'), join(path, 'empty'))).toThrow('it holds no PEM text')
  })

  it('says when the certificate ends, once for each of a few days before', async () => {
    const { files } = await setUp()
    const lines: string[] = []
    let now = Date.now() - 30 * 86_400_000
    const tls = new TlsFiles({
      files,
      what: 'the editor',
      now: () => now,
      log: (level, text) => lines.push(`${level} ${text}`),
    })
    ends.push(() => tls.close())
    expect(lines).toEqual([])
    for (const days of [10, 10, 1, 0, -1]) {
      now = tls.expires - days * 86_400_000
      tls.reload()
    }
    expect(lines.map((line) => line.replace(/at \S+Z/, 'at T'))).toEqual([
      'warn the certificate of the editor ends at T',
      'warn the certificate of the editor ends at T',
      'warn the certificate of the editor ended at T',
    ])
  })
})
