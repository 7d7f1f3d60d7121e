import type { AlarmView } from '../../engine/node.ts'
import { commandsOf } from './alarm-people.ts'
import { type AlarmRules, type AlarmState, rankOf } from './alarm-state.ts'
import { detailOf } from './alarm-words.ts'
import { marginOf } from './limit.ts'

/** An alarm as people see it. */
export function viewOf(state: AlarmState, topic: string, rules: AlarmRules, now: number): AlarmView {
  const { condition, value } = state
  const [only, ...others] = rules.levels
  const level = state.level ?? (others.length === 0 ? (only?.id ?? null) : null)
  const rank = rankOf(level, rules)
  const near = rules.levels[Math.max(rank, 0)]
  const { limit, margin } =
    value === null || near === undefined ? { limit: null, margin: null } : marginOf(near.limit, value)
  return {
    condition,
    data: state.data,
    gate: gateOf(state, rules, now),
    acknowledged: state.acked,
    level,
    severity: condition === 'NORMAL' || condition === 'UNKNOWN' ? 0 : rank + 1,
    value,
    limit,
    margin,
    since: state.since,
    raised: state.raised,
    cleared: state.cleared,
    due: dueOf(state),
    seq: state.seq,
    acknowledgement: state.ack,
    shelved: state.shelf === null ? null : { by: state.shelf.by, until: state.shelf.until, note: state.shelf.note },
    outOfService: state.out ?? null,
    topic,
    detail: detailOf(state, now),
    commands: commandsOf(state),
  }
}

function gateOf({ shelf, out, suppressed }: AlarmState, rules: AlarmRules, now: number): AlarmView['gate'] {
  if (out) return 'OUT_OF_SERVICE'
  if (shelf !== null) return shelf.oneShot ? 'SHELVED_ONESHOT' : 'SHELVED_TIMED'
  return suppressed || rules.schedule?.isActive(now) === false ? 'SUPPRESSED' : 'OPEN'
}

/** When the delay of the condition is over. */
function dueOf({ condition, levels }: AlarmState): number | null {
  if (condition !== 'PENDING' && condition !== 'RECOVERING') return null
  const phase = condition === 'PENDING' ? 'rising' : 'falling'
  const times = Object.values(levels).flatMap((level) => (level.phase === phase && level.due !== null ? level.due : []))
  if (times.length === 0) return null
  // PENDING ends with the first level, RECOVERING with the last.
  return condition === 'PENDING' ? Math.min(...times) : Math.max(...times)
}
