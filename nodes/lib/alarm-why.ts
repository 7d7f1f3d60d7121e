import type { AlarmInput, AlarmReason } from '../../engine/node.ts'
import { countedHits, gapEnd } from './alarm-levels.ts'
import type { AlarmRules, AlarmState, LevelRules, LevelState, NearMiss } from './alarm-state.ts'
import { detailOf, iso, span } from './alarm-words.ts'
import { clearingOf, isCleared, isRaised, marginOf } from './limit.ts'

/** What stands behind the condition: which rule holds, which does not, by how much, and how long it still takes. */
export function reasonsOf(state: AlarmState, rules: AlarmRules, now: number): AlarmReason[] {
  return [
    ...rules.levels.flatMap((level) => levelReasons(state, { level, rules, now })),
    ...(state.condition === 'LATCHED' ? [general('latch', false, 'It stays until a person resets it.')] : []),
    ...dataReasons(state, rules, now),
    ...gateReasons(state, rules, now),
    general(
      'acknowledged',
      state.acked,
      state.acked ? 'Nothing waits to be acknowledged.' : 'Nobody has acknowledged it.',
    ),
    ...state.misses.map((miss) => nearMiss(miss, rules)),
  ]
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

interface About {
  readonly level: LevelRules
  readonly rules: AlarmRules
  readonly now: number
}

/** A reason that concerns all levels. */
function general(rule: string, holds: boolean, text: string, left?: number): AlarmReason {
  return { level: null, rule, holds, text, ...(left === undefined ? {} : { left }) }
}

function levelReasons(state: AlarmState, about: About): AlarmReason[] {
  const { value } = state
  const { id: level, limit } = about.level
  if (value === null) return [{ level, rule: 'raise', holds: false, text: 'No value has come yet.' }]
  const { margin } = marginOf(limit, value)
  const holds = isRaised(limit, value)
  const missing = margin === 0 ? 'it is just at it' : `${-margin} is missing`
  const by = holds ? `beyond the limit by ${margin}` : `not beyond the limit; ${missing}`
  const own = state.levels[level]
  return [
    { level, rule: 'raise', holds, text: `${value} is ${by}.`, margin },
    ...(own === undefined ? [] : progressReasons(state, own, about)),
  ]
}

function progressReasons(state: AlarmState, own: LevelState, about: About): AlarmReason[] {
  switch (own.phase) {
    case 'off':
      return countReasons(own, about)
    case 'rising':
      return [...countReasons(own, about), ...risingReasons(state, own, about)]
    case 'on':
      return [clearReason(state.value ?? 0, about)]
    case 'falling':
      return fallingReasons(state, own, about)
  }
}

function countReasons({ hits }: LevelState, { level, rules, now }: About): AlarmReason[] {
  const { count } = rules
  if (count === null) return []
  const found = countedHits(hits, now, rules)
  const text = `${found} of ${count.n} values beyond the limit within ${span(count.within)}`
  const reason = { level: level.id, rule: 'count', holds: found >= count.n }
  const oldest = hits[hits.length - found]
  if (oldest === undefined) return [{ ...reason, text: `${text}.` }]
  const left = oldest + count.within - now
  return [{ ...reason, text: `${text}; the oldest of them counts for ${span(left)} more.`, left }]
}

function risingReasons(state: AlarmState, own: LevelState, { level, rules, now }: About): AlarmReason[] {
  const { id, onDelay } = level
  const { minSamples, maxGap } = rules
  const left = Math.max(0, (own.due ?? now) - now)
  const text =
    left > 0 ? `It has to last ${span(left)} more, of ${span(onDelay)}.` : `The on-delay of ${span(onDelay)} is over.`
  const enough = own.samples >= minSamples
  const reasons: AlarmReason[] = [{ level: id, rule: 'onDelay', holds: left === 0, text, left }]
  if (minSamples > 1)
    reasons.push({ level: id, rule: 'minSamples', holds: enough, text: `${own.samples} of ${minSamples} values.` })
  if (maxGap !== null) {
    const gap = Math.max(0, gapEnd(state, rules) - now)
    const rest = `Without a value for longer than ${span(maxGap)} it begins anew: ${span(gap)} more.`
    reasons.push({ level: id, rule: 'maxGap', holds: true, text: rest, left: gap })
  }
  return left === 0 && enough ? [...reasons, ...waiting(state, id)] : reasons
}

function fallingReasons(state: AlarmState, own: LevelState, { level, now }: About): AlarmReason[] {
  const { id, offDelay } = level
  const left = Math.max(0, (own.due ?? now) - now)
  const text =
    left > 0
      ? `It has to be back for ${span(left)} more, of ${span(offDelay)}.`
      : `The off-delay of ${span(offDelay)} is over.`
  const reason: AlarmReason = { level: id, rule: 'offDelay', holds: left === 0, text, left }
  return left === 0 ? [reason, ...waiting(state, id)] : [reason]
}

/** Why a delay that is over has not ended. [D3] [T4] */
function waiting({ data }: AlarmState, level: string): AlarmReason[] {
  return data === 'FRESH'
    ? [{ level, rule: 'onRestart', holds: false, text: 'It waits for a fresh value after the start.' }]
    : [{ level, rule: 'data', holds: false, text: 'It waits for a fresh value that can be used.' }]
}

function clearReason(value: number, { level }: About): AlarmReason {
  // Only after a deploy with another limit.
  if (isCleared(level.limit, value, level.deadband))
    return { level: level.id, rule: 'clear', holds: true, text: `${value} is back; the next value decides.` }
  const { at, missing } = clearingOf(level.limit, value, level.deadband)
  const how = missing > 0 ? `; ${missing} is missing` : ''
  return { level: level.id, rule: 'clear', holds: false, text: `${value} is not back: it clears ${at}${how}.` }
}

function dataReasons(state: AlarmState, rules: AlarmRules, now: number): AlarmReason[] {
  const { data, heard, received, time, late } = state
  const ago = now - heard
  const left = rules.noData === null ? undefined : Math.max(0, rules.noData.after - ago)
  const silent = left === undefined ? '' : `; without another one it counts as silent in ${span(left)}`
  const wrong = detailOf(state, now)
  const reasons = [
    wrong === null
      ? general('data', true, `The last value came ${span(ago)} ago${silent}.`, left)
      : general('data', false, wrong),
  ]
  // What came since the latest value was late.
  if (data === 'FRESH' && heard > received) {
    const text = `Since then only values came that were measured before ${iso(time)}: they changed nothing (${late} so far).`
    reasons.push(general('late', false, text))
  }
  return reasons
}

/** All that keeps it back from people; what opens last counts. */
function gateReasons(state: AlarmState, rules: AlarmRules, now: number): AlarmReason[] {
  const { shelf, out, quietAt, live } = state
  const reasons: AlarmReason[] = []
  const closed = (text: string, left?: number) => reasons.push(general('gate', false, text, left))
  if (out) closed(`${out.by} took it out of service at ${iso(out.time)}.`)
  if (shelf !== null) {
    const left = Math.max(0, shelf.until - now)
    const until = shelf.oneShot
      ? `until it clears, for ${span(left)} at most`
      : `for ${span(left)} more, until ${iso(shelf.until)}`
    closed(`${shelf.by} has shelved it ${until}.`, left)
  }
  if (state.suppressed) closed('The expression of "activeWhen" was not true for the last value.')
  if (rules.schedule?.isActive(now) === false) {
    const next = rules.schedule.nextActive(now)
    const left = next === undefined ? undefined : next - now
    const until = next === undefined || left === undefined ? '' : ` for ${span(left)} more, until ${iso(next)}`
    closed(`The schedule of "activeWhen" keeps it back${until}.`, left)
  }
  if (quietAt !== null) {
    const left = Math.max(0, quietAt - now)
    closed(`It chatters; people are told when it was quiet, in ${span(left)} at the earliest.`, left)
  }
  if (!live && state.value !== null && !rules.tellRetained)
    closed('The last value was retained; people are told after a live one.')
  return reasons.length > 0 ? reasons : [general('gate', true, 'Nothing keeps it back from people.')]
}

function nearMiss({ level, since, time, reason }: NearMiss, { levels }: AlarmRules): AlarmReason {
  const { onDelay = 0 } = levels.find(({ id }) => id === level) ?? {}
  const of = onDelay === 0 ? '' : ` of ${span(onDelay)}`
  const why = reason === 'gap' ? 'then nothing came for longer than the longest gap' : 'then the value was back'
  const text = `At ${iso(time)} it had lasted ${span(time - since)}${of}, ${why}.`
  return { level, rule: 'nearMiss', holds: false, text }
}
