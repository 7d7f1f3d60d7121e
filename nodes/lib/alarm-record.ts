import {
  type AlarmEntry,
  BOOLEAN,
  closedObject,
  NULL,
  NUMBER,
  STRING,
  stringOf,
  TIME,
  type Type,
  union,
} from '../../engine/node.ts'
import { type AlarmConfig, rulesOf } from './alarm-config.ts'
import type { AlarmRules, Transition } from './alarm-state.ts'
import { viewOf } from './alarm-view.ts'

/** What the port `state` names beside the transitions. */
export const conditions = ['NORMAL', 'PENDING', 'ACTIVE', 'RECOVERING'] as const

/** What is only kept: nobody is told of it by `notify`. */
export const untold: readonly string[] = ['ACKED', 'NOTED', 'SHELVED', 'OUT_OF_SERVICE']

/** The transitions that can happen with a config. */
export function eventsOf({ levels = [], latch, remind, flap, noData, onError, onConfigChange }: AlarmConfig): string[] {
  const separate = onError === 'separate-alarm'
  return [
    'RAISED',
    'CLEARED',
    'ACKED',
    'NOTED',
    'SHELVED',
    'UNSHELVED',
    'OUT_OF_SERVICE',
    'IN_SERVICE',
    ...(latch ? ['LATCHED'] : []),
    ...(latch || onConfigChange === 'reset' ? ['RESET'] : []),
    ...(levels.length > 1 ? ['ESCALATED', 'DEESCALATED'] : []),
    ...(remind === undefined ? [] : ['REMINDED']),
    ...(flap === undefined ? [] : ['CHATTERING', 'STEADY']),
    ...(noData === undefined ? [] : ['DATA_STALE']),
    ...(separate ? ['DATA_BAD'] : []),
    ...(separate || noData !== undefined ? ['DATA_OK'] : []),
  ]
}

/** The type of the records that it sends. */
export function recordOf(transitions: readonly string[], config: AlarmConfig): Type {
  const levels = stringOf(...rulesOf(config).levels.map(({ id }) => id))
  // Without a value there is a record only of a first message that could not be used.
  const measured = config.onError === 'separate-alarm' ? union(NUMBER, NULL) : NUMBER
  return closedObject({
    alarmId: STRING,
    key: STRING,
    seq: NUMBER,
    transition: stringOf(...transitions),
    condition: stringOf('UNKNOWN', ...conditions, 'LATCHED'),
    level: config.levels === undefined ? levels : union(levels, NULL),
    value: measured,
    limit: measured,
    margin: measured,
    data: stringOf('FRESH', 'STALE', 'BAD'),
    acknowledged: BOOLEAN,
    time: TIME,
    since: TIME,
    cause: STRING,
    by: union(STRING, NULL),
    note: union(STRING, NULL),
  })
}

/** The same for the alarm log. */
export function entryOf(
  key: string,
  name: string,
  { seq, time, state, by, note }: Transition,
  limit: number | null,
): AlarmEntry {
  const { condition, level, value } = state
  return { key, seq, transition: name, time, condition, level, value, limit, by, note }
}

interface RecordParts {
  readonly alarmId: string
  readonly key: string
  /** Id of the latest message. */
  readonly cause: string
  readonly transition: Transition
  readonly rules: AlarmRules
}

/** What the ports give for a transition. */
export function recordFor({ alarmId, key, cause, transition, rules }: RecordParts) {
  const { name, seq, time, since, by, note, state } = transition
  const { condition, level, value, limit, margin, data, acknowledged } = viewOf(state, '', rules, time)
  return {
    alarmId,
    key,
    seq,
    transition: name,
    condition,
    level,
    value,
    limit,
    margin,
    data,
    acknowledged,
    time,
    since,
    cause,
    by,
    note,
  }
}
