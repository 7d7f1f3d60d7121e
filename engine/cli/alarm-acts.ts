import { RulewireError, rulewireError } from '../errors.ts'
import { escapeControls } from '../log.ts'
import type { Alarm, AlarmCommand, AlarmCommandName } from '../server/protocol.ts'
import { type AlarmRef, filteredAlarms, missing, namesOf, nameText, surplus } from './alarm-names.ts'
import type { AlarmAction, AlarmInput } from './alarm-options.ts'
import { jsonText } from './alarm-tables.ts'
import { askEngine, type EngineTarget } from './client.ts'
import { exitCodes, paint } from './terminal.ts'
import { timeText } from './time.ts'

/** What people can do to alarms: the action as it is written here, what the engine calls it, and how it is told. */
export const acts: Readonly<Record<string, AlarmAction>> = {
  ack: actOf('ack', 'acknowledge', 'acknowledged'),
  note: actOf('note', 'note', 'noted'),
  shelve: actOf('shelve', 'shelve', 'shelved'),
  unshelve: actOf('unshelve', 'unshelve', 'unshelved'),
  reset: actOf('reset', 'reset', 'reset'),
  'out-of-service': actOf('out-of-service', 'out-of-service', 'out of service'),
  'in-service': actOf('in-service', 'in-service', 'in service again'),
}

interface Done extends AlarmRef {
  alarm?: Alarm
  error?: { code: string; text: string; hint: string }
}

/** Does it to what is named or found, one after the other, and prints what was done. 1 when something was refused. */
function actOf(action: string, name: AlarmCommandName, told: string): AlarmAction {
  return async (input, words) => {
    const { values, terminal } = input
    const more = commandOf(action, input)
    const refs = values.all ? await found(action, name, input, words) : named(action, words)
    const done: Done[] = []
    for (const ref of refs) {
      const one = await actOn(values, action, { ...ref, ...more })
      done.push(one)
      if (values.json) continue
      if (one.error === undefined)
        terminal.out(`${nameText(ref)}: ${told}${action === 'shelve' ? howText(one.alarm) : ''}\n`)
      else {
        terminal.err(
          `${nameText(ref)}: ${paint(terminal, 'red', one.error.code)} ${escapeControls(one.error.text)}\n  ${escapeControls(one.error.hint)}\n`,
        )
      }
    }
    if (values.json) terminal.out(jsonText(done))
    else if (refs.length === 0) terminal.out(`There is nothing to ${action}.\n`)
    return done.every(({ error }) => error === undefined) ? exitCodes.ok : exitCodes.problems
  }
}

/** Then the next one would be refused as well. */
const lostEngine: ReadonlySet<string> = new Set(['ENGINE_UNREACHABLE', 'LOGIN_NEEDED', 'SETUP_NEEDED', 'TOKEN_INVALID'])

async function actOn(engine: EngineTarget, action: string, command: AlarmCommand): Promise<Done> {
  const { flow, node, key } = command
  try {
    return { flow, node, key, alarm: await askEngine<Alarm>(engine, `/alarms/${action}`, command) }
  } catch (thrown) {
    // One that is refused does not keep the others from being done; an engine that is gone does.
    if (!(thrown instanceof RulewireError) || lostEngine.has(thrown.code)) throw thrown
    return { flow, node, key, error: { code: thrown.code, text: thrown.message, hint: thrown.hint } }
  }
}

function named(action: string, words: readonly string[]): AlarmRef[] {
  const { flow, node, keys } = namesOf(action, words)
  if (keys.length === 0) throw missing(action, 'a key')
  return keys.map((key) => ({ flow, node, key }))
}

/** With `--all`: those that the filters leave and that allow it now. */
async function found(
  action: string,
  name: AlarmCommandName,
  { values, terminal }: AlarmInput,
  words: readonly string[],
): Promise<AlarmRef[]> {
  const place = words.length === 0 ? undefined : namesOf(action, words)
  const [key] = place?.keys ?? []
  if (key !== undefined) throw surplus(action, key)
  const filter = place === undefined ? values : { ...values, flow: place.flow, node: place.node }
  const { items, left } = await filteredAlarms(filter)
  if (left > 0) terminal.err(`There are ${left} more alarms than are looked at in one go; do it again for them.\n`)
  return items
    .filter((alarm) => alarm.commands.includes(name) && !(name === 'shelve' && alarm.shelved !== null))
    .map((alarm) => ({ flow: alarm.flow, node: alarm.node, key: alarm.key }))
}

function commandOf(action: string, { values, sources }: AlarmInput): Partial<AlarmCommand> {
  const { note } = values
  const who = note === undefined ? {} : { note }
  const oneShot = values['one-shot']
  if (action === 'note' && note === undefined) throw missing(action, '--note TEXT')
  if (action !== 'shelve') {
    const stray = (['for', 'one-shot'] as const).find((option) => sources[option] === 'option')
    if (stray !== undefined) throw surplus(action, `--${stray}`)
    return who
  }
  if (values.for === undefined && !oneShot) throw missing(action, '--for SPAN or --one-shot')
  if (values.for !== undefined && oneShot) {
    const wanted = 'Give one of "--for" and "--one-shot".'
    throw rulewireError('OPTION_VALUE', { option: '--one-shot', found: '', detail: 'there is "--for" too', wanted })
  }
  // The engine's own clock decides; this machine's may differ by a little.
  return { ...who, ...(values.for === undefined ? { oneShot: true } : { until: Date.now() + values.for }) }
}

function howText(alarm: Alarm | undefined): string {
  if (!alarm?.shelved) return ''
  const { until } = alarm.shelved
  const oneShot = alarm.gate === 'SHELVED_ONESHOT' ? ' it clears, at the latest' : ''
  return until === null ? '' : ` until${oneShot} ${timeText(until)}`
}
