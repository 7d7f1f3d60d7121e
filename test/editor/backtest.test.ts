import { describe, expect, it } from 'vitest'
import {
  chartPoints,
  fileShape,
  lastedText,
  localTimeText,
  readLocalTime,
  spansOf,
  wireCounts,
} from '../../editor/core/backtest.ts'
import { parseRules, printRules } from '../../editor/core/broker-rules.ts'
import { parseLink, printLink } from '../../editor/core/link.ts'
import { type FlowSource, messagesFor, recordedPayload, restless, withMessage } from '../../editor/core/recording.ts'

describe('the shape of a file of messages', () => {
  it('is told by its first line: sign, columns, time', () => {
    expect(fileShape('Timestamp;"value"\n1;2\n')).toEqual({
      format: 'csv',
      columns: ['Timestamp', 'value'],
      time: 'Timestamp',
      topics: false,
    })
    expect(fileShape('{"topic":"a","ts":1,"v":2}\n{"topic":"b"}')).toEqual({
      format: 'jsonl',
      columns: ['topic', 'ts', 'v'],
      time: 'ts',
      topics: true,
    })
    expect(fileShape('{"broken').columns).toEqual(['{"broken'])
    expect(fileShape('').columns).toEqual([])
  })
})

describe('points of a chart', () => {
  it('break the line where nothing came for long, and nowhere else', () => {
    const time = [0, 1000, 2000, 60_000, 61_000]
    const values = [1, 2, 3, 4, 5]
    const [x, least] = chartPoints({ time, least: values, most: values, width: 500 })
    expect(least).toEqual([1, 2, 3, null, 4, 5])
    expect(x).toHaveLength(6)
    expect(chartPoints({ time: [], least: [], most: [], width: 1 })[0]).toEqual([])
  })
})

describe('what came of a backtest', () => {
  it('is counted on the wires beside the version that it is compared with', () => {
    const counts = wireCounts(
      [
        { from: 'a.out', to: 'b.in', messages: 7 },
        { from: 'b.out', to: 'c.in', messages: 1 },
      ],
      [{ from: 'a.out', to: 'b.in', messages: 5 }],
    )
    expect(counts.get('a.out>b.in')).toEqual({ count: 7, other: 5 })
    expect(counts.get('b.out>c.in')).toEqual({ count: 1 })
  })

  it('belongs to one key of one node', () => {
    const span = { node: 'a', key: 'x', raised: 1, cleared: 2, level: null, value: 1, limit: 1, worst: 1 }
    expect(spansOf([span, { ...span, key: 'y' }, { ...span, node: 'b' }], { node: 'a', key: 'x' })).toEqual([span])
  })

  it('lasted so long that people can read it', () => {
    expect([0, 999, 61_000, 7_260_000, 90_061_000].map(lastedText)).toEqual(['0s', '1s', '1m 1s', '2h 1m', '1d 1h'])
  })
})

describe('messages for a test', () => {
  const sources: FlowSource[] = [
    { id: 'in', title: 'in', outputs: ['in.out'], subscribes: true },
    { id: 'every', title: 'every', outputs: ['every.out'], subscribes: false },
  ]
  const document = { flow: 'a', nodes: [], wires: [{ from: 'every.out', to: 'b.in' }] }

  it('keep their order and distance; what a source made by itself goes to where its wires lead', () => {
    const seen = [
      { port: 'every.out', topic: 'tick', payload: 1, time: 5_260 },
      { port: 'in.out', topic: 'a/b', payload: { c: 1 }, time: 1_000 },
    ]
    expect(messagesFor(seen, document, sources)).toEqual([
      { after: 0, topic: 'a/b', payload: { c: 1 } },
      { after: 4_300, topic: 'tick', payload: 1, to: ['b.in'] },
    ])
    expect(restless(sources)).toEqual(['every'])
  })

  it('have the message of two sources of one topic once, and two equal messages of one source twice', () => {
    const both: FlowSource[] = [...sources, { id: 'too', title: 'too', outputs: ['too.out'], subscribes: true }]
    const seen = (port: string, time: number, payload: unknown = 1) => ({ port, topic: 'a/b', payload, time })
    const all = [seen('in.out', 1000), seen('in.out', 1000), seen('too.out', 1000), seen('too.out', 1003, 2)]
    const messages = all.reduce<ReturnType<typeof withMessage>>((list, one) => withMessage(list, one, both), [])
    expect(messages).toEqual([seen('in.out', 1000), seen('in.out', 1000), seen('too.out', 1003, 2)])
    // What two sources made by themselves goes different ways.
    expect(withMessage([seen('every.out', 1)], seen('other.out', 1), both)).toHaveLength(2)
  })

  it('come from the history with their payload, unless it was cut or is no text', () => {
    const text = '{"c":21.5,"unit":"°C"}'
    expect(recordedPayload({ text, size: Buffer.byteLength(text) })).toEqual({ c: 21.5, unit: '°C' })
    expect(recordedPayload({ text: '"größer"', size: Buffer.byteLength('größer') })).toBe('größer')
    expect(recordedPayload({ text: '{"c":21.5', size: 9000 })).toBeUndefined()
    expect(recordedPayload({ text: '"9 bytes"', size: 9 })).toBeUndefined()
  })

  it('are of a time that is typed as it is here', () => {
    const time = Date.UTC(2026, 6, 1, 12, 30, 15)
    expect(readLocalTime(localTimeText(time))).toBe(time)
    expect([localTimeText(undefined), readLocalTime('')]).toEqual(['', undefined])
  })
})

describe('rules of broker users', () => {
  it('are read from lines and printed again; the first line that is none is told', () => {
    const text = 'both plant/%u/#\nsubscribe a b'
    const parsed = parseRules(`${text}\n\n`)
    expect(parsed).toEqual({
      rules: [
        { action: 'both', filter: 'plant/%u/#' },
        { action: 'subscribe', filter: 'a b' },
      ],
    })
    expect('rules' in parsed && printRules(parsed.rules)).toBe(text)
    expect(parseRules('both a\nread b')).toEqual({ line: 2 })
    expect(parseRules('publish')).toEqual({ line: 1 })
  })
})

describe('a link', () => {
  it('names a flow, or a node of it, and nothing else', () => {
    for (const link of [
      { flow: 'cold-chain', node: undefined },
      { flow: 'a', node: 'too-warm' },
    ])
      expect(parseLink(printLink(link))).toEqual(link)
    for (const hash of ['', '#', '#A', '#a/b/c', '#a/<b>', '#../x']) expect(parseLink(hash)).toBeUndefined()
  })
})
