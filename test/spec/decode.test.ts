import { describe, expect, it } from 'vitest'
import { type Decoding, decodePayload, isDeeperThan, maxJsonDepth } from '../../engine/spec/decode.ts'
import type { Packet } from '../../engine/spec/message.ts'

const utf8 = new TextEncoder()

function packetOf(payload: string | Uint8Array): Packet {
  const bytes = typeof payload === 'string' ? utf8.encode(payload) : payload
  return { connection: 'default', topic: 'a/b', payload: bytes, qos: 1, retain: false, props: {}, received: 0 }
}

function decode(payload: string | Uint8Array, decoding: Decoding = 'auto'): unknown {
  return decodePayload(packetOf(payload), decoding)
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('decoding a payload', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    [' [1, 2] ', [1, 2]],
    ['21.5', 21.5],
    ['-3', -3],
    ['true', true],
    ['null', null],
    ['"text"', 'text'],
    ['\ufeff{"a":1}', { a: 1 }],
  ])('auto reads %j as JSON', (text, value) => {
    expect(decode(text)).toEqual(value)
  })

  it.each(['', ' ', 'ON', 'none', 'false alarm', '{"a":', '12 C', 'NaN', '日本', 'a\ufffdb', '\ufeff'])(
    'auto reads %j as text',
    (text) => {
      expect(decode(text)).toBe(text)
    },
  )

  it('auto gives bytes that are not UTF-8 as they are', () => {
    const bytes = Uint8Array.of(0x7b, 0xff, 0xfe)
    expect(decode(bytes)).toBe(bytes)
  })

  it.each([Uint8Array.of(0xc0, 0xaf), Uint8Array.of(0xed, 0xa0, 0x80), Uint8Array.of(0x61, 0xe2, 0x82)])(
    'text refuses the broken UTF-8 %j',
    (bytes) => {
      expect(() => decode(bytes, 'text')).toThrow('The payload on "a/b" is not text: its bytes are not UTF-8.')
    },
  )

  it('text is not read as JSON', () => {
    expect(decode('{"a":1}', 'text')).toBe('{"a":1}')
  })

  it.each([
    ['20.5', 20.5],
    [' -1e3\n', -1000],
    ['+7', 7],
    ['.5', 0.5],
  ])('number reads %j', (text, value) => {
    expect(decode(text, 'number')).toBe(value)
  })

  it.each(['', 'warm', '0x10', '1e999', 'Infinity', '1,5', '5 C', '"5"'])('number refuses %j', (text) => {
    expect(() => decode(text, 'number')).toThrow(/^The payload on "a\/b" is not a number: it is /)
  })

  it('json names what stands there instead', () => {
    expect(() => decode('OFF', 'json')).toThrow('The payload on "a/b" is not JSON: it starts with "OFF".')
    expect(() => decode('', 'json')).toThrow('The payload on "a/b" is not JSON: it is empty.')
    expect(() => decode('{"a":}', 'json')).toThrow(/^The payload on "a\/b" is not JSON: .*Unexpected token/)
  })

  it('bytes are given as they are', () => {
    const packet = packetOf('{"a":1}')
    expect(decodePayload(packet, 'bytes')).toBe(packet.payload)
    expect(packet.decoded).toBeUndefined()
  })

  it('parses a packet once for all that take it', () => {
    const packet = packetOf('{"a":{"b":1}}')
    const first = decodePayload(packet, 'auto')
    expect(decodePayload(packet, 'json')).toBe(first)
    expect(decodePayload(packet, 'text')).toBe('{"a":{"b":1}}')
    expect(decodePayload(packet, 'auto')).toBe(first)
  })

  it('does not parse a packet of which only the text is wanted', () => {
    const packet = packetOf('{"a":1}')
    decodePayload(packet, 'text')
    expect(packet.decoded?.jsonFault).toBeUndefined()
  })

  it('makes __proto__ a field like any other', () => {
    const value = decode('{"__proto__":{"polluted":true}}')
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })
})

describe('C32: the depth of JSON', () => {
  it('is allowed up to the limit', () => {
    expect(JSON.stringify(decode(nested(maxJsonDepth)))).toBe(nested(maxJsonDepth))
  })

  it.each(['auto', 'json'] as const)('is refused beyond it by %s', (decoding) => {
    const text = 'The payload on "a/b" is not JSON: it is nested deeper than 64 levels.'
    expect(() => decode(nested(maxJsonDepth + 1), decoding)).toThrow(text)
    expect(() => decode('{"a":'.repeat(100_000), decoding)).toThrow(text)
  })

  it('does not count brackets in strings', () => {
    const value = { text: '[{'.repeat(500), quoted: '"[[\\"', path: '\\', more: '['.repeat(100) }
    expect(decode(JSON.stringify(value))).toEqual(value)
  })

  it('does not count brackets beside each other', () => {
    const value = Array.from({ length: 500 }, () => [{}])
    expect(decode(JSON.stringify(value))).toEqual(value)
  })

  it.each([
    ['{"a":"\\\\","b":[[[1]]]}', 3, true],
    ['{"a":"\\\\\\"[[[[","b":[1]}', 3, false],
    ['"[[[[[[[[[[', 3, false],
    ['[[[[[[[[', 3, true],
    ['[[]][[]][[]][[]]', 3, false],
  ])('%s is deeper than %i: %s', (text, limit, deeper) => {
    expect(isDeeperThan(text, limit)).toBe(deeper)
  })
})
