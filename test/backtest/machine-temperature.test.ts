import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { AlarmSpan, BacktestResult } from '../../engine/backtest/result.ts'
import { rulewire } from '../cli/terminal.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

const data = fileURLToPath(new URL('../../../shared/data/nab/', import.meta.url))
const csv = join(data, 'machine_temperature_system_failure.csv')
const page = readFileSync(new URL('../../engine/docs/backtest.md', import.meta.url), 'utf8')
const here = existsSync(csv)
if (!here)
  console.log(
    'The machine temperatures are not here (../shared/data/nab): the figures of engine/docs/backtest.md are not compared.',
  )

/** A command of the page, with the files of this machine. */
function commandOf(name: string, flow = ''): string[] {
  const line = page.split('\n').find((text) => text.startsWith(`rulewire ${name} `) && text.includes('/nab/')) ?? ''
  const words = line.split(' ').slice(1)
  return words.map((word) => (word.includes('/nab/') ? csv : word === 'machine.json' ? flow : word))
}

function windows(): [from: string, to: string][] {
  const all = JSON.parse(readFileSync(join(data, 'windows.json'), 'utf8'))
  return all['machine_temperature_system_failure.csv']
}

/** Alarms of the flow of the page, with another alarm if one is given. */
async function alarms(config?: Record<string, unknown>): Promise<AlarmSpan[]> {
  const document = JSON.parse(/```json\n(\{.*?\n\})\n```/s.exec(page)?.[1] ?? '')
  if (config !== undefined) document.nodes[1].config = { value: 'payload.value', ...config }
  const flow = join(temporaryDirectory('machine').path, 'machine.json')
  writeFileSync(flow, JSON.stringify(document))
  const { code, out, err } = await rulewire([...commandOf('backtest', flow), '--json'])
  expect(err).toBe('')
  expect(code).toBe(0)
  const result: BacktestResult = JSON.parse(out)
  expect(result).toMatchObject({ messages: 22_695, taken: 22_695, badLines: { count: 0 } })
  return result.alarms.spans
}

/** How many alarms stood within each window, and in none of them. */
function counted(spans: readonly AlarmSpan[]) {
  const ranges = windows().map(([from, to]) => [utc(from), utc(to)] as const)
  const isIn = ({ raised, cleared }: AlarmSpan, [from, to]: readonly [number, number]) =>
    raised <= to && (cleared ?? Number.POSITIVE_INFINITY) >= from
  const within = ranges.map((range) => spans.filter((span) => isIn(span, range)).length)
  const outside = spans.filter((span) => !ranges.some((range) => isIn(span, range))).length
  return [...within, outside, spans.length]
}

function utc(text: string): number {
  return Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)
}

describe.skipIf(!here)('the page on backtests', () => {
  it('has the labelled windows that the alarm catches, and how many alarms lie outside of them', async () => {
    const [suggested, nearer] = [await alarms(), await alarms({ raise: '< 55', deadband: 3, onDelay: '10m' })]
    const [left, right] = [counted(suggested), counted(nearer)]
    const names = [
      ...windows().map(([from, to]) => `${from.slice(0, 16)} to ${to.slice(0, 16)}`),
      'outside of them',
      'altogether',
    ]
    const rows = names.map((name, place) => `| ${name} | ${left[place]} | ${right[place]} |`)
    const table = ['| labelled window | `< 50` | `< 55` |', '|---|---|---|', ...rows].join('\n')
    expect(page).toContain(table)
    // "Two of those outside begin within 30 hours of the end of the third window, the third one four days before the final failure."
    const [third, last] = [utc(windows()[2]?.[1] ?? ''), utc(windows()[3]?.[0] ?? '')]
    const after = suggested.filter(({ raised }) => raised > third && raised < last).map(({ raised }) => raised)
    expect(after.map((time) => time - third < 30 * 3_600_000)).toEqual([true, true, false])
    expect(Math.floor((last - (after[2] ?? 0)) / 86_400_000)).toBe(4)
  })

  it('has the alarm that the adviser suggests', async () => {
    const { code, out } = await rulewire([...commandOf('advise'), '--json'])
    expect(code).toBe(0)
    const { candidates, statistics } = JSON.parse(out)
    expect(statistics.count).toBe(22_695)
    expect(candidates.filter((one: { suggested: boolean }) => one.suggested)).toMatchObject([
      { side: 'below', config: { raise: '< 50', deadband: 2.4 }, onDelay: 0, alarms: (await alarms()).length },
    ])
  })
})
