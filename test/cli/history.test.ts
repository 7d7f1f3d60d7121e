import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Packet } from '../../engine/spec/message.ts'
import { BlockBuilder } from '../../engine/store/history-codec.ts'
import { readHistory } from '../../engine/store/history-read.ts'
import { openStore } from '../../engine/store/index.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { rulewire } from './terminal.ts'

const start = Date.UTC(2026, 4, 4, 8)

function packet(second: number, topic: string, payload: string | Uint8Array, more: Partial<Packet> = {}): Packet {
  const received = start + second * 1000
  return {
    connection: 'default',
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retain: false,
    props: {},
    received,
    ...more,
  }
}

/** A data directory with these messages, as an engine would have left it. */
function recorded(packets: readonly Packet[]): string {
  const data = temporaryDirectory('cli-history').path
  const store = openStore(data)
  store.history.putRecording({ connection: 'default', owner: '', filters: ['#'], keep: 86_400_000, size: 1_000_000 })
  const builder = new BlockBuilder()
  for (const one of packets) builder.add(one)
  store.transaction(() => store.history.addStaged(1, builder.finish()))
  store.close()
  return data
}

const all = (data: string) => {
  const reader = readHistory(data)
  const found = [...reader].map(({ payload, connection: _, ...rest }) => ({
    ...rest,
    props: { ...rest.props },
    payload: Buffer.from(payload).toString('base64'),
  }))
  reader.close()
  return found
}

const some = [
  packet(0, 'plant/1/temp', '{"c":20.5}'),
  packet(1, 'plant/2/temp', '1.0', { qos: 0 }),
  packet(2, 'plant/1/name', 'größer', { retain: true }),
  packet(3, 'plant/1/text', '"quoted"', { props: { unit: 'C', n: ['1', '2'] } }),
  packet(4, 'plant/1/raw', new Uint8Array([0, 255, 10])),
  packet(5, 'plant/1/empty', ''),
  packet(6, 'plant/1/json', '{ "spaced": true }', { qos: 2 }),
  packet(7, 'plant/1/flag', 'true'),
]

test('what there is is listed, for people and for programs', async () => {
  const data = recorded(some)
  const { code, out } = await rulewire(['history', '--data', data])
  expect(code).toBe(0)
  const [head = '', line = ''] = out.split('\n')
  expect(head).toMatch(/^connection {2}messages {2}on disk .* topic filters$/)
  expect(line).toMatch(/^default +8 +0\.\d+ kB +0\.15 kB +2026-05-04 08:00:00Z +2026-05-04 08:00:07Z +1d +1 MB +#$/)
  const json = JSON.parse((await rulewire(['history', 'list', '--data', data, '--json'])).out)
  expect(json).toMatchObject([{ connection: 'default', messages: 8, oldest: start }])
  const empty = temporaryDirectory('cli-history').path
  openStore(empty).close()
  expect((await rulewire(['history', '--data', empty])).out).toBe('Nothing is recorded.\n')
})

test('the newest messages of topic filters are shown, in a time', async () => {
  const data = recorded(some)
  const shown = async (...args: string[]) => (await rulewire(['history', 'show', '--data', data, ...args])).out
  expect(await shown('plant/+/temp')).toBe(
    '2026-05-04T08:00:00.000Z  plant/1/temp  {"c":20.5}\n2026-05-04T08:00:01.000Z  plant/2/temp  1.0\n',
  )
  expect(await shown('plant/1/#', '--limit', '1')).toBe('2026-05-04T08:00:07.000Z  plant/1/flag  true\n')
  expect(await shown('--from', '2026-05-04T08:00:02', '--to', '2026-05-04T08:00:03')).toContain('größer')
  expect(await shown('nothing/#')).toBe('')
})

test('an export can be imported, and every message is as it was', async () => {
  const data = recorded(some)
  const file = join(data, 'week.jsonl')
  expect((await rulewire(['history', 'export', '--data', data, '--output', file])).out).toBe(`8 messages in ${file}\n`)
  const { out } = await rulewire(['history', 'export', '--data', data])
  expect(out).toBe(readFileSync(file, 'utf8'))
  expect(out.split('\n')[0]).toBe(
    '{"time":"2026-05-04T08:00:00.000Z","topic":"plant/1/temp","payload":{"c":20.5},"qos":1,"connection":"default"}',
  )
  const other = temporaryDirectory('cli-history').path
  const imported = await rulewire(['history', 'import', file, '--data', other, '--connection', 'plant'])
  expect(imported).toEqual({ code: 0, out: '8 messages imported\n', err: '' })
  expect(all(other)).toEqual(all(data))
  expect((await rulewire(['history', '--data', other])).out).toMatch(
    /\nplant \(imported-messages\) {2}8 .* until cleared/,
  )
})

test('a CSV file is imported in any order of times; lines that cannot be used are told', async () => {
  const data = temporaryDirectory('cli-history').path
  const file = join(data, 'readings.csv')
  writeFileSync(file, 'timestamp,machine,value\n2026-05-04 08:00:02,m1,3\n2026-05-04 08:00:01,m2,4.5\nnever,m1,1\n')
  const { code, out, err } = await rulewire([
    'history',
    'import',
    file,
    '--data',
    data,
    '--topic',
    'machine/{machine}/temp',
  ])
  expect([code, out]).toEqual([1, '2 messages imported\n'])
  expect(err).toContain('"never" is no time')
  expect(err).toContain('1 line could not be used')
  expect(all(data).map(({ topic, received }) => [topic, received - start])).toEqual([
    ['machine/m2/temp', 1000],
    ['machine/m1/temp', 2000],
  ])
})

test('an import waits for no running engine, and a typing error is told', async () => {
  const data = recorded(some)
  const store = openStore(data)
  const file = join(data, 'a.jsonl')
  writeFileSync(file, '{"time":1,"topic":"a","payload":1}\n')
  expect((await rulewire(['history', 'import', file, '--data', data])).err).toContain('DATA_LOCKED')
  store.close()
  expect(await rulewire(['history', 'lst'])).toMatchObject({ code: 2 })
  expect((await rulewire(['history', 'show', 'a/#/b', '--data', data])).err).toContain('TOPIC_FILTER')
  expect((await rulewire(['history', 'import'])).err).toContain('MISSING_ARGUMENT')
})
