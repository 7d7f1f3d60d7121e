import fc from 'fast-check'
import { generate, type Packet } from 'mqtt-packet'
import { expect, test } from 'vitest'
import { ProtocolFault } from '../../engine/mqtt/faults.ts'
import { FrameCutter } from '../../engine/mqtt/frames.ts'

const limit = 1_000_000

function cut(chunks: readonly Uint8Array[], most = limit): Buffer[] {
  const frames: Buffer[] = []
  const cutter = new FrameCutter(most, (first, bytes, start, body, end) => {
    expect(bytes[start]).toBe(first)
    expect(body - start).toBeGreaterThan(1)
    frames.push(Buffer.from(bytes.subarray(start, end)))
  })
  for (const chunk of chunks) cutter.feed(Buffer.from(chunk))
  return frames
}

function broken(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((left, right) => left - right)
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length))
}

test('packets come out whole, wherever the chunks break', () => {
  const packets = fc.array(
    fc.oneof(
      fc.constant<Packet>({ cmd: 'pingresp' }),
      fc.integer({ min: 1, max: 65_535 }).map((messageId): Packet => ({ cmd: 'puback', messageId })),
      fc.constantFrom(0, 1, 100, 127, 128, 300, 16_370, 16_390, 70_000).map(
        (size): Packet => ({
          cmd: 'publish',
          topic: 'a/b',
          payload: Buffer.alloc(size, 7),
          qos: 0,
          dup: false,
          retain: false,
        }),
      ),
    ),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(packets, fc.array(fc.nat(200_000), { maxLength: 12 }), (sent, places) => {
      const frames = sent.map((packet) => generate(packet))
      expect(cut(broken(Buffer.concat(frames), places))).toEqual(frames)
    }),
    { numRuns: 200 },
  )
})

test('chunks of one byte make the same packets', () => {
  const frames = [
    generate({ cmd: 'publish', topic: 'a', payload: 'x'.repeat(200), qos: 1, messageId: 7, dup: false, retain: false }),
    generate({ cmd: 'pingresp' }),
    generate({ cmd: 'pubrel', messageId: 9 }),
  ]
  const bytes = Buffer.concat(frames)
  expect(cut(Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)))).toEqual(frames)
})

test('a packet over the limit is refused before its bytes have come, in one chunk or byte by byte', () => {
  const start = Buffer.from([0x30, 0xff, 0xff, 0x7f])
  expect(() => cut([start], 1000)).toThrow('a packet of 2097155 bytes came, the limit is 1000')
  expect(() =>
    cut(
      Array.from(start, (byte) => Buffer.from([byte])),
      1000,
    ),
  ).toThrow(ProtocolFault)
})

test('a length of more than four bytes is refused, in one chunk or byte by byte', () => {
  const bytes = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])
  expect(() => cut([bytes], 2 ** 31)).toThrow('more than four bytes')
  expect(() =>
    cut(
      Array.from(bytes, (byte) => Buffer.from([byte])),
      2 ** 31,
    ),
  ).toThrow('more than four bytes')
})

test('any bytes give packets or a fault, never anything else', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), (chunks) => {
      try {
        cut(chunks, 500)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ProtocolFault)
      }
    }),
  )
})
