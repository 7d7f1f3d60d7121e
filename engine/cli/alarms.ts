import { rulewireError, suggestion } from '../errors.ts'
import { escapeControls } from '../log.ts'
import type { AlarmHealth, AlarmHistory, AlarmWhy } from '../server/protocol.ts'
import { acts } from './alarm-acts.ts'
import { checkPlace, filteredAlarms, namesOf, oneName, queryOf, surplus } from './alarm-names.ts'
import { type AlarmAction, alarmOptions } from './alarm-options.ts'
import { healthText } from './alarm-report.ts'
import { alarmLines, alarmTable, historyTable, jsonText } from './alarm-tables.ts'
import { askEngine } from './client.ts'
import { command } from './command.ts'
import { columns, counted, exitCodes } from './terminal.ts'
import { timeText } from './time.ts'

const actions: Readonly<Record<string, AlarmAction>> = { list, show, why, history, health, ...acts }

export const alarmsCommand = command({
  name: 'alarms',
  summary: 'Alarms: list them, acknowledge, note, shelve, reset; their history, why they fired, and a health report.',
  usage:
    '[list | show | why | ack | note | shelve | unshelve | reset | out-of-service | in-service | history | health]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'an action' },
  options: alarmOptions,
  notes: `It talks to the running engine. An alarm is named by FLOW/NODE and its key, or as in events by FLOW/NODE/KEY.

  rulewire alarms list --unacked
  rulewire alarms why cold-chain/too-warm kitchen
  rulewire alarms ack cold-chain/too-warm kitchen cellar --note "on my way"
  rulewire alarms ack --flow cold-chain --all
  rulewire alarms shelve cold-chain/too-warm kitchen --for 2h --note defrosting
  rulewire alarms history cold-chain/too-warm kitchen
  rulewire alarms health --last 30d

Exit code: 0 done, 1 something was refused, 2 wrong usage.`,
  run: (input) => {
    const [name = 'list', ...words] = input.words
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action !== undefined) return action(input, words)
    const names = Object.keys(actions)
    const values = { command: `alarms ${name}`, suggestion: suggestion(name, names), commands: names.join(', ') }
    throw rulewireError('UNKNOWN_COMMAND', values)
  },
})

async function list({ values, terminal }: Parameters<AlarmAction>[0], words: readonly string[]): Promise<number> {
  const [place] = words
  if (words.length > 1) throw surplus('list', words[1] ?? '')
  const named = place === undefined ? undefined : namesOf('list', words)
  const found = await filteredAlarms(named === undefined ? values : { ...values, flow: named.flow, node: named.node })
  const items = found.items.slice(0, values.limit)
  const left = found.left + found.items.length - items.length
  if (values.json) terminal.out(jsonText({ ...found, items, left }))
  else {
    terminal.out(alarmTable(items, terminal, Date.now()))
    const { active, unacknowledged, shelved } = found.counts
    const more = left > 0 ? `; ${left} more are not shown` : ''
    terminal.out(`${active} active, ${unacknowledged} not acknowledged, ${shelved} shelved${more}\n`)
  }
  return exitCodes.ok
}

async function show({ values, terminal }: Parameters<AlarmAction>[0], words: readonly string[]): Promise<number> {
  const found = await askEngine<AlarmWhy>(values, `/alarms/why?${queryOf({ ...oneName('show', words) })}`)
  if (values.json) terminal.out(jsonText(found.alarm))
  else terminal.out(`${alarmLines(found.alarm, Date.now())}${historyTable(found.history)}`)
  return exitCodes.ok
}

async function why({ values, terminal }: Parameters<AlarmAction>[0], words: readonly string[]): Promise<number> {
  const found = await askEngine<AlarmWhy>(values, `/alarms/why?${queryOf({ ...oneName('why', words) })}`)
  if (values.json) {
    terminal.out(jsonText(found))
    return exitCodes.ok
  }
  const { alarm, reasons, inputs } = found
  const rows = reasons.map(({ level, rule, holds, text }) => [
    holds ? 'yes' : 'no',
    level ?? '',
    rule,
    escapeControls(text),
  ])
  terminal.out(`${alarm.condition}${alarm.level === null ? '' : ` ${alarm.level}`}\n${columns(rows, '  ')}\n`)
  if (inputs.length > 0) {
    const lines = inputs.map(({ time, value, outcome }) => [timeText(time), String(value ?? '-'), outcome])
    terminal.out(`last values\n${columns(lines, '  ')}\n`)
  }
  return exitCodes.ok
}

async function history({ values, terminal }: Parameters<AlarmAction>[0], words: readonly string[]): Promise<number> {
  const named = words.length === 0 ? undefined : namesOf('history', words)
  const [key, another] = named?.keys ?? []
  if (another !== undefined) throw surplus('history', another)
  const { flow = values.flow, node = values.node } = named ?? {}
  const query = queryOf({ flow, node, key, limit: values.limit, before: values.before })
  const page = await askEngine<AlarmHistory>(values, `/alarms/history?${query}`)
  // What is kept of a flow that is gone can be read; of one that never was there is nothing.
  if (page.total === 0) await checkPlace(values, flow, node)
  if (values.json) terminal.out(jsonText(page))
  else {
    const shown = page.items.length < page.total ? `, ${page.items.length} of them here` : ''
    terminal.out(`${historyTable(page.items)}${counted(page.total, 'transition')}${shown}\n`)
  }
  return exitCodes.ok
}

async function health({ values, terminal }: Parameters<AlarmAction>[0], words: readonly string[]): Promise<number> {
  const [argument] = words
  if (argument !== undefined) throw surplus('health', argument)
  const { flow, node, last, to, top } = values
  const from = values.from ?? (last === undefined ? undefined : (to ?? Date.now()) - last)
  const report = await askEngine<AlarmHealth>(values, `/alarms/health?${queryOf({ flow, node, from, to, top })}`)
  if (report.annunciations === 0) await checkPlace(values, flow, node)
  terminal.out(values.json ? jsonText(report) : healthText(report, terminal))
  return exitCodes.ok
}
