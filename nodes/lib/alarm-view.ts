import type { AlarmInput, AlarmReason, AlarmView } from '../../engine/node.ts'
import { countedHits } from './alarm-levels.ts'
import { commandsOf } from './alarm-people.ts'
import { type AlarmRules, type AlarmState, type LevelRules, type LevelState, rankOf } from './alarm-state.ts'
import { isCleared, isRaised, marginOf } from './limit.ts'

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

/** What stands behind the condition: which rule holds, which does not, and by how much. */
export function reasonsOf(state: AlarmState, rules: AlarmRules, now: number): AlarmReason[] {
  const reasons = rules.levels.flatMap((level) => levelReasons(state, level, rules, now))
  const general: (AlarmReason | undefined)[] = [
    {
      level: null,
      rule: 'data',
      holds: state.data === 'FRESH',
      text: detailOf(state, now) ?? `The last value came ${span(now - state.heard)} ago.`,
    },
    gateReason(state, rules, now),
    {
      level: null,
      rule: 'acknowledged',
      holds: state.acked,
      text: state.acked ? 'Nothing waits to be acknowledged.' : 'Nobody has acknowledged it.',
    },
    ...state.misses.map((miss): AlarmReason => {
      const why =
        miss.reason === 'gap' ? 'then nothing came for longer than the longest gap' : 'then the value was back'
      const text = `At ${iso(miss.time)} it had lasted ${span(miss.time - miss.since)}, ${why}.`
      return { level: miss.level, rule: 'nearMiss', holds: false, text }
    }),
  ]
  return [...reasons, ...general.filter((reason) => reason !== undefined)]
}

/** The last inputs in words. */
export function inputsOf({ inputs }: AlarmState): AlarmInput[] {
  return inputs.map(([time, received, value, outcome]) => ({ time, received, value, outcome: outcomes[outcome] }))
}

const outcomes: Readonly<Record<AlarmState['inputs'][number][3], string>> = {
  beyond: 'Beyond the limit.',
  good: 'Not beyond any limit.',
  late: 'Measured before the latest one: it changed nothing.',
  retained: 'Retained: it may be old, so nobody was told.',
  bad: 'No value that can be used.',
}

function levelReasons(state: AlarmState, level: LevelRules, rules: AlarmRules, now: number): AlarmReason[] {
  const { value } = state
  if (value === null) return [{ level: level.id, rule: 'raise', holds: false, text: 'No value has come yet.' }]
  const own = state.levels[level.id]
  const { margin } = marginOf(level.limit, value)
  const beyond = isRaised(level.limit, value)
  const by = beyond ? `beyond the limit by ${margin}` : `not beyond the limit; ${-margin} is missing`
  const reasons: AlarmReason[] = [{ level: level.id, rule: 'raise', holds: beyond, text: `${value} is ${by}.`, margin }]
  if (own !== undefined) reasons.push(...progressReasons(state, own, { level, rules, now }))
  return reasons
}

interface About {
  readonly level: LevelRules
  readonly rules: AlarmRules
  readonly now: number
}

function progressReasons(state: AlarmState, own: LevelState, { level, rules, now }: About): AlarmReason[] {
  const { id } = level
  const reasons: AlarmReason[] = []
  const { count, minSamples } = rules
  if (count !== null && (own.phase === 'off' || own.phase === 'rising')) {
    const found = countedHits(own.hits, now, rules)
    const text = `${found} of ${count.n} values beyond the limit within ${span(count.within)}.`
    reasons.push({ level: id, rule: 'count', holds: found >= count.n, text })
  }
  if (own.phase === 'rising') {
    const left = Math.max(0, (own.due ?? now) - now)
    const text =
      left > 0
        ? `It has to last ${span(left)} more, of ${span(level.onDelay)}.`
        : `The on-delay of ${span(level.onDelay)} is over.`
    reasons.push({ level: id, rule: 'onDelay', holds: left === 0, text, left })
    if (minSamples > 1) {
      const enough = own.samples >= minSamples
      reasons.push({ level: id, rule: 'minSamples', holds: enough, text: `${own.samples} of ${minSamples} values.` })
    }
    if (left === 0 && own.samples >= minSamples && state.data === 'FRESH') {
      reasons.push({ level: id, rule: 'onRestart', holds: false, text: 'It waits for a fresh value after the start.' })
    }
  }
  if (own.phase === 'on' && state.value !== null) {
    const back = isCleared(level.limit, state.value, level.deadband)
    const text = `${state.value} is ${back ? '' : 'not '}back by the deadband of ${level.deadband}.`
    reasons.push({ level: id, rule: 'clear', holds: back, text })
  }
  if (own.phase === 'falling') {
    const left = Math.max(0, (own.due ?? now) - now)
    const text = `It has to be back for ${span(left)} more, of ${span(level.offDelay)}.`
    reasons.push({ level: id, rule: 'offDelay', holds: left === 0, text, left })
  }
  return reasons
}

function gateReason(state: AlarmState, rules: AlarmRules, now: number): AlarmReason {
  const { shelf, out, quietAt, live } = state
  const reason = (holds: boolean, text: string, left?: number): AlarmReason => ({
    level: null,
    rule: 'gate',
    holds,
    text,
    ...(left === undefined ? {} : { left }),
  })
  if (out) return reason(false, `${out.by} took it out of service at ${iso(out.time)}.`)
  if (shelf !== null) return reason(false, `${shelf.by} has shelved it until ${iso(shelf.until)}.`, shelf.until - now)
  if (state.suppressed) return reason(false, 'The expression of "activeWhen" was not true for the last value.')
  if (rules.schedule?.isActive(now) === false) {
    const next = rules.schedule.nextActive(now)
    const until = next === undefined ? '' : ` until ${iso(next)}`
    return reason(false, `The schedule of "activeWhen" keeps it back${until}.`, next === undefined ? next : next - now)
  }
  if (quietAt !== null) return reason(false, `It chatters; people are told when it is quiet.`, quietAt - now)
  if (!live && state.value !== null && !rules.tellRetained) {
    return reason(false, 'The last value was retained; people are told after a live one.')
  }
  return reason(true, 'Nothing keeps it back from people.')
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

function detailOf({ data, detail, heard }: AlarmState, now: number): string | null {
  if (data === 'BAD') return detail ?? 'The last value could not be used.'
  return data === 'STALE' ? `${span(now - heard)} without a value.` : null
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

/** A span of time for people: 2h5m, 3m10s, 500ms. */
function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))}ms`
  let left = Math.round(milliseconds / 1000)
  const parts: string[] = []
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join('')
}
