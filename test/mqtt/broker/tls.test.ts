import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { BrokerUserDesk } from '../../../engine/host/broker-users.ts'
import { type BrokerLimits, defaultLimits, newCounters } from '../../../engine/mqtt/broker/limits.ts'
import { type ClientCertificates, Listeners } from '../../../engine/mqtt/broker/listeners.ts'
import { TlsFiles } from '../../../engine/net/tls-files.ts'
import { brokerUsersSchema, createBrokerUserStore } from '../../../engine/store/broker-users.ts'
import { type Certificates, makeCertificates } from '../../tools/certificates.ts'
import { temporaryDirectory } from '../../tools/temporary.ts'
import { nextEvent, until } from '../../tools/wait.ts'
import { startTestBroker } from './harness.ts'
import { openRaw } from './raw.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Pairs {
  first: Certificates
  files: { cert: string; key: string; clientCa: string }
  put(pair: Certificates): void
}

function pairs(): Pairs {
  const { path } = temporaryDirectory('broker-tls')
  const first = makeCertificates(temporaryDirectory('authority').path)
  const files = { cert: join(path, 'cert.pem'), key: join(path, 'key.pem'), clientCa: join(path, 'ca.pem') }
  const put = ({ server, authority }: Certificates) => {
    copyFileSync(server.certificate.file, files.cert)
    copyFileSync(server.key.file, files.key)
    copyFileSync(authority.file, files.clientCa)
  }
  put(first)
  return { first, files, put }
}

/** The embedded broker with a port with TLS, and users. */
async function setUp(clientCertificates: ClientCertificates, { files } = pairs(), limits: Partial<BrokerLimits> = {}) {
  const database = new Database(':memory:')
  database.exec(brokerUsersSchema)
  const desk = new BrokerUserDesk({
    store: createBrokerUserStore(database),
    fixed: new Map(),
    anonymous: false,
    hashing: {
      hash: async (password) => `hash of ${password}`,
      isPassword: async (password, stored) => stored === `hash of ${password}`,
      decoy: () => 'none',
    },
    now: Date.now,
    log: () => undefined,
  })
  const tls = new TlsFiles({ files, what: 'the broker', interval: 3_600_000, log: () => undefined })
  ends.push(() => tls.close())
  const served = await startTestBroker({ users: desk, limits, secure: { port: 0, files: tls, clientCertificates } })
  ends.push(() => served.stop())
  desk.broker = served.broker
  return { desk, tls, served, port: served.broker.securePort }
}

/** A TLS connection of a client, with what it shows and whom it trusts. */
function secure(port: number, ca: string, own: ConnectionOptions = {}) {
  const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...own })
  ends.push(() => socket.destroy())
  return socket
}

/** The return code of CONNACK, or `closed` when the connection ended before. */
async function codeOf(stream: ReturnType<typeof secure>, login: object = {}): Promise<number | 'closed' | undefined> {
  const client = openRaw(stream, { clientId: `c${Math.random()}`, ...login })
  const connack = () => client.received.find((packet) => packet.cmd === 'connack')
  return until(() => {
    const packet = connack()
    if (packet !== undefined && 'returnCode' in packet) return packet.returnCode ?? 'closed'
    return client.closed || client.error !== undefined ? 'closed' : undefined
  }, 'an answer')
}

const login = (username: string, password: string) => ({ username, password: Buffer.from(password) })

/** Runs a program of mosquitto, gives its exit code and what it wrote. */
async function run(program: string, words: string[]): Promise<{ code: number; text: string }> {
  const child = spawn(`/usr/bin/${program}`, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += String(chunk)))
  const [code] = await nextEvent(child, 'close')
  return { code: Number(code), text }
}

describe('C20: the embedded broker with TLS', () => {
  it('serves mosquitto_pub that checks its certificate, and nobody who speaks no TLS there', async () => {
    const set = pairs()
    const { desk, port, served } = await setUp('none', set)
    await desk.put('pump', { password: 'pump-password', rules: [{ action: 'both', filter: 'pump/#' }] })
    const words = [
      '-h',
      'localhost',
      '-p',
      String(port),
      '-u',
      'pump',
      '-P',
      'pump-password',
      '-t',
      'pump/a',
      '-m',
      'x',
      '-q',
      '1',
    ]
    expect(await run('mosquitto_pub', [...words, '--cafile', set.first.authority.file])).toEqual({ code: 0, text: '' })
    const stranger = makeCertificates(temporaryDirectory('stranger').path)
    expect((await run('mosquitto_pub', [...words, '--cafile', stranger.authority.file])).code).not.toBe(0)
    expect(served.broker.counters.received).toBe(1)
    const plain = openRaw(connectTcp(port, '127.0.0.1'), {})
    await until(() => plain.closed, 'the connection to end')
    expect(plain.received).toEqual([])
  })

  it('gives new connections a new certificate, and keeps those that stand (C19)', async () => {
    const set = pairs()
    const second = makeCertificates(temporaryDirectory('second').path)
    const { desk, tls, port } = await setUp('none', set)
    await desk.put('pump', { password: 'pump-password', rules: [] })
    const before = secure(port, set.first.authority.text)
    expect(await codeOf(before, login('pump', 'pump-password'))).toBe(0)
    set.put(second)
    expect(tls.reload()).toBe(true)
    expect(await codeOf(secure(port, set.first.authority.text), login('pump', 'pump-password'))).toBe('closed')
    expect(await codeOf(secure(port, second.authority.text), login('pump', 'pump-password'))).toBe(0)
    expect(before.destroyed).toBe(false)
  })

  it('takes nothing older than TLS 1.2', async () => {
    const set = pairs()
    const { port } = await setUp('none', set)
    const old = connect({
      host: '127.0.0.1',
      port,
      ca: set.first.authority.text,
      servername: 'localhost',
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    ends.push(() => old.destroy())
    expect(await codeOf(old)).toBe('closed')
  })
})

describe('C20, C43: client certificates', () => {
  it('that are required let in who has one, as the user of its common name, and nobody else', async () => {
    const set = pairs()
    const { desk, served, port } = await setUp('required', set)
    const { authority, client } = set.first
    const own = { cert: client.certificate.text, key: client.key.text }
    await desk.put('pump', { password: 'pump-password', rules: [{ action: 'both', filter: '#' }] })
    // The common name of the certificate is "client", and there is no such user yet.
    expect(await codeOf(secure(port, authority.text, own))).toBe(4)
    await desk.put('client', { rules: [{ action: 'both', filter: '%u/#' }] })
    const stream = secure(port, authority.text, own)
    expect(await codeOf(stream)).toBe(0)
    expect(served.broker.clients()).toMatchObject([{ user: 'client' }])
    // The certificate counts, not the name that is given beside it.
    expect(await codeOf(secure(port, authority.text, own), login('pump', 'pump-password'))).toBe(0)
    expect(served.broker.clients().map(({ user }) => user)).toEqual(['client', 'client'])
    expect(await codeOf(secure(port, authority.text), login('pump', 'pump-password'))).toBe('closed')
    const stranger = makeCertificates(temporaryDirectory('stranger').path)
    const forged = { cert: stranger.client.certificate.text, key: stranger.client.key.text }
    expect(await codeOf(secure(port, authority.text, forged))).toBe('closed')
    await desk.put('client', { disabled: true })
    await until(() => served.broker.clients().length === 0, 'the clients to be gone')
    expect(await codeOf(secure(port, authority.text, own))).toBe(4)
    // Without a password the name alone is no login.
    await desk.put('client', { disabled: false })
    const { returnCode } = await openRaw(served.broker.port, { clientId: 'x', ...login('client', '') }).take('connack')
    expect(returnCode).toBe(4)
  })

  it('count in a resumed TLS session too, for as long as its authority is trusted', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const set = pairs()
      const { desk, tls, served, port } = await setUp('required', set)
      const { authority, client } = set.first
      await desk.put('client', { rules: [] })
      const own = { cert: client.certificate.text, key: client.key.text, maxVersion }
      const first = secure(port, authority.text, own)
      const sessions: Buffer[] = []
      first.on('session', (session: Buffer) => sessions.push(session))
      expect(await codeOf(first)).toBe(0)
      await until(() => sessions.length > 0, 'a session')
      // Resumed without showing the certificate again.
      const resumed = secure(port, authority.text, { session: sessions.at(-1), maxVersion })
      expect(await codeOf(resumed)).toBe(0)
      expect(resumed.isSessionReused()).toBe(true)
      expect(served.broker.clients().map(({ user }) => user)).toEqual(['client', 'client'])
      // Another authority: what was resumable is so no more.
      set.put(makeCertificates(temporaryDirectory('second').path))
      expect(tls.reload()).toBe(true)
      expect(await codeOf(secure(port, authority.text, { session: sessions.at(-1), maxVersion }))).toBe('closed')
    }
  })

  it('that are optional leave the login by password, but a forged one is not overlooked', async () => {
    const set = pairs()
    const { desk, port, served } = await setUp('optional', set)
    const { authority, client } = set.first
    await desk.put('pump', { password: 'pump-password', rules: [] })
    await desk.put('client', { rules: [] })
    expect(await codeOf(secure(port, authority.text), login('pump', 'pump-password'))).toBe(0)
    expect(await codeOf(secure(port, authority.text))).toBe(4)
    const own = { cert: client.certificate.text, key: client.key.text }
    expect(await codeOf(secure(port, authority.text, own))).toBe(0)
    const stranger = makeCertificates(temporaryDirectory('stranger').path)
    const forged = { cert: stranger.client.certificate.text, key: stranger.client.key.text }
    expect(await codeOf(secure(port, authority.text, forged), login('pump', 'pump-password'))).toBe('closed')
    expect(served.lines.some((line) => line.includes('The client certificate of 127.0.0.1 is refused'))).toBe(true)
  })
})

describe('C44: connections', () => {
  it('from one address have a limit of their own, which does not count those that ended', async () => {
    const counters = newCounters()
    const refused: string[] = []
    let served = 0
    const listeners = new Listeners({
      host: '127.0.0.1',
      port: 0,
      secure: undefined,
      limits: { ...defaultLimits, connectionsPerAddress: 2 },
      counters,
      isExempt: () => false,
      serve: (socket) => {
        served++
        socket.resume()
      },
      onRefused: (_, text) => refused.push(text),
      log: () => undefined,
    })
    await listeners.listen()
    ends.push(() => listeners.close())
    const open = async () => {
      const socket = connectTcp(listeners.port, '127.0.0.1')
      let closed = false
      socket.on('close', () => {
        closed = true
      })
      socket.on('error', () => socket.destroy())
      socket.resume()
      await nextEvent(socket, 'connect')
      return { socket, closed: () => closed }
    }
    const [first, second] = [await open(), await open()]
    const third = await open()
    await until(third.closed, 'the third one to be closed')
    expect([first.closed(), second.closed(), counters.refusedConnections]).toEqual([false, false, 1])
    expect(refused).toEqual(['A connection from 127.0.0.1 is closed: 2 are open from there'])
    expect(served).toBe(2)
    first.socket.destroy()
    await until(async () => {
      if (served < 3) await open()
      return served === 3
    }, 'room for another one')
  })

  it('that say nothing are ended, before a handshake and after it', async () => {
    const set = pairs()
    const { port } = await setUp('none', set, { connectWithin: 60 })
    const silent = connectTcp(port, '127.0.0.1').resume()
    ends.push(() => silent.destroy())
    await nextEvent(silent, 'close')
    const greeted = secure(port, set.first.authority.text).resume()
    await nextEvent(greeted, 'secureConnect')
    await nextEvent(greeted, 'close')
    expect(defaultLimits).toMatchObject({ packet: 262_144, connectWithin: 10_000, connections: 1000 })
  })
})
