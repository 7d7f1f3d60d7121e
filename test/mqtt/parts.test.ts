import { describe, expect, test } from 'vitest'
import { RulewireError } from '../../engine/errors.ts'
import { readAddress, withoutLogin } from '../../engine/mqtt/address.ts'
import { Backoff } from '../../engine/mqtt/backoff.ts'
import { Blame } from '../../engine/mqtt/blame.ts'
import { connackFault, disconnectFault, socketFault } from '../../engine/mqtt/faults.ts'
import { Pings } from '../../engine/mqtt/pings.ts'
import { BoundedQueue } from '../../engine/mqtt/queue.ts'
import { configOf } from './tools.ts'

describe('the address of a broker', () => {
  test.each([
    ['mqtt://host', 'tcp', 'host', 1883, 'mqtt://host:1883'],
    ['mqtts://host', 'tls', 'host', 8883, 'mqtts://host:8883'],
    ['ws://host/mqtt?x=1', 'ws', 'host', 80, 'ws://host:80/mqtt?x=1'],
    ['wss://host:444', 'wss', 'host', 444, 'wss://host:444/'],
    ['mqtt://[::1]:1884', 'tcp', '::1', 1884, 'mqtt://[::1]:1884'],
  ])('%s is read', (url, transport, host, port, shown) => {
    expect(readAddress(configOf(url))).toMatchObject({ transport, host, port, shown })
  })

  test('may hold user and password, percent-encoded; those given apart go first', () => {
    const url = 'mqtt://al%40ice:p%3Ass%2F@host'
    expect(readAddress(configOf(url))).toMatchObject({
      username: 'al@ice',
      password: 'p:ss/',
      shown: 'mqtt://host:1883',
    })
    expect(readAddress(configOf(url, { username: 'bob', password: 'x' }))).toMatchObject({
      username: 'bob',
      password: 'x',
    })
  })

  test.each([
    ['', 'empty'],
    ['127.0.0.1:1883', 'not a URL'],
    ['localhost:1883', 'is not a way to a broker'],
    ['http://host', 'is not a way to a broker'],
    ['mqtt://', 'no host'],
    ['mqtt://host/path', 'has no meaning'],
    ['mqtt://host:99999', 'not a URL'],
    ['mqtt://host:0', 'no port 0'],
    ['mqtt://user:%zz@host', 'not percent-encoded'],
    ['mqtt://:secret@host', 'without a user name'],
  ])('%j is refused with a reason and what to write, without the password', (url, reason) => {
    try {
      readAddress(configOf(url))
      expect.unreachable()
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(RulewireError)
      const { code, message, hint, cause } = thrown as RulewireError // just checked
      expect(code).toBe('OPTION_VALUE')
      expect(message).toContain(reason)
      expect(hint).not.toBe('')
      expect(
        `${message} ${hint} ${JSON.stringify(cause ?? '')} ${(cause as { input?: string })?.input ?? ''}`,
      ).not.toContain('secret')
    }
  })

  test('a broken URL is shown without its password', () => {
    expect(withoutLogin('mqtt://user:secret@ho st')).not.toContain('secret')
    expect(withoutLogin('user:secret@host')).not.toContain('secret')
    expect(withoutLogin('mqtt://user:se/c#r?et@host')).not.toContain('se/c')
  })

  test('certificates that are none are refused', () => {
    expect(() => readAddress(configOf('mqtts://host', { tls: { cert: 'rubbish', key: 'rubbish' } }))).toThrow(
      'certificates cannot be used',
    )
    expect(() => readAddress(configOf('mqtt://host', { tls: { ca: 'x' } }))).toThrow('does not use TLS')
  })
})

describe('faults are sentences', () => {
  const address = readAddress(configOf('mqtt://user:secret@broker.example:1883'))
  const error = (code: string) => Object.assign(new Error('raw'), { code })

  test.each([
    ['ECONNREFUSED', 'Nothing listens on broker.example:1883 (ECONNREFUSED).'],
    ['ENOTFOUND', 'The host "broker.example" is not known (ENOTFOUND).'],
    ['CERT_HAS_EXPIRED', 'has expired'],
    ['EWHATEVER', 'The connection to broker.example:1883 failed: raw (EWHATEVER).'],
  ])('%s', (code, sentence) => {
    expect(socketFault(error(code), address)).toContain(sentence)
  })

  test('for CONNACK and DISCONNECT codes of both versions', () => {
    expect(connackFault(4, address, 'me')).toContain('does not accept this user name or password')
    expect(connackFault(0x86, address, 'me')).toContain('does not accept this user name or password')
    expect(connackFault(0x97, address, 'me')).toContain('Quota exceeded')
    expect(connackFault(0xee, address, 'me')).toContain('reason 0xee')
    expect(disconnectFault(0x8e, address, 'me')).toContain('Another client with the id "me" took over')
  })
})

test('pauses between repeats double up to the longest, are varied, and begin anew after success', () => {
  const low = new Backoff(1000, 30_000, () => 0)
  expect([1, 2, 3, 4, 5, 6, 7].map(() => low.next())).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000])
  low.reset()
  expect(low.next()).toBe(500)
  const high = new Backoff(1000, 30_000, () => 0.999_999)
  expect(high.next()).toBe(1000)
  for (let repeat = 0; repeat < 2000; repeat++) expect(high.next()).toBeLessThanOrEqual(30_000)
})

describe('blame for a connection that the broker ended', () => {
  test('needs three connections that broke at the same message, then three with it alone', () => {
    const blame = new Blame()
    expect([1, 2, 3].map(() => blame.ended([7, 8, 9], false))).toEqual([undefined, undefined, undefined])
    expect(blame.careful).toBe(true)
    expect([1, 2, 3].map(() => blame.ended([7], false))).toEqual([undefined, undefined, 7])
    blame.settled(7)
    expect(blame.careful).toBe(true)
    blame.settled(9)
    expect(blame.careful).toBe(false)
  })

  test('falls on nobody while messages are answered, or while none was sent', () => {
    const blame = new Blame()
    for (let cut = 0; cut < 10; cut++) expect(blame.ended([cut], true)).toBeUndefined()
    for (let cut = 0; cut < 10; cut++) expect(blame.ended([5], true)).toBeUndefined()
    for (let cut = 0; cut < 10; cut++) expect(blame.ended([], false)).toBeUndefined()
    expect(blame.careful).toBe(false)
  })
})

describe('a bounded queue', () => {
  test('drops the oldest by number and by bytes', () => {
    const queue = new BoundedQueue<string>({ messages: 3, bytes: 10 }, (text) => text.length)
    expect(['a', 'b', 'c', 'd'].map((text) => queue.push(text))).toEqual([0, 0, 0, 1])
    expect(queue.push('12345678')).toBe(1)
    expect(queue.push('x'.repeat(11))).toBe(4)
    expect(queue.size).toBe(0)
    expect(queue.shift()).toBeUndefined()
  })

  test('keeps order and bounds its memory over many items', () => {
    const queue = new BoundedQueue<number>({ messages: 5000, bytes: 1e9 }, () => 1)
    let taken = 0
    for (let item = 0; item < 100_000; item++) {
      queue.push(item)
      if (item % 3 > 0 || item > 99_000) expect(queue.shift()).toBe(taken++)
      else if (queue.size === 5000) break
    }
  })
})

describe('pings', () => {
  test('of ours are answered in order, and those of MQTT.js as soon as anything comes', () => {
    const told: string[] = []
    const pings = new Pings(() => told.push('client'))
    pings.pinged(() => told.push('one'))
    pings.clientPinged()
    pings.pinged(() => told.push('two'))
    expect(told).toEqual([])
    pings.alive()
    pings.answered()?.()
    pings.answered()?.()
    pings.answered()?.()
    expect(pings.answered()).toBeUndefined()
    expect(told).toEqual(['client', 'one', 'two'])
  })

  test('of MQTT.js are answered at once while reading is paused', () => {
    let answers = 0
    const pings = new Pings(() => answers++)
    pings.clientPinged()
    pings.pause(true)
    expect(answers).toBe(1)
    pings.clientPinged()
    expect(answers).toBe(2)
    pings.pause(false)
    pings.clientPinged()
    expect(answers).toBe(2)
  })
})
