import { describe, expect, test } from 'vitest'
import type { LogLevel } from '../../engine/log.ts'
import { createLog, type LogOptions } from '../../engine/observe/log.ts'

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
    const circle: Record<string, unknown> = { n: 1 }
    circle.self = circle
    const [first = '', second = ''] = lines({ format: 'json' }, ['info', 'circle', circle], ['info', 'big', { n: 10n }])
    expect(JSON.parse(first)).toMatchObject({ text: 'circle', data: { n: 1 } })
    expect(JSON.parse(second)).toMatchObject({ text: 'big', data: { n: 10 } })
  })
})

// What a device, a topic or a browser sends may stand in a line: it must not end it, colour it or turn it round.
test.each(['text', 'json'] as const)('C37: control characters of others are escaped in %s lines', (format) => {
  const attack = `${Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('')}\u2028\u2029\u202e\u2066`
  const error = new Error(attack, { cause: new Error(attack) })
  error.stack = `Error: ${attack.replaceAll('\n', '')}`
  for (const data of [attack, { [attack]: attack }, undefined]) {
    const [line = '', second] = lines({ format }, ['warn', `topic ${attack}`, data])
    expect(second).toBeUndefined()
    expect(line.endsWith('\n')).toBe(true)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(line.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
    if (format === 'json') expect(JSON.parse(line)).toMatchObject({ level: 'warn', text: `topic ${attack}` })
  }
  const [line = ''] = lines({ format }, ['error', 'failed', error])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: only the line ends of an error for people are left
  expect(line).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
})

describe('the level', () => {
  test('can be changed while it runs', () => {
    const written: string[] = []
    const log = createLog({ level: 'warn', format: 'json', write: (line) => written.push(line), now: () => noon })
    log('info', 'before')
    log.level = 'debug'
    log('debug', 'meanwhile')
    log.level = 'error'
    log('warn', 'after')
    expect(log.level).toBe('error')
    expect(written.map((line) => JSON.parse(line).text)).toEqual(['meanwhile'])
  })
})

describe('a line that comes again and again', () => {
  const clocked = (repeats: number) => {
    const clock = { now: noon, due: [] as (() => void)[] }
    const written: string[] = []
    const log = createLog({
      level: 'info',
      format: 'text',
      repeats,
      write: (line) => written.push(line.slice(15).trimEnd()),
      now: () => clock.now,
      later: (_, run) => clock.due.push(run),
    })
    return { clock, written, log }
  }

  test('is written once and counted; the count comes with the first line after its time', () => {
    const { clock, written, log } = clocked(10_000)
    for (let time = 0; time < 5; time++) log('warn', 'no broker')
    log('warn', 'another')
    clock.now += 9_999
    log('warn', 'no broker')
    expect(written).toEqual(['no broker', 'another'])
    clock.now += 1
    log('warn', 'no broker')
    expect(written.slice(2)).toEqual(['no broker (5 times more in 10 s)', 'no broker'])
  })

  test('is told of in time, also when nothing else is logged', () => {
    const { clock, written, log } = clocked(10_000)
    log('info', 'flow deployed')
    expect(clock.due).toHaveLength(0)
    clock.now += 4_000
    log('info', 'flow deployed')
    log('info', 'flow deployed')
    clock.now += 1_000
    log('info', 'another')
    log('info', 'another')
    expect(clock.due).toHaveLength(1)
    clock.now += 9_000
    clock.due.shift()?.()
    expect(written.slice(2)).toEqual(['flow deployed (2 times more in 10 s)'])
    clock.now += 10_000
    clock.due.shift()?.()
    expect(written.slice(3)).toEqual(['another (once more in 10 s)'])
    expect(clock.due).toHaveLength(0)
  })

  test('is another one at another level or with another error', () => {
    const { written, log } = clocked(10_000)
    log('warn', 'it failed', new Error('one'))
    log('error', 'it failed', new Error('one'))
    log('error', 'it failed', new Error('two'))
    expect(written).toHaveLength(3)
  })

  test('is written each time with 0, and after the clock went back', () => {
    const all = clocked(0)
    all.log('info', 'a')
    all.log('info', 'a')
    expect(all.written).toEqual(['a', 'a'])
    const { clock, written, log } = clocked(10_000)
    log('info', 'a')
    clock.now -= 3_600_000
    log('info', 'a')
    expect(written).toEqual(['a', 'a'])
  })

  test('costs a bounded memory when all lines differ', () => {
    const { written, log } = clocked(10_000)
    for (let number = 0; number < 3000; number++) log('info', `line ${number}`)
    log('info', 'line 0')
    expect(written).toHaveLength(3001)
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
