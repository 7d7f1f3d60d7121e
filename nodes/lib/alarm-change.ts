import {
  type AlarmRules,
  type AlarmState,
  isOn,
  type OutOfService,
  rankOf,
  type Shelf,
  type Step,
  standingOf,
  type Transition,
} from './alarm-state.ts'

/** What the machine knows beside its state. */
export interface AlarmContext {
  readonly rules: AlarmRules
  /** When the node started to run: UTC milliseconds. */
  readonly started: number
}

type Who = { readonly by: string | null; readonly note: string | null }
const nobody: Who = { by: null, note: null }

/**
 * An alarm while it changes: each method is a step of the table in alarm-SPEC.md. It numbers the transitions and decides who
 * is told. The state that was given is not changed; each transition has its own.
 */
export class AlarmChange {
  state: AlarmState
  /** The clock: a transition may bear the earlier time at which its value was measured. */
  now: number
  readonly rules: AlarmRules
  readonly context: AlarmContext
  readonly #transitions: Transition[] = []

  constructor(state: AlarmState, now: number, context: AlarmContext) {
    this.state = state
    this.now = now
    this.rules = context.rules
    this.context = context
  }

  step(): Step {
    return { state: this.state, transitions: this.#transitions }
  }

  set(changes: Partial<AlarmState>): void {
    this.state = { ...this.state, ...changes }
  }

  /** A condition that only the port `state` shows. */
  turn(condition: AlarmState['condition'], time: number, level: string | null = this.state.level): void {
    this.set({ condition, level, since: time })
    this.#tell(condition, { time, since: time })
  }

  /** [C1] [C2], and what is left when nothing is on. */
  rest(rising: { id: string; began: number } | undefined, time: number): void {
    const { condition } = this.state
    if (condition === 'LATCHED') return
    if (rising === undefined) {
      if (condition === 'PENDING') this.turn('NORMAL', time)
      else if (condition === 'UNKNOWN') this.set({ condition: 'NORMAL', since: time })
    } else if (condition !== 'PENDING') this.turn('PENDING', time, rising.id)
    else this.set({ level: rising.id })
  }

  /** [C3] */
  raise(level: string, began: number, time: number): void {
    this.set({ condition: 'ACTIVE', level, since: time, raised: time, flapCount: 0 })
    this.#unacknowledged()
    this.#stands('RAISED', { time, since: began, event: true, notify: this.#isOpen() }, true)
    this.flap(time, false)
  }

  /** [C4] */
  escalate(level: string, began: number, time: number): void {
    this.set({ condition: 'ACTIVE', level, since: time })
    this.#unacknowledged()
    this.#stands('ESCALATED', { time, since: began, event: true, notify: this.#isOpen() }, true)
  }

  /** [C5] */
  deescalate(level: string, time: number): void {
    this.set({ condition: 'ACTIVE', level, since: time })
    const since = this.state.raised ?? time
    this.#stands('DEESCALATED', { time, since, event: true, notify: this.#isOpen() }, true)
  }

  /** [C8] [K2] */
  end(time: number): void {
    const { latch, requireAck } = this.rules
    const { told, shelf } = this.state
    const since = this.state.raised ?? this.state.since
    const notify = told && this.#isOpen()
    this.set({ since: time, remindAt: null })
    if (latch) {
      this.set({ condition: 'LATCHED' })
      this.#stands('LATCHED', { time, since, event: true, notify }, told)
    } else {
      this.set({ condition: 'NORMAL', cleared: time })
      if (!requireAck) this.set({ acked: true })
      this.#stands('CLEARED', { time, since, event: true, notify }, false)
    }
    if (shelf?.oneShot === true) this.unshelve(time)
  }

  /** [C9] */
  reset(time: number, who: Who): void {
    const notify = this.state.told && this.#isOpen()
    const since = this.state.raised ?? time
    this.set({ condition: 'NORMAL', since: time, cleared: time, acked: true, remindAt: null })
    this.#stands('RESET', { time, since, event: true, notify, who }, false)
    if (this.state.shelf?.oneShot === true) this.unshelve(time)
  }

  /**
   * Counts what flapping is made of. [F1]
   *
   * @param back from RECOVERING, as against RAISED
   */
  flap(time: number, back = true): void {
    const { flap } = this.rules
    if (back) this.set({ flapCount: this.state.flapCount + 1 })
    if (flap === null) return
    const flaps = [...this.state.flaps, this.now].slice(-flap.n)
    this.set({ flaps })
    if (this.state.quietAt !== null) {
      this.set({ quietAt: this.now + flap.quiet })
      return
    }
    const [first = this.now] = flaps
    if (flaps.length < flap.n || this.now - first > flap.within) return
    const notify = this.#isOpen()
    this.set({ quietAt: this.now + flap.quiet })
    this.#tell('CHATTERING', { time, since: first, event: true, notify })
  }

  /** [F2] */
  calm(time: number): void {
    const [first = time] = this.state.flaps
    this.set({ quietAt: null, flaps: [] })
    this.#opened('STEADY', first, time)
  }

  /** [D1] */
  goStale(time: number): void {
    this.set({ detail: null, dataLive: true })
    this.turnData('STALE', time, this.rules.noData?.tell ?? false)
  }

  /** @param tell whether people are told, if the gate lets it through */
  turnData(data: AlarmState['data'], time: number, tell: boolean): void {
    const notify = tell && this.#isGateOpen()
    const since = data === 'STALE' ? this.state.heard : time
    this.set({ data, dataSeq: this.state.seq + 1 })
    if (notify) this.set({ dataTold: data !== 'FRESH' })
    if (data === 'FRESH') this.set({ detail: null, dataLive: true })
    this.#tell(nameOfData(data), { time, since, event: true, notify })
  }

  /** [K3] At most once, however long nobody looked. */
  remind(time: number, now: number): void {
    const { remind } = this.rules
    const { condition, acked, reminders, raised } = this.state
    if (remind === null || acked || !isOn(this.state)) {
      this.set({ remindAt: null })
      return
    }
    const told = condition === 'ACTIVE' && this.#isOpen()
    const left = remind.max - reminders - (told ? 1 : 0)
    const next = time + remind.every > now ? time + remind.every : now + remind.every
    this.set({ reminders: remind.max - left, remindAt: left > 0 ? next : null })
    if (told) this.#known('REMINDED', { time, since: raised ?? time, event: true, notify: true }, true)
  }

  /** [K1] */
  acknowledge(time: number, by: string, note: string | null): void {
    this.set({ acked: true, ack: { by, time, note }, remindAt: null })
    this.#tell('ACKED', { time, since: this.state.raised ?? time, event: true, who: { by, note } })
  }

  /** [K4] */
  note(time: number, who: Who): void {
    this.#tell('NOTED', { time, since: time, event: true, who })
  }

  /** [G1] */
  shelve(time: number, shelf: Shelf): void {
    this.set({ shelf })
    this.#tell('SHELVED', { time, since: time, event: true, who: shelf })
  }

  /** [G1] [G4] */
  unshelve(time: number, who: Who = nobody): void {
    this.set({ shelf: null })
    this.#opened('UNSHELVED', time, time, who)
  }

  /** [G5] */
  takeOut(out: OutOfService): void {
    const { time } = out
    this.set({ out })
    this.#tell('OUT_OF_SERVICE', { time, since: time, event: true, who: out })
  }

  /** [G4] [G5] */
  putIn(time: number, who: Who): void {
    this.set({ out: null })
    this.#opened('IN_SERVICE', time, time, who)
  }

  /** Tells what was withheld, as soon as it may be told; asks to be called when the calendar allows it. [G4] [N2] [N3] */
  reconcile(time: number): void {
    const { raised, standingSeq, dataSeq } = this.state
    const name = this.#withheld()
    const data = this.#withheldData()
    if (name !== undefined && this.#isOpen()) {
      const is = name !== 'CLEARED'
      this.#known(name, { time, since: raised ?? time, repeat: standingSeq, notify: true }, is)
    }
    if (data !== undefined && this.#isGateOpen()) {
      this.set({ dataTold: this.state.data !== 'FRESH' })
      const since = this.state.data === 'STALE' ? this.state.heard : time
      this.#tell(data, { time, since, repeat: dataSeq, notify: true })
    }
    const { quietAt, live, shelf, out, suppressed } = this.state
    const waits = data !== undefined || (name !== undefined && quietAt === null && live)
    const byCalendar = waits && shelf === null && out === null && !suppressed && !this.#isGateOpen()
    const next = byCalendar ? this.rules.schedule?.nextActive(time) : undefined
    const gateAt = next === undefined || next <= time ? null : next
    if (gateAt !== this.state.gateAt) this.set({ gateAt })
  }

  /** What people would have to be told of the alarm; undefined when they know how it stands. */
  #withheld(): string | undefined {
    const { condition, level, told, toldAs } = this.state
    // It may be over in a moment.
    if (condition === 'RECOVERING') return undefined
    const is = isOn(this.state) || condition === 'LATCHED'
    if (!is) return told ? 'CLEARED' : undefined
    if (!told) return condition === 'LATCHED' ? 'LATCHED' : 'RAISED'
    if (toldAs === null || toldAs === standingOf(this.state)) return undefined
    if (condition === 'LATCHED' || toldAs === 'LATCHED') return condition === 'LATCHED' ? 'LATCHED' : 'RAISED'
    const before = rankOf(toldAs.slice('ACTIVE '.length), this.rules)
    return before < rankOf(level, this.rules) ? 'ESCALATED' : 'DEESCALATED'
  }

  /** The same of its data. */
  #withheldData(): string | undefined {
    const { data, dataTold, dataLive, fresh } = this.state
    if (data === 'FRESH') return dataTold && fresh !== null ? nameOfData(data) : undefined
    const wanted = data === 'STALE' ? (this.rules.noData?.tell ?? false) : dataLive
    return wanted && !dataTold ? nameOfData(data) : undefined
  }

  /** A gate has opened: people are told how it stands. */
  #opened(name: string, since: number, time: number, who: Who = nobody): void {
    const { condition, told } = this.state
    const is = isOn(this.state) || condition === 'LATCHED'
    const notify = (is || told) && this.#isOpen()
    this.#known(name, { time, since, event: true, notify, who }, is)
  }

  #unacknowledged(): void {
    const { remind } = this.rules
    this.set({
      acked: false,
      reminders: 0,
      remindAt: remind === null || remind.max === 0 ? null : this.now + remind.every,
    })
  }

  /** Something that changes how the alarm stands. */
  #stands(name: string, how: How, is: boolean): void {
    this.set({ standingSeq: this.state.seq + 1 })
    this.#known(name, how, is)
  }

  /** Something that says how the alarm stands: whoever is told of it knows. */
  #known(name: string, how: How, is: boolean): void {
    if (how.notify === true) this.set({ told: is, toldAs: is ? standingOf(this.state) : null })
    this.#tell(name, how)
  }

  #tell(name: string, { time, since, event = false, repeat, notify = false, who = nobody }: How): void {
    if (event) this.set({ seq: this.state.seq + 1 })
    const { by, note } = who
    const seq = repeat ?? this.state.seq
    const isRepeat = repeat !== undefined
    this.#transitions.push({ name, event, repeat: isRepeat, notify, seq, time, since, state: this.state, by, note })
  }

  /** Whether what a sample caused may be told. */
  #isOpen(): boolean {
    return this.state.live && this.state.quietAt === null && this.#isGateOpen()
  }

  #isGateOpen(): boolean {
    const { shelf, out, suppressed } = this.state
    return shelf === null && out === null && !suppressed && (this.rules.schedule?.isActive(this.now) ?? true)
  }
}

interface How {
  readonly time: number
  readonly since: number
  readonly event?: boolean
  /** The number of what it repeats. */
  readonly repeat?: number
  readonly notify?: boolean
  readonly who?: Who
}

function nameOfData(data: AlarmState['data']): string {
  return `DATA_${data === 'FRESH' ? 'OK' : data}`
}
