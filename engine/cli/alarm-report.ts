import { escapeControls } from '../log.ts'
import type { AlarmHealth, AlarmName, AlarmStanding } from '../server/protocol.ts'
import { nameText } from './alarm-names.ts'
import { columns, counted, paint, type Terminal } from './terminal.ts'
import { spanText, timeText } from './time.ts'

/** Width of the longest bar, characters. */
const widest = 40
/** Lines of the histogram, at most: longer ones are drawn with several spans a line. */
const most = 48

/** The health report as text, with what ISA-18.2 takes for good beside it. */
export function healthText(health: AlarmHealth, terminal: Terminal): string {
  const { from, to, now, oldest, annunciations, perHour, peak, floods, acknowledged, waiting } = health
  const head = (text: string) => `\n${paint(terminal, 'bold', text)}\n`
  const rows = [
    ['period', `${timeText(from)} to ${timeText(to)} (${spanText(to - from)})`],
    ...(oldest === null || oldest > from
      ? [['', oldest === null ? 'no transition is kept' : `the log begins at ${timeText(oldest)}`]]
      : []),
    ['alarms', `${annunciations}, ${rate(perHour)} an hour (good: 6 or fewer; more than 12 is too many)`],
    ['peak', peak === null ? '-' : `${peak.count} within ten minutes from ${timeText(peak.time)} (good: 10 or fewer)`],
    [
      'floods',
      `${counted(floods.blocks, 'ten-minute block')} with more than 10, ${percent(floods.share)} of the time (good: below 1 %)`,
    ],
    ['acknowledged', acknowledgedText(acknowledged)],
    [
      'waiting',
      waiting.count === 0 ? 'none' : `${waiting.count}, the oldest for ${spanText(now - (waiting.since ?? now))}`,
    ],
    ...(health.levels.length < 2
      ? []
      : [['levels', health.levels.map((one) => `${one.level} ${one.count} (${percent(one.share)})`).join(', ')]]),
  ]
  const parts = [`${columns(rows)}\n`]
  if (annunciations > 0) parts.push(head('Over time'), bars(health.histogram))
  parts.push(
    ...list('Most frequent', health.frequent, (one) => [`${one.count}`, percent(one.share), name(one)]),
    ...list('Chattering (three times within a minute)', health.chattering, (one) => [
      counted(one.count, 'time'),
      `last ${timeText(one.last)}`,
      name(one),
    ]),
    ...list('Fleeting (over within a minute, seen by nobody)', health.fleeting, (one) => [
      counted(one.count, 'time'),
      `shortest ${spanText(one.shortest)}`,
      name(one),
    ]),
    ...list('Stale (for more than a day)', health.stale, (one) => standing(one, now)),
    ...list('Shelved', health.shelved, (one) => standing(one, now)),
    ...list('Suppressed', health.suppressed, (one) => standing(one, now)),
    ...list('Out of service', health.outOfService, (one) => standing(one, now)),
  )
  return parts.join('')

  function list<Item>(title: string, items: readonly Item[], row: (item: Item) => string[]): string[] {
    return items.length === 0 ? [] : [head(title), `${columns(items.map(row), '  ')}\n`]
  }
}

function name(one: AlarmName): string {
  return `${nameText(one)} (${escapeControls(one.title)})`
}

function standing(one: AlarmStanding, now: number): string[] {
  const { condition, level, since, until, by, note } = one
  const parts = [
    ...(until === null ? [] : [`for ${spanText(until - now)} more`]),
    ...(by === null ? [] : [`by ${escapeControls(by)}${note === null ? '' : `: ${escapeControls(note)}`}`]),
  ]
  return [`${condition}${level === null ? '' : ` ${level}`}`, spanText(now - since), name(one), parts.join(', ')]
}

function acknowledgedText({ count, mean, median, most: nine, longest }: AlarmHealth['acknowledged']): string {
  if (mean === null || median === null || nine === null || longest === null) return 'none'
  const after = `after ${spanText(mean)} on average, half within ${spanText(median)}, nine of ten within ${spanText(nine)}`
  return `${count}, ${after}, the slowest ${spanText(longest)}`
}

function bars({ span, counts }: AlarmHealth['histogram']): string {
  const each = Math.ceil(counts.length / most)
  const lines: { time: number; count: number }[] = []
  for (let at = 0; at < counts.length; at += each) {
    const group = counts.slice(at, at + each)
    lines.push({ time: group[0]?.time ?? 0, count: group.reduce((sum, { count }) => sum + count, 0) })
  }
  const highest = Math.max(1, ...lines.map(({ count }) => count))
  const rows = lines.map(({ time, count }) => [
    timeText(time).slice(0, 16),
    String(count).padStart(String(highest).length),
    '#'.repeat(Math.ceil((count / highest) * widest)),
  ])
  return `${columns(rows, '  ')}\n  (a line is ${spanText(span * each)})\n`
}

function rate(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 100) / 100)
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
