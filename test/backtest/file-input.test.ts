import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type FileInputOptions, fileInput } from '../../engine/backtest/file-input.ts'
import { decodePayload } from '../../engine/spec/decode.ts'

/** Reads a text cut into pieces of so many bytes. */
async function read(text: string, options: Partial<FileInputOptions> = {}, size = 7) {
  const bytes = Buffer.from(text)
  async function* open() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const input = fileInput({ file: 'f.csv', bytes: bytes.length, open, ...options })
  const packets = []
  for await (const piece of input.pieces()) packets.push(...piece)
  const messages = packets.map((packet) => ({
    time: new Date(packet.received).toISOString(),
    topic: packet.topic,
    payload: decodePayload(packet, 'auto'),
  }))
  return { packets, messages, bad: input.badLines(), done: input.done() }
}

const header = 'timestamp,room,celsius,note\n'
const row = '2026-01-01 00:00:00,attic,20.5,"a, ""b"""\n'

describe('a CSV file', () => {
  it('gives a message for each row, with the columns as fields of the payload', async () => {
    const { messages, bad, done } = await read(header + row, { topic: 'rooms/{room}/climate' })
    expect(messages).toEqual([
      {
        time: '2026-01-01T00:00:00.000Z',
        topic: 'rooms/attic/climate',
        payload: { room: 'attic', celsius: 20.5, note: 'a, "b"' },
      },
    ])
    expect([bad.count, done]).toEqual([0, 1])
  })

  it('gives the fields that a map names, or the cell itself', async () => {
    const mapped = await read(header + row, { topic: 'a', map: { c: 'celsius' } })
    expect(mapped.messages[0]?.payload).toEqual({ c: 20.5 })
    const whole = await read(header + row, { topic: 'a', map: { '.': 'celsius' } })
    expect(whole.messages[0]?.payload).toBe(20.5)
    expect(whole.packets[0] && decodePayload(whole.packets[0], 'text')).toBe('20.5')
  })

  it('is the same however its bytes are cut', async () => {
    const text = `\uFEFF${header}${row.repeat(50)}2026-01-01 00:00:01,käse,1e3,\n`
    const whole = await read(text, { topic: 'rooms/{room}' }, 1_000_000)
    for (const size of [1, 2, 3, 64])
      expect((await read(text, { topic: 'rooms/{room}' }, size)).messages).toEqual(whole.messages)
    expect(whole.messages).toHaveLength(51)
    expect(whole.messages.at(-1)).toMatchObject({ topic: 'rooms/käse', payload: { celsius: 1000 } })
  })

  it('reports lines that cannot be used with their number, and goes on', async () => {
    const text = `${header}${row}yesterday,attic,1,x\n2026-01-01 00:00:02,attic,1\n\n2026-01-01 00:00:03,a/b,1,x\n${row}`
    const { messages, bad } = await read(text, { topic: 'rooms/{room}' })
    expect(messages).toHaveLength(2)
    expect(bad.count).toBe(3)
    expect(bad.first.map(({ line }) => line)).toEqual([3, 4, 6])
    expect(bad.first.map(({ text: why }) => why)).toEqual([
      expect.stringContaining('"yesterday" is no time; write'),
      'it has 3 cells instead of 4',
      expect.stringContaining('"a/b"'),
    ])
  })

  it('is refused as a whole only when no line can be used', async () => {
    const text = `${header}x,attic,1,x\n`
    await expect(read(text, { topic: 'a' })).rejects.toMatchObject({ code: 'INPUT_UNUSABLE' })
    await expect(read(header, { topic: 'a' })).rejects.toMatchObject({ code: 'INPUT_UNUSABLE' })
    await expect(read('', { topic: 'a' })).rejects.toMatchObject({ code: 'INPUT_UNUSABLE' })
  })

  it('must have the columns that the options name, or the answer says which there are', async () => {
    const error = await read(header + row, { topic: 'a', time: 'timestmap' }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'INPUT_COLUMN' })
    expect(error.message).toContain('did you mean "timestamp"?')
    expect(error.hint).toContain('timestamp, room, celsius, note')
    await expect(read(header + row, { topic: 'rooms/{raum}' })).rejects.toMatchObject({ code: 'INPUT_COLUMN' })
    await expect(read(header + row, { topic: 'a', map: { c: 'kelvin' } })).rejects.toMatchObject({
      code: 'INPUT_COLUMN',
    })
    await expect(read(header + row)).rejects.toMatchObject({
      code: 'INPUT_UNUSABLE',
      hint: expect.stringContaining('--topic'),
    })
    await expect(read('1,2\n3,4\n', { topic: 'a' })).rejects.toMatchObject({
      message: expect.stringContaining('none of its columns is called time, timestamp, ts, datetime or date'),
      hint: expect.stringContaining('Say which one is the time (--time): 1, 2.'),
    })
  })

  it('is told as what it is when it is compressed, a spreadsheet or in UTF-16', async () => {
    const kinds = [
      gzipSync(header + row),
      Buffer.from('PK\u0003\u0004 and more'),
      Buffer.from('\uFEFFtime,value\n', 'utf16le'),
      Buffer.from('time\0value'),
    ]
    const details = kinds.map(async (bytes) => {
      const open = async function* () {
        yield bytes
      }
      const error = await read('', { topic: 'a', open }).catch((thrown) => thrown)
      return `${error.code} ${error.message}`
    })
    expect(await Promise.all(details)).toEqual([
      expect.stringContaining('INPUT_UNUSABLE Nothing in f.csv can be used: it is compressed with gzip'),
      expect.stringContaining('it is a ZIP archive or a spreadsheet'),
      expect.stringContaining('it is text in UTF-16'),
      expect.stringContaining('it is no text'),
    ])
  })

  it('without a message in the time that is asked for says of which time its messages are', async () => {
    const error = await read(header + row, { topic: 'a', from: Date.UTC(2027, 0, 1) }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'INPUT_UNUSABLE', hint: expect.stringContaining('from 2026-01-01T00:00:00') })
    expect((await read(header + row, { topic: 'a', to: Date.UTC(2026, 0, 1, 1) })).messages).toHaveLength(1)
  })

  it('with a date and a time in columns of their own takes no date for the whole time', async () => {
    await expect(read('date,time,t\n2026-01-01,12:00:00,7\n', { topic: 'a' })).rejects.toMatchObject({
      message: expect.stringContaining('"12:00:00" is no time'),
    })
  })

  it('may have semicolons and decimal commas, tabs, and a column of topics', async () => {
    const semicolons = await read('time;t\n2026-01-01 00:00:00;20,5\n', { topic: 'a' })
    expect(semicolons.messages[0]?.payload).toEqual({ t: 20.5 })
    const sheet = await read(
      '\uFEFFtime;"a, b, c";t\r\n2026-01-31 06:05;"x";1.234,5\r\n2026-02-01;y;-1,5E-3\r\n',
      { topic: 'a' },
      100,
    )
    expect(sheet.messages).toEqual([
      { time: '2026-01-31T06:05:00.000Z', topic: 'a', payload: { 'a, b, c': 'x', t: 1234.5 } },
      { time: '2026-02-01T00:00:00.000Z', topic: 'a', payload: { 'a, b, c': 'y', t: -0.0015 } },
    ])
    const tabs = await read('ts\ttopic\tt\n1767225600\ta/b\t7\n')
    expect(tabs.messages).toEqual([{ time: '2026-01-01T00:00:00.000Z', topic: 'a/b', payload: { t: 7 } }])
  })

  it.each([
    ['1', 1],
    ['-1.5e3', -1500],
    ['+3', 3],
    ['007', '007'],
    ['12345678901234567890', '12345678901234567890'],
    ['0x10', '0x10'],
    ['true', true],
    ['off', 'off'],
    ['NaN', 'NaN'],
    ['.5', 0.5],
    ['-', '-'],
  ])('has %j in a cell as %j', async (cell, value) => {
    const { messages } = await read(`time,v\n2026-01-01,${cell}\n`, { topic: 'a' })
    expect(messages[0]?.payload).toEqual({ v: value })
  })

  it('leaves out the field of an empty cell', async () => {
    const { messages } = await read('time,a,b\n2026-01-01,,1\n', { topic: 'a' })
    expect(messages[0]?.payload).toEqual({ b: 1 })
  })

  it('may have columns of any name', async () => {
    const { messages } = await read('time,__proto__,constructor\n2026-01-01,1,2\n', { topic: 'a' })
    expect(Object.entries(messages[0]?.payload as object)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
  })

  it('with a quote that is never closed loses that row, and says so', async () => {
    const { messages, bad } = await read(`${header}${row}2026-01-01 00:00:01,"attic,1,x\n${row}`, { topic: 'a' })
    expect(messages).toHaveLength(1)
    expect(bad.count).toBe(1)
  })
})

describe('JSON lines', () => {
  it('are payloads, or messages as they were recorded', async () => {
    const text = [
      '{"time":"2026-01-01T00:00:00Z","topic":"a/b","payload":{"c":1},"qos":2,"retain":true}',
      '{"ts":1767225601,"c":2}',
      '',
      '{"ts":"x"}',
      '[1]',
      '{"c":',
      '{"time":1767225602000,"topic":"a/+","payload":1}',
    ].join('\n')
    const { messages, packets, bad } = await read(text, { fallbackTopic: 'rest' })
    expect(messages).toEqual([
      { time: '2026-01-01T00:00:00.000Z', topic: 'a/b', payload: { c: 1 } },
      { time: '2026-01-01T00:00:01.000Z', topic: 'rest', payload: { ts: 1767225601, c: 2 } },
    ])
    expect(packets[0]).toMatchObject({ qos: 2, retain: true })
    expect(packets[0] && Buffer.from(packets[0].payload).toString()).toBe('{"c":1}')
    expect(bad.first.map(({ line }) => line)).toEqual([4, 5, 6, 7])
  })

  it('take topic, time and fields from their fields, too', async () => {
    const { messages } = await read('{"at":"2026-01-01 01:00","dev":7,"v":1}\n', {
      topic: 'd/{dev}',
      time: 'at',
      zone: 'Europe/Paris',
      map: { value: 'v' },
    })
    expect(messages).toEqual([{ time: '2026-01-01T00:00:00.000Z', topic: 'd/7', payload: { value: 1 } }])
  })

  it('are no JSON array', async () => {
    await expect(read('[{"time":1}]')).rejects.toMatchObject({
      code: 'INPUT_UNUSABLE',
      hint: expect.stringContaining('one JSON object a line'),
    })
  })
})
