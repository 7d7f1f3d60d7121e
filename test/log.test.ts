import { describe, expect, test } from 'vitest'
import { createLog, type LogLevel, type LogOptions } from '../engine/log.ts'

/** 12:03:04 of the local time zone. */
const noon = new Date(2025, 0, 2, 12, 3, 4).getTime()

function lines(options: Partial<LogOptions>, ...entries: [LogLevel, string, unknown?][]): string[] {
  const written: string[] = []
  const log = createLog({
    level: 'info',
    format: 'text',
    write: (line) => written.push(line),
    now: () => noon,
    ...options,
  })
  for (const entry of entries) log(...entry)
  return written
}

describe('lines for people', () => {
  test('have time, level, text and data', () => {
    expect(lines({}, ['info', 'flow cold-chain deployed (6 nodes)'], ['warn', 'slow', { ms: 7 }])).toEqual([
      '12:03:04 info  flow cold-chain deployed (6 nodes)\n',
      '12:03:04 warn  slow {"ms":7}\n',
    ])
  })

  test('show an error with its causes', () => {
    const error = new Error('outer', { cause: new Error('inner\u001b[2J') })
    const [line = ''] = lines({}, ['error', 'it failed', error])
    expect(line).toContain('12:03:04 error it failed\n         Error: outer\n')
    expect(line).toContain('because of\n         Error: inner\\u001b[2J\n')
  })

  test.each([
    ['a\nb', 'a\\nb'],
    ['\r\t', '\\r\\t'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\u0000\u007f\u009b', '\\u0000\\u007f\\u009b'],
    ['\u2028\u202e\u2066', '\\u2028\\u202e\\u2066'],
    ['Grüße 你好 🔥', 'Grüße 你好 🔥'],
  ])('show %j as %s', (text, shown) => {
    expect(lines({}, ['info', text])).toEqual([`12:03:04 info  ${shown}\n`])
  })
})

describe('lines for programs', () => {
  test('are one JSON object each', () => {
    const [line = ''] = lines({ format: 'json' }, ['warn', 'a\n\u009b\u202e', { n: 1 }])
    expect(line.split('\n')).toHaveLength(2)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(line.trimEnd()).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/)
    expect(JSON.parse(line)).toEqual({
      time: new Date(noon).toISOString(),
      level: 'warn',
      text: 'a\n\u009b\u202e',
      data: { n: 1 },
    })
  })

  test('hold errors with their causes', () => {
    const error = new TypeError('outer', { cause: new Error('inner') })
    const [line = ''] = lines({ format: 'json' }, ['error', 'it failed', error])
    expect(JSON.parse(line).data).toMatchObject({ error: 'TypeError', text: 'outer', cause: { text: 'inner' } })
  })

  test('survive data that JSON cannot say', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const [first = '', second = ''] = lines({ format: 'json' }, ['info', 'circle', circle], ['info', 'big', { n: 10n }])
    expect(first).toContain('unprintable')
    expect(JSON.parse(second).data).toEqual({ n: '10' })
  })
})

test.each<[LogLevel, number]>([
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
])('level %s lets %i of the four levels through', (level, count) => {
  const entries: [LogLevel, string][] = [
    ['debug', 'd'],
    ['info', 'i'],
    ['warn', 'w'],
    ['error', 'e'],
  ]
  expect(lines({ level }, ...entries)).toHaveLength(count)
})
