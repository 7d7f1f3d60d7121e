import { AlarmChange, type AlarmContext } from './alarm-change.ts'
import { breakLevel, endLevel, isHole, levelDeadline, levelOff, sampleLevel } from './alarm-levels.ts'
import {
  type AlarmRules,
  type AlarmState,
  isOn,
  type LevelState,
  newState,
  rankOf,
  remember,
  type Sample,
  type Step,
  standingOf,
} from './alarm-state.ts'
import { isRaised } from './limit.ts'

/** What a sample does to an alarm; `before` is undefined for the first one of a key. */
export function onSample(before: AlarmState | undefined, sample: Sample, context: AlarmContext): Step {
  const change = begin(before, sample.received, context)
  const time = Math.min(sample.time, sample.received)
  passTime(change, sample.received)
  if (time < change.state.time) takeLate(change, sample)
  else take(change, { ...sample, time })
  return finish(change, sample.received)
}

/** What the passing of time does to an alarm: all that is due by `now`, each at its time. [T1] */
export function onTime(before: AlarmState, now: number, context: AlarmContext): Step {
  const change = begin(before, now, context)
  passTime(change, now)
  return finish(change, now)
}

/** A message whose value cannot be used. [D2] */
export function onBad(
  before: AlarmState | undefined,
  { detail, received, retained = false }: { detail: string; received: number; retained?: boolean },
  context: AlarmContext,
): Step {
  const change = begin(before, received, context)
  passTime(change, received)
  const { state } = change
  const live = !retained || context.rules.tellRetained
  change.set({
    ...(live || isNew(state) ? { heard: received } : {}),
    inputs: remember(state.inputs, [received, received, null, 'bad']),
  })
  // A silence is not ended by what may be old.
  if (live || state.data !== 'STALE') {
    change.set({ detail, dataLive: live || (state.data === 'BAD' && state.dataLive) })
    if (state.data !== 'BAD') change.turnData('BAD', received, live)
  }
  return finish(change, received)
}

/** When time alone changes the alarm; undefined when it does not. */
export function nextDeadline(state: AlarmState, context: AlarmContext): number | undefined {
  return deadlines(state, context)[0]?.at
}

/** Starts a change; the state may come from another config. [T5] */
export function begin(before: AlarmState | undefined, now: number, context: AlarmContext): AlarmChange {
  const { rules } = context
  if (before === undefined) return new AlarmChange(newState(now, rules), now, context)
  const print = rules.fingerprint
  if (print !== undefined && before.fingerprint !== print) {
    const fresh = new AlarmChange({ ...newState(now, rules), ...keptOf(complete(before)) }, now, context)
    fresh.set({ condition: 'NORMAL' })
    if (isOn(before) || before.condition === 'LATCHED') fresh.reset(now, { by: null, note: null })
    return fresh
  }
  const change = new AlarmChange(withKnownLevels(complete(before), rules), now, context)
  // The level that rose is not there any more.
  const rises = Object.values(change.state.levels).some(({ phase }) => phase === 'rising')
  if (before.condition === 'PENDING' && !rises) change.rest(undefined, now)
  return change
}

/** What does not hang on limits and delays: what people did and know, and whether values come. */
function keptOf(before: AlarmState): Partial<AlarmState> {
  const { seq, standingSeq, told, toldAs, shelf, out } = before
  const { data, dataSeq, dataTold, dataLive, detail, heard } = before
  return { seq, standingSeq, told, toldAs, shelf, out, data, dataSeq, dataTold, dataLive, detail, heard }
}

/** A state of an earlier version does not say everything: people know how it stands, as far as they were told at all. */
function complete(state: AlarmState): AlarmState {
  if (state.out !== undefined && state.toldAs !== undefined) return state
  const { seq, told, out = null, dataLive = true, dataSeq = seq, standingSeq = seq } = state
  return { ...state, out, toldAs: told ? standingOf(state) : null, dataLive, dataSeq, standingSeq }
}

/** Everything that is due by `now`, the earliest first. */
export function passTime(change: AlarmChange, now: number): void {
  // Each deadline is gone, or later, once it was dealt with; the limit only guards against a defect.
  for (let count = 0; count < 1000; count++) {
    const [first] = deadlines(change.state, change.context)
    if (first === undefined || first.at > now) break
    change.now = first.at
    first.run(change, first.at, now)
    change.reconcile(first.at)
  }
  change.now = now
}

/** The end of a change: what may be told now is told. */
export function finish(change: AlarmChange, now: number): Step {
  change.reconcile(now)
  return change.step()
}

interface Deadline {
  readonly at: number
  run(change: AlarmChange, at: number, now: number): void
}

function deadlines(state: AlarmState, context: AlarmContext): Deadline[] {
  const { rules } = context
  const found: Deadline[] = []
  const mayEnd = mayDelayEnd(state, context)
  for (const { id } of rules.levels) {
    const at = levelDeadline(state.levels[id] ?? levelOff, state, rules, mayEnd)
    if (at !== undefined) found.push({ at, run: endLevels })
  }
  if (rules.noData !== null && state.data !== 'STALE') {
    found.push({ at: state.heard + rules.noData.after, run: (change, at) => change.goStale(at) })
  }
  if (state.remindAt !== null) found.push({ at: state.remindAt, run: (change, at, now) => change.remind(at, now) })
  if (state.shelf !== null) found.push({ at: state.shelf.until, run: (change, at) => change.unshelve(at) })
  if (state.quietAt !== null) found.push({ at: state.quietAt, run: (change, at) => change.calm(at) })
  if (state.gateAt !== null) found.push({ at: state.gateAt, run: (change, at) => change.reconcile(at) })
  // A stable sort: levels go first, so that what is told is how it stands.
  return found.sort((left, right) => left.at - right.at)
}

/** [D3] [T4] */
function mayDelayEnd(state: AlarmState, { rules, started }: AlarmContext): boolean {
  if (state.data !== 'FRESH') return false
  return !rules.confirm || (state.fresh !== null && state.fresh >= started)
}

/** All levels that are due at a time go together. */
function endLevels(change: AlarmChange, at: number): void {
  const { state, rules, context } = change
  const mayEnd = mayDelayEnd(state, context)
  const levels = eachLevel(rules, state, (level) =>
    levelDeadline(level, state, rules, mayEnd) === at ? endLevel(level, state, rules, mayEnd) : level,
  )
  judge(change, levels, at)
}

function take(change: AlarmChange, sample: Sample): void {
  const { rules } = change
  const { value, time, received, retained = false, active = true } = sample
  const live = !retained || rules.tellRetained
  const isFirst = isNew(change.state)
  const outcome = retained ? 'retained' : isBeyond(value, rules) ? 'beyond' : 'good'
  const broken = isHole(change.state, time, rules)
    ? eachLevel(rules, change.state, (level) => breakLevel(level, time))
    : change.state.levels
  if (broken !== change.state.levels) judge(change, broken, time)
  change.set({
    value,
    time,
    received,
    live,
    suppressed: !active,
    inputs: remember(change.state.inputs, [time, received, value, outcome]),
    ...(live ? { fresh: received } : {}),
    // A retained message is no sign of life, but a key that is new has to be missed some day.
    ...(live || isFirst ? { heard: received } : {}),
  })
  if (live && change.state.data !== 'FRESH') change.turnData('FRESH', received, change.state.dataTold)
  const mayEnd = mayDelayEnd(change.state, change.context)
  judge(
    change,
    eachLevel(rules, change.state, (level, own) => sampleLevel(level, sample, { level: own, rules, mayEnd })),
    time,
  )
}

/** [T3] */
function takeLate(change: AlarmChange, { time, received, value, retained = false }: Sample): void {
  const { state, rules } = change
  const inputs = rules.keepLate ? remember(state.inputs, [time, received, value, 'late']) : state.inputs
  change.set({ late: state.late + 1, inputs, ...(retained && !rules.tellRetained ? {} : { heard: received }) })
}

/** No value has come for it yet. */
function isNew({ fresh, value }: AlarmState): boolean {
  return fresh === null && value === null
}

/** What the levels make of the condition. [C1] to [C8] */
function judge(change: AlarmChange, levels: Record<string, LevelState>, time: number): void {
  const { rules, state: before } = change
  noteMisses(change, levels, time)
  change.set({ levels })
  const up = rules.levels.filter(({ id }) => isUp(levels[id]))
  const top = up.at(-1)
  const steady = up.some(({ id }) => levels[id]?.phase === 'on')
  if (top === undefined) {
    if (isOn(before)) change.end(time)
    else change.rest(risingLevel(levels, rules), time)
    return
  }
  if (!isOn(before)) {
    change.raise(top.id, levels[top.id]?.began ?? time, time)
    return
  }
  if (!steady) {
    if (before.condition === 'ACTIVE') change.turn('RECOVERING', time)
    return
  }
  const flapped = before.condition === 'RECOVERING'
  const [rank, last] = [rankOf(top.id, rules), rankOf(before.level, rules)]
  if (rank > last) change.escalate(top.id, levels[top.id]?.began ?? time, time)
  else if (rank < last) change.deescalate(top.id, time)
  else if (flapped) change.turn('ACTIVE', time)
  if (flapped) change.flap(time)
}

/** A level that was rising and is off, while there is no alarm. [C2] */
function noteMisses(change: AlarmChange, levels: Record<string, LevelState>, time: number): void {
  const { state, rules } = change
  if (isOn(state)) return
  for (const { id } of rules.levels) {
    const before = state.levels[id]
    if (before?.phase !== 'rising' || levels[id]?.phase !== 'off') continue
    const reason = levels[id].since > state.received || isHole(state, time, rules) ? 'gap' : 'back'
    const miss = { level: id, since: before.began, time: levels[id].since, reason } as const
    change.set({ nearMisses: change.state.nearMisses + 1, misses: remember(change.state.misses, miss) })
  }
}

/** The level that goes on first, if things stay as they are. */
function risingLevel(
  levels: Readonly<Record<string, LevelState>>,
  rules: AlarmRules,
): (LevelState & { id: string }) | undefined {
  return rules.levels
    .flatMap(({ id }) => {
      const level = levels[id]
      return level?.phase === 'rising' ? [{ ...level, id }] : []
    })
    .sort((left, right) => (left.due ?? 0) - (right.due ?? 0))[0]
}

function isUp(level: LevelState | undefined): boolean {
  return level?.phase === 'on' || level?.phase === 'falling'
}

function isBeyond(value: number, rules: AlarmRules): boolean {
  return rules.levels.some(({ limit }) => isRaised(limit, value))
}

function eachLevel(
  rules: AlarmRules,
  { levels }: AlarmState,
  next: (level: LevelState, own: AlarmRules['levels'][number]) => LevelState,
): Record<string, LevelState> {
  return Object.fromEntries(rules.levels.map((own) => [own.id, next(levels[own.id] ?? levelOff, own)]))
}

/** What a level was that is not there any more goes to the lowest one that has nothing. [T5] */
function withKnownLevels(state: AlarmState, rules: AlarmRules): AlarmState {
  const [lowest] = rules.levels
  const known = new Set(rules.levels.map(({ id }) => id))
  const gone = Object.entries(state.levels).filter(([id]) => !known.has(id))
  if (gone.length === 0 || lowest === undefined) return state
  const kept = Object.fromEntries(Object.entries(state.levels).filter(([id]) => known.has(id)))
  const heir = gone.map(([, level]) => level).find(isUp)
  const levels = heir === undefined || isUp(kept[lowest.id]) ? kept : { ...kept, [lowest.id]: heir }
  const level = state.level !== null && known.has(state.level) ? state.level : heir === undefined ? null : lowest.id
  const next = { ...state, levels, level }
  return { ...next, toldAs: state.toldAs === null || level === state.level ? state.toldAs : standingOf(next) }
}
