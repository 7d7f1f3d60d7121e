import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../../engine/cli/run.ts'
import { startEngine } from '../engine/start.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'
import { fakeTerminal, rulewire } from './terminal.ts'

function flow(raise = '> 8') {
  return {
    flow: 'fridges',
    history: { filters: ['fridges/#'] },
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'fridges/{fridge}' } },
      {
        id: 'warm',
        type: 'alarm',
        config: { key: 'params.fridge', value: 'payload.c', raise, deadband: 1, onDelay: '1m' },
      },
    ],
    wires: [{ from: 'in.out', to: 'warm.in' }],
  }
}

/** Two fridges, a value a minute for four hours; one is warm in the second hour, the other a little in the third. */
function csv(): string {
  const rows = Array.from({ length: 240 }, (_, at) => {
    const time = new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString().slice(0, 19).replace('T', ' ')
    return [`${time},bar,${at >= 60 && at < 120 ? 12 : 5}`, `${time},cellar,${at >= 120 && at < 180 ? 9 : 5}`]
  })
  return `when,fridge,c\n${rows.flat().join('\n')}\n`
}

function files() {
  const { path } = temporaryDirectory('backtest')
  const file = (name: string, text: string) => {
    writeFileSync(join(path, name), text)
    return join(path, name)
  }
  const input = file('fridges.csv', csv())
  const draft = file('draft.json', JSON.stringify(flow()))
  const options = ['--input', input, '--topic', 'fridges/{fridge}', '--time', 'when', '--map', 'c=c']
  return { path, file, input, draft, options }
}

describe('rulewire backtest', () => {
  it('prints alarms, charts, messages and what another version does differently', async () => {
    const { draft, options, file } = files()
    const other = file('other.json', JSON.stringify(flow('> 10')))
    const { code, out, err } = await rulewire(['backtest', draft, ...options, '--against', other])
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out).toContain('fridges, 2026-01-01 00:00:00Z to 2026-01-01 03:59:00Z (3h59m)')
    expect(out).toContain('480 messages; 480 reached a node')
    expect(out).toContain('2 alarms (RAISED 2, CLEARED 2)')
    expect(out).toMatch(/warm +bar +2026-01-01 01:01:00Z +59m +alarm +12 +12/)
    expect(out).toMatch(/in\.out +→ +warm\.in +480/)
    expect(out).toMatch(/warm bar: > 8 \(240 values\)/)
    expect(out).toMatch(/alarm └─+█+─+/)
    expect(out).toContain('1 new, 0 gone, 0 moved, 1 the same')
    expect(out).toMatch(/\+ new +warm cellar {2}2026-01-01 02:01:00Z for 59m/)
  })

  it('prints JSON for programs, and writes a page with charts that needs nothing else', async () => {
    const { draft, options, path } = files()
    const html = join(path, 'result.html')
    const { code, out } = await rulewire(['backtest', draft, ...options, '--json', '--html', html])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ flow: 'fridges', messages: 480, alarms: { total: 2 } })
    const page = readFileSync(html, 'utf8')
    expect(page).toContain('<h1>Backtest of fridges</h1>')
    expect(page.match(/<svg /g)).toHaveLength(2)
    expect(page).not.toMatch(/<script|https?:|src=/)
  })

  it('takes only the time that it is told, in the zone that it is told', async () => {
    const { draft, options } = files()
    const range = ['--tz', 'Europe/Paris', '--from', '2026-01-01 01:30', '--to', '2026-01-01 01:40', '--json']
    const { out } = await rulewire(['backtest', draft, ...options, ...range])
    expect(JSON.parse(out)).toMatchObject({ messages: 20, from: Date.UTC(2026, 0, 1, 0, 30), alarms: { total: 1 } })
  })

  it('names lines that cannot be used, and goes on', async () => {
    const { draft, options, file } = files()
    const input = file('broken.csv', `${csv()}tomorrow,bar,1\n2026-01-01 05:00:00,bar\n`)
    const { code, out } = await rulewire(['backtest', draft, ...options, '--input', input])
    expect(code).toBe(0)
    expect(out).toContain('2 lines could not be used:')
    expect(out).toContain('line 482: "tomorrow" is no time; write')
    expect(out).toContain('line 483: it has 2 cells instead of 3')
  })

  const source = ['--input', 'CSV', '--topic', 'a', '--time', 'when']
  it.each([
    [['backtest'], 2, 'MISSING_ARGUMENT'],
    [['backtest', 'nowhere.json'], 1, 'FILE_UNREADABLE'],
    [['backtest', 'DRAFT', '--input', 'nowhere.csv'], 1, 'nowhere.csv cannot be read: it does not exist'],
    [['backtest', 'DRAFT', '--input', 'CSV', '--topic', 'a', '--time', 'what'], 1, 'INPUT_COLUMN'],
    [['backtest', 'DRAFT', '--input', 'CSV', '--topic', 'a', '--time', 'when', '--map', 'c'], 2, 'OPTION_VALUE'],
    [['backtest', 'DRAFT', '--from', 'yesterday'], 2, 'OPTION_VALUE'],
    [['backtest', 'DRAFT', ...source, '--html', '/nowhere/x.html'], 1, 'FILE_UNWRITABLE'],
    [['backtest', 'DRAFT', ...source, '--from', '1d'], 1, 'INPUT_UNUSABLE'],
    [['backtest', 'DRAFT', '--from', '1d', '--to', '2d'], 1, 'BAD_REQUEST'],
    [['backtest', 'DRAFT', '--data', 'DATA'], 1, 'NO_DATABASE'],
    [['backtest', 'DRAFT', '--tz', 'Mars/Base'], 2, 'OPTION_VALUE'],
    [['advise', '--input', 'CSV', '--time', 'when', '--topic', 'a', '--value', '(('], 1, 'EXPRESSION_SYNTAX'],
    [['advise', '--per-day', '0'], 2, 'OPTION_VALUE'],
  ])('%j exits with %i and %s', async (words, code, text) => {
    const { draft, input, path } = files()
    const named: Record<string, string> = { DRAFT: draft, CSV: input, DATA: path }
    const result = await rulewire(words.map((word) => named[word] ?? word))
    expect([result.code, result.err]).toEqual([code, expect.stringContaining(text)])
  })

  it('tells the problems of a flow that cannot run', async () => {
    const { file, options, draft: good } = files()
    const bad = file('bad.json', JSON.stringify({ ...flow(), wires: [{ from: 'in.out', to: 'nobody.in' }] }))
    const { code, err } = await rulewire(['backtest', bad, ...options])
    expect(code).toBe(1)
    expect(err).toMatch(/bad\.json:1:\d+ error WIRE_NOWHERE/)
    const other = await rulewire(['backtest', good, '--against', bad, ...options])
    expect(other.err).toMatch(/bad\.json:1:\d+ error WIRE_NOWHERE/)
  })

  it('shows how far it is where somebody looks, and ends at a signal', async () => {
    const { draft, file } = files()
    const rows = Array.from({ length: 400_000 }, (_, at) => `${1_767_225_600 + at},${at % 20}`)
    const input = file('long.csv', `time,c\n${rows.join('\n')}\n`)
    const terminal = fakeTerminal({}, true)
    const done = run(['backtest', draft, '--input', input, '--topic', 'fridges/bar'], terminal)
    await until(() => terminal.errors.includes('messages ·'), 'progress')
    terminal.signal('SIGINT')
    expect(await done).toBe(130)
    expect(terminal.output).toBe('')
    expect(terminal.errors).toMatch(/\r.*\d+ % · [\d,]+ messages · [\d,]+\/s · 2026-/)
    expect(terminal.errors.endsWith('\r\u001b[K')).toBe(true)
  })

  it('runs a draft over the history of an engine that runs, and compares it with what is deployed there', async () => {
    const { file } = files()
    const test = await startEngine({ fridges: flow() })
    try {
      await until(() => test.engine.health().ready, 'the engine')
      const taken = () => test.engine.statistics()['fridges/in']?.messages ?? 0
      await until(async () => {
        await test.engine.publish({ topic: 'fridges/bar', payload: '{"c":9}', qos: 1, retain: false })
        return taken() > 2
      }, 'messages')
      const draft = file('draft.json', JSON.stringify(flow('> 20')))
      const to = String(Date.now() + 600_000)
      const { code, out, err } = await rulewire([
        'backtest',
        draft,
        '--data',
        test.data,
        '--against',
        'deployed',
        '--to',
        to,
        '--json',
      ])
      expect([code, err]).toEqual([0, ''])
      const result = JSON.parse(out)
      expect(result.messages).toBeGreaterThan(2)
      expect(result.against).toMatchObject({ label: 'deployed' })
      const none = await rulewire(['backtest', draft, '--data', test.data, '--to', '2020-01-01'])
      expect([none.code, none.err]).toEqual([1, expect.stringContaining('NO_HISTORY')])
      const elsewhere = file('elsewhere.json', JSON.stringify(flow()).replaceAll('fridges/', 'cellars/'))
      const other = await rulewire(['backtest', elsewhere, '--data', test.data])
      expect([other.code, other.err]).toEqual([1, expect.stringContaining('no recorded messages of cellars/+ in')])
    } finally {
      await test.close()
    }
  })
})

describe('rulewire advise', () => {
  it('prints a table of candidates, and why one of each side is suggested', async () => {
    const { input } = files()
    const options = ['--input', input, '--time', 'when', '--topic', 'fridges/{fridge}', '--value', 'payload.c']
    const { code, out, err } = await rulewire(['advise', ...options, '--key', 'params.fridge', '--side', 'above'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('480 numbers of 2 keys, from 5 to 12')
    expect(out).toMatch(/raise +deadband +on-delay +alarms +a day/)
    expect(out).toMatch(/→ +> [\d.]+/)
    expect(out).toMatch(/Limit: .+ is above the median 5/)
    expect(out).toMatch(/\{"raise":"> [\d.]+"/)
    const json = await rulewire(['advise', ...options, '--json'])
    expect(
      JSON.parse(json.out).candidates.filter((one: { suggested: boolean }) => one.suggested).length,
    ).toBeGreaterThan(0)
  })
})
