import fc from 'fast-check'
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { PublishDecoder } from '../../engine/mqtt/decode.ts'
import { encodeAcks, encodeReleases, PublishEncoder } from '../../engine/mqtt/encode.ts'
import { ProtocolFault } from '../../engine/mqtt/faults.ts'
import { FrameCutter } from '../../engine/mqtt/frames.ts'
import { TopicTable } from '../../engine/mqtt/topic-table.ts'

const common = { connection: 'default', epoch: 3, received: 1000 }
const facts = { ...common, identified: true }

function decodeAll(bytes: Buffer, version: 4 | 5) {
  const decoder = new PublishDecoder()
  const found: ReturnType<PublishDecoder['decode']>[] = []
  const cutter = new FrameCutter(1_000_000, (_, frame, start, body, end) => {
    found.push(decoder.decode(version, frame, start, body, end, facts))
  })
  cutter.feed(bytes)
  return found
}

function parseAll(bytes: readonly Buffer[], version: number): Packet[] {
  const packets: Packet[] = []
  const decoder = parser({ protocolVersion: version })
  decoder.on('packet', (packet) => packets.push(packet))
  decoder.on('error', (error) => {
    throw error
  })
  for (const buffer of bytes) decoder.parse(buffer)
  return packets
}

const version = fc.constantFrom<4 | 5>(4, 5)
const topic = fc.oneof(
  fc.constantFrom('a', 'sensors/s-0042/climate', 'ö/ü/€', '\u{1f600}/x', 't'.repeat(300)),
  fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((text) => !/[+#\0]/.test(text)),
)
const payload = fc.oneof(
  fc.string({ maxLength: 200, unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom('', 'x'.repeat(127), 'é'.repeat(100), '€'.repeat(6000), 'x'.repeat(70_000), new Uint8Array(20_000)),
)
// mqtt-packet loses an empty value of a name that stands twice, so lists have none here; see the test of its own.
const props = fc.option(
  fc.dictionary(
    fc.string({ minLength: 1, maxLength: 5 }).filter((name) => name !== '__proto__'),
    fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 3 }),
    ),
    { maxKeys: 3 },
  ),
  { nil: undefined },
)
const message = fc.record({
  topic,
  payload,
  props,
  retain: fc.boolean(),
  qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  packetId: fc.integer({ min: 1, max: 65_535 }),
  duplicate: fc.boolean(),
})

describe('PUBLISH', () => {
  test('that we encode is read by mqtt-packet as it was meant, and by our decoder', () => {
    fc.assert(
      fc.property(version, fc.array(message, { maxLength: 20 }), (protocolVersion, messages) => {
        const encoder = new PublishEncoder()
        encoder.version = protocolVersion
        for (const { qos, packetId, duplicate, ...publish } of messages) {
          expect(encoder.add(publish, qos, qos === 0 ? 0 : packetId, duplicate)).toBeUndefined()
        }
        const buffers = encoder.take().map((buffer) => Buffer.from(buffer))
        const parsed = parseAll(buffers, protocolVersion)
        const decoded = decodeAll(Buffer.concat(buffers), protocolVersion)
        expect(parsed.length).toBe(messages.length)
        expect(decoded.length).toBe(messages.length)
        for (const [index, sent] of messages.entries()) {
          const bytes = Buffer.from(sent.payload as string) // a Uint8Array is copied as it is
          const wanted = protocolVersion === 5 ? { ...(sent.props ?? {}) } : {}
          const packet = parsed[index] as IPublishPacket // the encoder makes nothing else
          expect([packet.cmd, packet.topic, packet.qos, packet.retain, packet.dup]).toEqual([
            'publish',
            sent.topic,
            sent.qos,
            sent.retain,
            sent.duplicate,
          ])
          expect(Buffer.from(packet.payload as Buffer).equals(bytes)).toBe(true)
          expect({ ...(packet.properties?.userProperties ?? {}) }).toEqual(wanted)
          const ours = decoded[index]
          expect(ours).toMatchObject({
            topic: sent.topic,
            qos: sent.qos,
            retain: sent.retain,
            duplicate: sent.duplicate,
            ...common,
          })
          expect(ours?.packetId).toBe(sent.qos === 0 ? 0 : sent.packetId)
          expect(Buffer.from(ours?.payload ?? []).equals(bytes)).toBe(true)
          expect({ ...(ours?.props ?? {}) }).toEqual(wanted)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('with subscription identifiers and further properties is decoded', () => {
    const bytes = generate(
      {
        cmd: 'publish',
        topic: 'a',
        payload: 'x',
        qos: 1,
        messageId: 5,
        dup: true,
        retain: false,
        properties: {
          subscriptionIdentifier: [7, 300],
          contentType: 'json',
          messageExpiryInterval: 9,
          userProperties: { a: ['1', '2'], b: '3' },
        },
      },
      { protocolVersion: 5 },
    )
    const [packet] = decodeAll(bytes, 5)
    expect(packet?.subscriptions).toEqual([7, 300])
    expect({ ...packet?.props }).toEqual({ a: ['1', '2'], b: '3' })
    expect(packet?.size).toBe(bytes.length)
    expect(Buffer.from(packet?.payload ?? []).toString()).toBe('x')
  })

  test('keeps empty values of a property that stands twice', () => {
    const encoder = new PublishEncoder()
    encoder.version = 5
    encoder.add({ topic: 'a', payload: 'x', retain: false, props: { a: ['', 'b', ''], c: [], d: '' } }, 0, 0, false)
    const [packet] = decodeAll(Buffer.concat(encoder.take()), 5)
    expect({ ...packet?.props }).toEqual({ a: ['', 'b', ''], d: '' })
    expect(Buffer.from(packet?.payload ?? []).toString()).toBe('x')
  })

  test.each([
    ['topic alias', [0x30, 7, 0, 1, 65, 3, 35, 0, 1], 'a topic alias came'],
    ['unknown property', [0x30, 6, 0, 1, 65, 2, 99, 0], 'unknown property 99'],
    ['property that is cut short', [0x30, 6, 0, 1, 65, 2, 38, 0], 'cut short'],
    ['length of properties beyond the packet', [0x30, 5, 0, 1, 65, 9, 38], 'cut short'],
  ])('with a %s is a fault', (_, bytes, reason) => {
    expect(() => decodeAll(Buffer.from(bytes), 5)).toThrow(reason)
  })

  test.each([
    ['that is cut short', [0x30, 2, 0, 5]],
    ['without a topic', [0x30, 3, 0, 0, 65]],
    ['of QoS 3', [0x36, 5, 0, 1, 65, 0, 1]],
    ['with packet id 0', [0x32, 5, 0, 1, 65, 0, 0]],
    ['without room for a packet id', [0x32, 3, 0, 1, 65]],
    ['of one byte', [0x30, 1, 0]],
  ])('%s is a fault', (_, bytes) => {
    expect(() => decodeAll(Buffer.from(bytes), 4)).toThrow(ProtocolFault)
  })

  test('any bytes are a packet or a fault, never anything else', () => {
    fc.assert(
      fc.property(
        version,
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 0, max: 15 }),
        (protocolVersion, rest, flags) => {
          try {
            decodeAll(Buffer.from([0x30 | flags, rest.length, ...rest]), protocolVersion)
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolFault)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('over the limit of the server is refused with both sizes, and nothing is appended', () => {
    const encoder = new PublishEncoder()
    encoder.limit = 100
    expect(encoder.add({ topic: 'a', payload: 'x'.repeat(97), retain: false }, 0, 0, false)).toContain('102 bytes')
    expect(encoder.add({ topic: 'a', payload: 'x'.repeat(1_000_000), retain: false }, 0, 0, false)).toContain(
      'at most 100',
    )
    expect(encoder.take()).toEqual([])
    expect(encoder.add({ topic: 'a', payload: 'x'.repeat(95), retain: false }, 0, 0, false)).toBeUndefined()
    expect(Buffer.concat(encoder.take()).length).toBe(100)
  })

  test.each(['', 'a/+', 'a/#', 'a\0', 'x'.repeat(70_000)])('with the topic %j is refused', (name) => {
    expect(new PublishEncoder().add({ topic: name, payload: '', retain: false }, 0, 0, false)).toContain('the topic')
  })

  test('with a property that is too long is refused', () => {
    const encoder = new PublishEncoder()
    encoder.version = 5
    const publish = { topic: 'a', payload: '', retain: false, props: { long: 'x'.repeat(70_000) } }
    expect(encoder.add(publish, 0, 0, false)).toContain('"long" is longer than 65,535 bytes')
  })
})

test('acks stand in the order given, for this epoch and above QoS 0 only', () => {
  const packet = (changes: object) => ({
    ...decodeAll(generate({ cmd: 'publish', topic: 'a', payload: '', qos: 0, dup: false, retain: false }), 4)[0],
    ...changes,
  })
  const packets = [
    packet({ qos: 1, packetId: 300 }),
    packet({ qos: 0, packetId: 0 }),
    packet({ qos: 2, packetId: 2 }),
    packet({ qos: 1, packetId: 9, epoch: 2 }),
    { type: 'release', connection: 'default', epoch: 3, packetId: 1 },
  ] as Parameters<typeof encodeAcks>[0] // made by hand from a real one
  expect(
    parseAll([encodeAcks(packets, 3) ?? Buffer.alloc(0)], 4).map(({ cmd, messageId }) => [cmd, messageId]),
  ).toEqual([
    ['puback', 300],
    ['pubrec', 2],
    ['pubcomp', 1],
  ])
  expect(encodeAcks(packets.slice(1, 2), 3)).toBeUndefined()
  expect(parseAll([encodeReleases([1, 65_535])], 5).map(({ cmd, messageId }) => [cmd, messageId])).toEqual([
    ['pubrel', 1],
    ['pubrel', 65_535],
  ])
})

test('topics are decoded right, also when they share a slot, and a repeated one gives the same text', () => {
  const table = new TopicTable()
  fc.assert(
    fc.property(fc.array(topic, { minLength: 1, maxLength: 30 }), (names) => {
      for (const name of [...names, ...names]) {
        const bytes = Buffer.from(`..${name}..`)
        expect(table.text(bytes, 2, bytes.length - 2)).toBe(name)
      }
    }),
  )
  for (let index = 0; index < 60_000; index++) {
    const bytes = Buffer.from(`sensors/s-${index}/climate`)
    expect(table.text(bytes, 0, bytes.length)).toBe(`sensors/s-${index}/climate`)
  }
})
