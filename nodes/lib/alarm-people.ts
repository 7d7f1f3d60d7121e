import { type Command, rulewireError } from '../../engine/node.ts'
import type { AlarmChange, AlarmContext } from './alarm-change.ts'
import { begin, finish, passTime } from './alarm-machine.ts'
import type { AlarmState, Step } from './alarm-state.ts'

/** What a person does to an alarm. Throws COMMAND_REFUSED. */
export function onCommand(
  before: AlarmState | undefined,
  { command, now }: { command: Command; now: number },
  context: AlarmContext,
): Step {
  const { name, key } = command
  const refuse = (detail: string, wanted: string) =>
    rulewireError('COMMAND_REFUSED', { key, command: name, detail, wanted })
  if (before === undefined) throw refuse('nothing is known of it', 'See GET /api/v1/alarms for those that there are.')
  const change = begin(before, now, context)
  passTime(change, now)
  switch (name) {
    case 'acknowledge':
      if (change.state.acked) throw refuse('it is acknowledged already', 'Nothing is left to do.')
      change.acknowledge(now, command.by, command.note)
      break
    case 'note':
      if (command.note === null || command.note.trim() === '')
        throw refuse('there is no text to note', 'Write a note; it is kept in the history of the alarm.')
      change.note(now, command)
      break
    case 'shelve':
      shelve(change, command, now, refuse)
      break
    case 'unshelve':
      if (change.state.shelf === null) throw refuse('it is not shelved', 'Shelve it first, or leave it.')
      change.unshelve(now, command)
      break
    case 'reset':
      if (change.state.condition !== 'LATCHED')
        throw refuse(`it is ${change.state.condition}`, 'An alarm can be reset when it is LATCHED.')
      change.reset(now, command)
      break
    case 'out-of-service':
      if (change.state.out !== null) throw refuse('it is out of service already', 'Nothing is left to do.')
      change.takeOut({ by: command.by, note: command.note, time: now })
      break
    case 'in-service':
      if (change.state.out === null) throw refuse('it is in service', 'Nothing is left to do.')
      change.putIn(now, command)
      break
    default:
      throw refuse('there is no such command', `The commands are: ${alarmCommands.join(', ')}.`)
  }
  return finish(change, now)
}

const alarmCommands = ['acknowledge', 'note', 'shelve', 'unshelve', 'reset', 'out-of-service', 'in-service'] as const

/** What people may do with an alarm now. */
export function commandsOf({ acked, shelf, out, condition }: AlarmState): string[] {
  const possible: Record<(typeof alarmCommands)[number], boolean> = {
    acknowledge: !acked,
    note: true,
    shelve: true,
    unshelve: shelf !== null,
    reset: condition === 'LATCHED',
    // Older states do not say.
    'out-of-service': !out,
    'in-service': Boolean(out),
  }
  return alarmCommands.filter((name) => possible[name])
}

/** [G1] A one-shot ends with the alarm, and like any other after the longest time that is allowed. */
function shelve(
  change: AlarmChange,
  { by, note, values }: Command,
  now: number,
  refuse: (detail: string, wanted: string) => Error,
): void {
  const oneShot = values.oneShot === true
  const longest = now + change.rules.shelveMax
  const until = oneShot ? longest : values.until
  if (typeof until !== 'number')
    throw refuse('"until" is missing', 'Say until when, in UTC milliseconds, or "oneShot".')
  if (until <= now) throw refuse(`"until" (${iso(until)}) has passed`, `Name a time after ${iso(now)}.`)
  if (until > longest)
    throw refuse(`"until" (${iso(until)}) is too far away`, `It can be shelved until ${iso(longest)}.`)
  change.shelve(now, { by, note, until, oneShot })
}

function iso(time: number): string {
  // Times beyond those of the calendar are shown as they are.
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time)
}
