/**
 * A second plain model of the alarm, for all that happens beside values: late and retained messages, restarts, deploys,
 * acknowledgements, resets, shelving and a calendar; and for what people know after each of them. It has no deadlines: it walks from one millisecond to the next and asks each rule of the
 * specification again.
 */
import type { ModelLevel } from './alarm-model.ts'

export interface WalkConfig {
  levels: ModelLevel[]
  minSamples: number
  maxGap: number
  silence: number
}

/** What does not change with a deploy here. */
export interface WalkRules {
  latch: boolean
  requireAck: boolean
  confirm: boolean
  onConfigChange: 'keep' | 'reset'
  /** Nobody is told in every second block of eight milliseconds. */
  calendar: boolean
}

export type WalkStep = { at: number } & (
  | { do: 'sample'; value: number; late: number; retained: boolean }
  | { do: 'bad'; retained: boolean }
  | { do: 'acknowledge' | 'reset' | 'restart' | 'unshelve' }
  | { do: 'shelve'; until: number }
  | { do: 'deploy'; config: WalkConfig }
)

interface Level {
  phase: 'off' | 'rising' | 'on' | 'falling'
  due: number
  samples: number
}

export class Walk {
  /** As `time NAME level`. */
  readonly told: string[] = []
  mode: 'calm' | 'active' | 'latched' = 'calm'
  level: string | undefined
  acked = true
  data: 'FRESH' | 'STALE' | 'BAD' = 'FRESH'
  /** What people know: how it stands, and that something is wrong with the data. */
  people = { alarm: 'NORMAL', data: false }
  #shelved: number | undefined
  #live = false
  #dataLive = true
  #config: WalkConfig
  readonly #rules: WalkRules
  #levels = new Map<string, Level>()
  #exists = false
  #value: number | undefined
  #time = Number.NEGATIVE_INFINITY
  #received = 0
  #fresh: number | undefined
  #heard = 0
  #started = 0
  #now = 0

  constructor(config: WalkConfig, rules: WalkRules) {
    this.#config = config
    this.#rules = rules
  }

  /** Walks on to a time and does what happens then. */
  step(step: WalkStep): void {
    this.walkTo(step.at)
    if (step.do === 'sample') this.#sample(step.value, step.at - step.late, step.retained)
    else if (step.do === 'bad') this.#bad(step.retained)
    else if (step.do === 'shelve') this.#shelve(step.until)
    else if (step.do === 'unshelve') this.#unshelve()
    else if (step.do === 'acknowledge') this.#acknowledge()
    else if (step.do === 'reset') this.#reset()
    else if (step.do === 'deploy') this.#deploy(step.config)
    else this.#started = this.#now
    this.#inform()
  }

  walkTo(end: number): void {
    for (; this.#now < end; this.#now++) this.#tick()
    this.#tick()
  }

  #tick(): void {
    if (!this.#exists) return
    const now = this.#now
    this.#pass(now)
    this.#inform()
    if (this.#shelved !== undefined && now >= this.#shelved) this.#unshelve()
  }

  #pass(now: number): void {
    for (const [id, level] of this.#each()) {
      if (level.phase === 'rising') {
        const over = now >= level.due && level.samples >= this.#config.minSamples
        if (now > this.#received + this.#config.maxGap) this.#set(id, 'off')
        else if (over && this.#mayEnd) this.#set(id, 'on')
      } else if (level.phase === 'falling' && now >= level.due && this.#mayEnd) this.#set(id, 'off')
    }
    this.#judge(now)
    this.#listen()
  }

  /** With a shorter silence it may be over since before now. */
  #listen(): void {
    const end = this.#heard + this.#config.silence
    if (this.data === 'STALE' || this.#now < end) return
    this.data = 'STALE'
    this.#dataLive = true
    this.#tell(end, 'DATA_STALE')
    // [T1] As if it had been looked at when it was due.
    if (this.#isGateOpen(end)) this.people.data = true
  }

  #sample(value: number, measured: number, retained: boolean): void {
    const now = this.#now
    const isFirst = !this.#exists || (this.#fresh === undefined && this.#value === undefined)
    if (this.#exists && measured < this.#time) {
      if (!retained) this.#heard = now
      return
    }
    if (measured - this.#time > this.#config.maxGap) {
      for (const [id, { phase }] of this.#each()) if (phase === 'rising') this.#set(id, 'off')
    }
    this.#exists = true
    this.#value = value
    this.#time = measured
    this.#received = now
    this.#live = !retained
    if (!retained) this.#fresh = now
    if (!retained || isFirst) this.#heard = now
    if (!retained && this.data !== 'FRESH') {
      this.data = 'FRESH'
      this.#dataLive = true
      this.#tell(now, 'DATA_OK')
    }
    for (const [id, level, own] of this.#each()) this.#take(value, level, { id, own })
    this.#judge(measured)
  }

  #take(value: number, level: Level, { id, own }: { id: string; own: ModelLevel }): void {
    const now = this.#now
    const beyond = value > own.above
    const back = value <= own.above - own.deadband
    const enough = () => level.samples >= this.#config.minSamples
    if (level.phase === 'off' && beyond) {
      this.#levels.set(id, { phase: 'rising', due: now + own.onDelay, samples: 1 })
      if (own.onDelay === 0 && this.#config.minSamples === 1) this.#set(id, 'on')
    } else if (level.phase === 'rising') {
      level.samples += beyond ? 1 : 0
      if (!beyond) this.#set(id, 'off')
      else if (this.#mayEnd && now >= level.due && enough()) this.#set(id, 'on')
    } else if (level.phase === 'on' && back) {
      if (own.offDelay === 0) this.#set(id, 'off')
      else this.#levels.set(id, { phase: 'falling', due: now + own.offDelay, samples: 0 })
    } else if (level.phase === 'falling') {
      if (!back) this.#set(id, 'on')
      else if (this.#mayEnd && now >= level.due) this.#set(id, 'off')
    }
  }

  #judge(time: number): void {
    const up = this.#each().filter(([, { phase }]) => phase === 'on' || phase === 'falling')
    const top = up.at(-1)?.[0]
    const steady = up.some(([, { phase }]) => phase === 'on')
    if (top === undefined) {
      if (this.mode !== 'active') return
      this.mode = this.#rules.latch ? 'latched' : 'calm'
      if (!this.#rules.latch && !this.#rules.requireAck) this.acked = true
      this.#tell(time, this.#rules.latch ? 'LATCHED' : 'CLEARED')
    } else if (this.mode !== 'active') {
      this.mode = 'active'
      this.#unacknowledged(time, 'RAISED', top)
    } else if (steady && top !== this.level) {
      const rank = (id: string | undefined) => this.#config.levels.findIndex((level) => level.id === id)
      if (rank(top) > rank(this.level)) this.#unacknowledged(time, 'ESCALATED', top)
      else {
        this.level = top
        this.#tell(time, 'DEESCALATED')
      }
    }
  }

  #unacknowledged(time: number, name: string, level: string): void {
    this.level = level
    this.acked = false
    this.#tell(time, name)
  }

  #bad(retained: boolean): void {
    const isFirst = !this.#exists || (this.#fresh === undefined && this.#value === undefined)
    this.#exists = true
    if (!retained || isFirst) this.#heard = this.#now
    if (retained && this.data === 'STALE') return
    this.#dataLive = !retained || (this.data === 'BAD' && this.#dataLive)
    if (this.data === 'BAD') return
    this.data = 'BAD'
    this.#tell(this.#now, 'DATA_BAD')
  }

  #acknowledge(): void {
    if (!this.#exists || this.acked) return
    this.acked = true
    this.#tell(this.#now, 'ACKED')
  }

  #reset(): void {
    if (this.mode !== 'latched') return
    this.mode = 'calm'
    this.acked = true
    this.#tell(this.#now, 'RESET')
  }

  #shelve(until: number): void {
    if (!this.#exists) return
    this.#shelved = until
    this.#tell(this.#now, 'SHELVED')
  }

  #unshelve(): void {
    if (this.#shelved === undefined) return
    this.#shelved = undefined
    this.#tell(this.#now, 'UNSHELVED')
    this.#inform(true)
  }

  /** People know how it stands whenever the gate is open; while it recovers, only after somebody opened the gate. */
  #inform(asked = false): void {
    if (!this.#isGateOpen(this.#now)) return
    const recovering = this.mode === 'active' && !this.#isSteady
    if (this.#live && (!recovering || asked))
      this.people.alarm =
        this.mode === 'active' ? `ACTIVE ${this.level}` : this.mode === 'latched' ? 'LATCHED' : 'NORMAL'
    if (this.data !== 'FRESH' && this.#dataLive) this.people.data = true
    if (this.data === 'FRESH' && this.#fresh !== undefined) this.people.data = false
  }

  #isGateOpen(time: number): boolean {
    return this.#shelved === undefined && !(this.#rules.calendar && time % 16 >= 8)
  }

  #deploy(config: WalkConfig): void {
    const differs = JSON.stringify(config) !== JSON.stringify(this.#config)
    this.#config = config
    this.#started = this.#now
    if (!this.#exists || !differs || this.#rules.onConfigChange === 'keep') return
    const stood = this.mode !== 'calm'
    this.#levels.clear()
    this.mode = 'calm'
    this.acked = true
    this.#live = false
    this.#value = undefined
    this.#fresh = undefined
    this.#time = Number.NEGATIVE_INFINITY
    if (stood) this.#tell(this.#now, 'RESET')
    this.#listen()
  }

  get #isSteady(): boolean {
    return this.#each().some(([, { phase }]) => phase === 'on')
  }

  get #mayEnd(): boolean {
    if (this.data !== 'FRESH') return false
    return !this.#rules.confirm || (this.#fresh !== undefined && this.#fresh >= this.#started)
  }

  #each(): [string, Level, ModelLevel][] {
    return this.#config.levels.map((own) => {
      const level = this.#levels.get(own.id) ?? { phase: 'off', due: 0, samples: 0 }
      this.#levels.set(own.id, level)
      return [own.id, level, own]
    })
  }

  #set(id: string, phase: Level['phase']): void {
    this.#levels.set(id, { phase, due: 0, samples: 0 })
  }

  #tell(time: number, name: string): void {
    const ofLevel = /^(RAISED|ESCALATED|DEESCALATED|CLEARED|LATCHED)$/.test(name)
    this.told.push(`${time} ${name} ${ofLevel ? this.level : '-'}`)
  }
}
