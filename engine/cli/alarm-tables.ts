import { escapeControls } from '../log.ts'
import type { Alarm, AlarmLogEntry } from '../server/protocol.ts'
import { nameText } from './alarm-names.ts'
import { columns, paint, type Terminal } from './terminal.ts'
import { spanText, timeText } from './time.ts'

/** A table of alarms with a head; what asks for attention is coloured. `now`: UTC milliseconds. */
export function alarmTable(alarms: readonly Alarm[], terminal: Terminal, now: number): string {
  if (alarms.length === 0) return ''
  const head = ['LEVEL', 'CONDITION', 'FOR', 'ACK', 'VALUE', 'LIMIT', 'ALARM', '']
  const rows = alarms.map((alarm) => [
    alarm.level ?? '-',
    alarm.condition,
    spanText(now - alarm.since),
    ackText(alarm),
    numberText(alarm.value),
    numberText(alarm.limit),
    nameText(alarm),
    hintsOf(alarm, now).join(', '),
  ])
  const [first = '', ...lines] = columns([head, ...rows]).split('\n')
  const painted = lines.map((line, index) => lineOf(line, alarms[index], terminal))
  return `${[paint(terminal, 'dim', first), ...painted].join('\n')}\n`
}

/** All that is known of one alarm, a line each. */
export function alarmLines(alarm: Alarm, now: number): string {
  const { acknowledgement, shelved, outOfService, raised, cleared, due } = alarm
  const who = (one: { by: string; note: string | null }) =>
    `by ${escapeControls(one.by)}${one.note === null ? '' : `: ${escapeControls(one.note)}`}`
  const rows = [
    ['alarm', `${nameText(alarm)} (${escapeControls(alarm.title)})`],
    [
      'condition',
      `${alarm.condition}${alarm.level === null ? '' : ` ${alarm.level}`} for ${spanText(now - alarm.since)}`,
    ],
    ['value', `${numberText(alarm.value)}, limit ${numberText(alarm.limit)}, margin ${numberText(alarm.margin)}`],
    ['data', `${alarm.data}${alarm.detail === null ? '' : `: ${escapeControls(alarm.detail)}`}`],
    ['topic', escapeControls(alarm.topic)],
    ...(raised === null ? [] : [['raised', timeText(raised)]]),
    ...(cleared === null ? [] : [['cleared', timeText(cleared)]]),
    ...(due === null ? [] : [['due', `${timeText(due)} (in ${spanText(due - now)})`]]),
    ['acknowledged', alarm.acknowledged ? 'yes' : 'no'],
    ...(acknowledgement === null
      ? []
      : [['last', `acknowledged ${timeText(acknowledgement.time)} ${who(acknowledgement)}`]]),
    ...(shelved === null ? [] : [['shelved', `until ${timeText(shelved.until ?? 0)} ${who(shelved)}`]]),
    ...(outOfService === null ? [] : [['out of service', `since ${timeText(outOfService.time)} ${who(outOfService)}`]]),
    ['possible', alarm.commands.map((name) => (name === 'acknowledge' ? 'ack' : name)).join(', ')],
  ]
  return `${columns(rows)}\n`
}

/** Transitions, one a line. */
export function historyTable(entries: readonly AlarmLogEntry[]): string {
  const rows = entries.map((entry) => [
    String(entry.id),
    timeText(entry.time),
    entry.transition,
    entry.level ?? '-',
    numberText(entry.value),
    nameText(entry),
    entry.by === null
      ? ''
      : `by ${escapeControls(entry.by)}${entry.note === null ? '' : `: ${escapeControls(entry.note)}`}`,
  ])
  return rows.length === 0 ? '' : `${columns(rows)}\n`
}

/** JSON for programs; what devices sent must not move the cursor when it is shown all the same. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2).split('\n').map(escapeControls).join('\n')}\n`
}

function ackText({ acknowledged, condition }: Alarm): string {
  if (acknowledged) return condition === 'NORMAL' || condition === 'PENDING' ? '' : 'yes'
  return 'NO'
}

function hintsOf(alarm: Alarm, now: number): string[] {
  const { shelved, outOfService, gate, data, due } = alarm
  return [
    ...(outOfService === null ? [] : [`out of service by ${escapeControls(outOfService.by)}`]),
    ...(shelved === null
      ? []
      : [`shelved for ${spanText((shelved.until ?? now) - now)} by ${escapeControls(shelved.by)}`]),
    ...(gate === 'SUPPRESSED' ? ['suppressed'] : []),
    ...(data === 'FRESH' ? [] : [data]),
    ...(due === null ? [] : [`due in ${spanText(due - now)}`]),
  ]
}

function lineOf(line: string, alarm: Alarm | undefined, terminal: Terminal): string {
  if (alarm === undefined || alarm.shelved !== null || alarm.outOfService !== null) return paint(terminal, 'dim', line)
  const active = alarm.condition === 'ACTIVE' || alarm.condition === 'LATCHED' || alarm.condition === 'RECOVERING'
  if (!active) return alarm.acknowledged ? paint(terminal, 'dim', line) : paint(terminal, 'yellow', line)
  return alarm.acknowledged ? line : paint(terminal, alarm.severity > 1 ? 'red' : 'yellow', line)
}

function numberText(value: number | null): string {
  return value === null ? '-' : String(Math.round(value * 1000) / 1000)
}
