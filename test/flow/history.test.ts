import { describe, expect, test } from 'vitest'
import { checkText } from '../../engine/flow/check.ts'
import { printFlow } from '../../engine/flow/print.ts'
import { parseSize } from '../../engine/spec/history.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const nodes = [
  { id: 'one', type: 'mqtt-in', config: { topic: 'plant/{line}/temp', qos: 1 } },
  { id: 'two', type: 'mqtt-in', config: { topic: 'plant/+/temp', qos: 0 } },
  { id: 'three', type: 'mqtt-in', config: { topic: 'other/#', broker: 'plant' } },
]
const check = (history: unknown) =>
  checkText(JSON.stringify({ flow: 'a', history, nodes, wires: [] }), {
    specs: nodeSpecs,
    connections: ['default', 'plant'],
  })

describe('the history of a flow', () => {
  test('is that of its nodes, by connection, unless filters are said', () => {
    const limits = { keep: 30 * 86_400_000, size: 500_000_000, qos: 1 }
    expect(check({}).plan?.history).toEqual([
      { ...limits, connection: undefined, filters: ['plant/+/temp'] },
      { ...limits, connection: 'plant', filters: ['other/#'] },
    ])
    expect(check({ connection: 'plant' }).plan?.history).toEqual([
      { ...limits, connection: 'plant', filters: ['other/#'] },
    ])
    const ofDefault = check({ connection: 'default' }).plan?.history
    expect(ofDefault?.map(({ filters }) => filters)).toEqual([['plant/+/temp']])
    expect(check({ filters: ['x/{y}'], keep: '7d', size: '1.5GB', qos: 0 }).plan?.history).toEqual([
      { keep: 7 * 86_400_000, size: 1_500_000_000, qos: 0, connection: undefined, filters: ['x/+'] },
    ])
    expect(check(undefined).plan).not.toHaveProperty('history')
  })

  test('what is wrong is told with its place and what to write', () => {
    const problems = (history: unknown) =>
      check(history).problems.map(({ code, at, text, hint }) => [code, at, text, hint])
    expect(problems({ filters: ['a/#/b'] })).toEqual([
      ['TOPIC_FILTER', 'history.filters[0]', expect.stringContaining('"a/#/b"'), expect.any(String)],
    ])
    expect(problems({ filters: ['$share/group/a'] })[0]?.[2]).toContain('leave "$share/group/" out')
    expect(problems({ filters: [] })[0]).toEqual([
      'WRONG_VALUE',
      'history.filters',
      expect.stringContaining('empty'),
      expect.any(String),
    ])
    expect(problems({ keep: '30 days' })[0]).toEqual([
      'WRONG_VALUE',
      'history.keep',
      expect.stringContaining('not a duration'),
      expect.stringContaining('7d'),
    ])
    expect(problems({ keep: '10s' })[0]?.[2]).toContain('too short')
    expect(problems({ size: '500' })[0]).toEqual([
      'WRONG_VALUE',
      'history.size',
      expect.stringContaining('not a size'),
      expect.stringContaining('500MB'),
    ])
    expect(problems({ size: '10kB' })[0]?.[2]).toContain('too small')
    expect(problems({ filter: ['a'] })[0]).toEqual([
      'UNKNOWN_FIELD',
      'history.filter',
      expect.stringContaining('filters'),
      expect.any(String),
    ])
    expect(problems({ connection: 'plnt' })[0]).toEqual([
      'BROKER_UNKNOWN',
      'history.connection',
      expect.stringContaining('plant'),
      expect.any(String),
    ])
    expect(problems(true)[0]?.[1]).toBe('history')
  })

  test('is printed behind the description and changes the hash of the plan', () => {
    const { document, plan } = check({ keep: '7d' })
    expect(printFlow(document ?? { flow: '', nodes: [], wires: [] })).toMatch(
      /^\{\n {2}"flow": "a",\n {2}"history": \{ "keep": "7d" \},\n {2}"nodes"/,
    )
    expect(new Set([plan?.hash, check({ keep: '8d' }).plan?.hash, check(undefined).plan?.hash]).size).toBe(3)
  })
})

test('sizes are powers of ten', () => {
  expect(['1kB', '500MB', '1.5GB', '2TB', '5', '5 MB', 'MB', '5mb', '-1MB'].map(parseSize)).toEqual([
    1000,
    500_000_000,
    1_500_000_000,
    2_000_000_000_000,
    ...Array.from({ length: 5 }, () => undefined),
  ])
})
