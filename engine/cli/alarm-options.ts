import type { CommandInput } from './command.ts'
import { engineOptions } from './engine-options.ts'
import { flag, integer, text } from './option.ts'
import { moment, span } from './time.ts'

/** The options of all actions of `rulewire alarms`. */
export const alarmOptions = {
  ...engineOptions,
  flow: text({ value: 'FLOW', fallback: undefined, help: 'Only of this flow.' }),
  node: text({ value: 'NODE', fallback: undefined, help: 'Only of this node.' }),
  level: text({ value: 'LEVEL', fallback: undefined, help: 'list, --all: only at this level.' }),
  unacked: flag({ help: 'list, --all: only those that nobody has acknowledged.' }),
  normal: flag({ help: 'list FLOW/NODE: all keys of the node, those that are plain normal too.' }),
  all: flag({ help: 'ack, note, shelve, ...: all alarms that the filters leave and that it can be done to.' }),
  note: text({ value: 'TEXT', fallback: undefined, help: 'ack, note, shelve, ...: kept in the history.' }),
  for: span({ value: 'SPAN', help: 'shelve: for so long, such as 2h.' }),
  'one-shot': flag({ help: 'shelve: until it clears.' }),
  limit: integer({ value: 'N', fallback: 100, least: 1, most: 1000, help: 'list, history: so many.' }),
  before: integer({
    value: 'ID',
    fallback: undefined,
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    help: 'history: only those before this one.',
  }),
  last: span({ value: 'SPAN', help: 'health: the time up to now (default: 7d).' }),
  from: moment({ value: 'TIME', help: 'health: from this time on.' }),
  to: moment({ value: 'TIME', help: 'health: up to this time.' }),
  top: integer({ value: 'N', fallback: 10, least: 1, most: 100, help: 'health: names so many of each kind.' }),
  json: flag({ help: 'Prints JSON, for programs.' }),
}

export type AlarmInput = CommandInput<typeof alarmOptions>

/** One action, with what stands behind its name. */
export type AlarmAction = (input: AlarmInput, words: readonly string[]) => Promise<number>
