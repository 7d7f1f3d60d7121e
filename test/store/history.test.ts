import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RulewireError } from '../../engine/errors.ts'
import type { Packet } from '../../engine/spec/message.ts'
import type { Recording } from '../../engine/store/history.ts'
import {
  type Block,
  BlockBuilder,
  compressBlock,
  decodeBlock,
  decodeTopics,
  decompress,
} from '../../engine/store/history-codec.ts'
import { readHistory } from '../../engine/store/history-read.ts'
import { type EngineStore, openStore } from '../../engine/store/index.ts'
import { Random } from '../jsonata/random.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

function packet(received: number, topic: string, payload: string | Uint8Array, more: Partial<Packet> = {}): Packet {
  const bytes = Buffer.from(payload)
  return { connection: 'default', topic, payload: bytes, qos: 1, retain: false, props: {}, received, ...more }
}

function blockOf(packets: readonly Packet[]): Block {
  const builder = new BlockBuilder()
  for (const one of packets) builder.add(one)
  return builder.finish()
}

/** Comparable: buffers are views into others, whose classes differ. */
function plain({ payload, props, ...rest }: Packet) {
  return { ...rest, props: { ...props }, payload: Buffer.from(payload).toString('base64') }
}

function recordingOf(store: EngineStore, connection = 'default', owner = ''): Recording {
  store.history.putRecording({ connection, owner, filters: ['#'], keep: 1, size: 1 })
  const found = store.history.recordings().find((one) => one.connection === connection && one.owner === owner)
  if (found === undefined) throw new Error('the recording is not there')
  return found
}

async function addChunk(store: EngineStore, { id }: Recording, packets: readonly Packet[]): Promise<void> {
  const chunk = await compressBlock(blockOf(packets))
  store.transaction(() => store.history.addChunk(id, chunk))
}

const anyPacket = fc.record({
  connection: fc.constant('default'),
  topic: fc.oneof(
    fc.constantFrom('a', 'a/b', 'größe/ж', ' ', 'a\0b'),
    fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
  ),
  payload: fc.uint8Array({ maxLength: 300 }),
  qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  retain: fc.boolean(),
  props: fc.oneof(
    fc.constant({}),
    fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2 })), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
  received: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_009_999 }),
    fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
  ),
})

it('any messages come back as they were, staged and compressed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPacket, { minLength: 1, maxLength: 60 }), async (packets) => {
      const block = blockOf(packets)
      const packed = await compressBlock(block)
      const chunk = { ...packed, topics: decompress(packed.topics), data: decompress(packed.data) }
      for (const one of [block, chunk])
        expect(decodeBlock(one, decodeTopics(one.topics), 'default').map(plain)).toEqual(packets.map(plain))
      const times = packets.map(({ received }) => received)
      for (const { first, last, count } of [block, packed])
        expect([first, last, count]).toEqual([Math.min(...times), Math.max(...times), packets.length])
    }),
    { numRuns: 150 },
  )
})

it('the reader merges staged rows and chunks of all recordings by time, and equal times in the order of writing', async () => {
  const store = openStore(':memory:')
  const [one, two] = [recordingOf(store), recordingOf(store, 'plant')]
  await addChunk(store, one, [packet(10, 'a', '1'), packet(20, 'a', '2'), packet(30, 'a', '3')])
  // The clock was set back in between.
  await addChunk(store, one, [packet(25, 'a', '4'), packet(22, 'a', '5'), packet(40, 'a', '6')])
  await addChunk(store, two, [packet(5, 'b', '7'), packet(20, 'b', '8'), packet(50, 'b', '9')])
  store.history.addStaged(one.id, blockOf([packet(40, 'a', '10'), packet(60, 'c', '11')]))
  const reader = readHistory(store.database)
  const all = [...reader].map(({ payload, connection }) => `${Buffer.from(payload)} ${connection}`)
  expect(all).toEqual([
    '7 plant',
    '1 default',
    '2 default',
    '8 plant',
    '5 default',
    '4 default',
    '3 default',
    '6 default',
    '10 default',
    '9 plant',
    '11 default',
  ])
  expect(reader.estimate).toEqual({ messages: 11, first: 5, last: 60 })
  expect(reader.done).toBe(11)
  const texts = (query: Parameters<typeof readHistory>[1]) =>
    [...readHistory(store.database, query)].map(({ payload }) => String(Buffer.from(payload)))
  expect(texts({ from: 22, to: 40 })).toEqual(['5', '4', '3'])
  expect(texts({ connection: 'plant' })).toEqual(['7', '8', '9'])
  expect(texts({ filters: ['b', 'c/#'] })).toEqual(['7', '8', '9', '11'])
  expect(texts({ connection: 'nowhere' })).toEqual([])
  store.close()
})

it('whatever lies in however many parts, the reader gives what a sort of all would give', async () => {
  const seed = 20261123
  const random = new Random(seed)
  for (let round = 0; round < 20; round++) {
    const store = openStore(':memory:')
    const recordings = [recordingOf(store), recordingOf(store, 'default', 'flow'), recordingOf(store, 'plant')]
    const written: Packet[] = []
    for (let part = random.below(12); part >= 0; part--) {
      const recording = random.pick(recordings)
      const start = random.below(500)
      const packets = random.list(1 + random.below(40), (index) =>
        packet(
          start + index + random.below(8),
          random.pick(['a/x', 'a/y', 'b/x', '$SYS/x']),
          `${round} ${part} ${index}`,
          {
            connection: recording.connection,
          },
        ),
      )
      written.push(...packets)
      if (random.chance(0.7)) await addChunk(store, recording, packets)
      else store.history.addStaged(recording.id, blockOf(packets))
    }
    const from = random.below(300)
    const to = from + random.below(300)
    const filters = random.pick([undefined, ['#'], ['a/+'], ['+/x', 'a/#'], ['$SYS/#']])
    const wanted = written.filter(
      ({ topic, received }) =>
        received >= from &&
        received < to &&
        (filters === undefined ||
          filters[0] === '#' ||
          (filters[0] === 'a/+' && topic.startsWith('a/')) ||
          (filters.length === 2 && !topic.startsWith('$') && (topic.endsWith('/x') || topic.startsWith('a/'))) ||
          (filters[0] === '$SYS/#' && topic.startsWith('$SYS/'))),
    )
    const found = [...readHistory(store.database, { from, to, filters })]
    const times = found.map(({ received }) => received)
    expect(times, `seed ${seed}, round ${round}`).toEqual(times.toSorted((a, b) => a - b))
    const key = (one: Packet) => `${one.received} ${one.connection} ${one.topic} ${Buffer.from(one.payload)}`
    expect(found.map(key).sort(), `seed ${seed}, round ${round}`).toEqual(wanted.map(key).sort())
    store.close()
  }
})

it('another process reads while the engine writes and compresses, and sees the history of one moment', async () => {
  const { path } = temporaryDirectory('history')
  const store = openStore(path)
  const recording = recordingOf(store)
  for (let index = 0; index < 10; index++)
    store.transaction(() => store.history.addStaged(recording.id, blockOf([packet(index, 'a', String(index))])))
  const reader = readHistory(path)
  const iterator = reader[Symbol.iterator]()
  expect(iterator.next().value?.received).toBe(0)
  const rows = store.history.staged(recording, { messages: 5, bytes: 1000, time: 1000 })
  if (rows === undefined) throw new Error('nothing is staged')
  const chunk = await compressBlock(blockOf(rows.packets))
  store.transaction(() => {
    store.history.deleteStaged(recording.id, rows.from, rows.to)
    store.history.addChunk(recording.id, chunk)
    store.history.addStaged(recording.id, blockOf([packet(10, 'a', '10')]))
  })
  const rest: number[] = []
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) rest.push(next.value.received)
  expect(rest).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  reader.close()
  const again = readHistory(path)
  expect([...again].map(({ received }) => received)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  again.close()
  store.close()
  // Nobody runs any more.
  const after = readHistory(path)
  expect([...after]).toHaveLength(11)
  after.close()
})

it('a chunk that is damaged is an error that says so, and does not make up messages', async () => {
  const store = openStore(':memory:')
  const recording = recordingOf(store)
  await addChunk(store, recording, [packet(1, 'a', 'x')])
  store.database.prepare("UPDATE rw_history_chunks SET data = x'28b52ffd00'").run()
  expect(() => [...readHistory(store.database)]).toThrow(RulewireError)
  expect(() => [...readHistory(store.database)]).toThrow(/chunk 1 of the history cannot be read/)
  store.close()
})

it('a directory without a database is named', () => {
  expect(() => readHistory('/nowhere/at/all')).toThrow(/nowhere/)
})
