import type { Command } from '../../../engine/node.ts'
import { alarmConfig, rulesOf } from '../../../nodes/lib/alarm-config.ts'
import { nextDeadline, onBad, onSample, onTime } from '../../../nodes/lib/alarm-machine.ts'
import { onCommand } from '../../../nodes/lib/alarm-people.ts'
import type { AlarmRules, AlarmState, Sample, Step, Transition } from '../../../nodes/lib/alarm-state.ts'

/** The rules of a config as it stands in a flow. */
export function rules(config: Record<string, unknown>): AlarmRules {
  return rulesOf(alarmConfig.parse(config))
}

/** Feeds one alarm with samples, time and commands. Times are milliseconds. */
export class Feed {
  state: AlarmState | undefined
  readonly transitions: Transition[] = []
  rules: AlarmRules
  context = { started: 0 }

  constructor(config: Record<string, unknown>) {
    this.rules = rules(config)
  }

  /** A live value that is measured when it is received, unless said otherwise. */
  sample(value: number, received: number, fields: Partial<Sample> = {}): this {
    return this.#take(
      onSample(this.state, { value, time: received, received, ...fields }, { rules: this.rules, ...this.context }),
    )
  }

  bad(received: number, retained = false): this {
    const found = { detail: 'no number', received, retained }
    return this.#take(onBad(this.state, found, { rules: this.rules, ...this.context }))
  }

  wait(now: number): this {
    return this.state === undefined ? this : this.#take(onTime(this.state, now, { rules: this.rules, ...this.context }))
  }

  command(name: string, now: number, values: Command['values'] = {}): this {
    const command = { name, key: 'k', by: 'anna', note: 'seen', values }
    return this.#take(onCommand(this.state, { command, now }, { rules: this.rules, ...this.context }))
  }

  /** As after a start of the engine or a deploy. */
  restart(now: number, config?: Record<string, unknown>): this {
    this.context = { started: now }
    if (config !== undefined) this.rules = rules(config)
    // State is kept as text.
    if (this.state !== undefined) this.state = JSON.parse(JSON.stringify(this.state)) as AlarmState
    return this
  }

  get deadline(): number | undefined {
    return this.state === undefined ? undefined : nextDeadline(this.state, { rules: this.rules, ...this.context })
  }

  /** All changes, in seconds: `300 RAISED`. */
  get story(): string[] {
    return this.transitions.filter(({ repeat }) => !repeat).map(told)
  }

  get events(): string[] {
    return this.transitions.filter(({ event }) => event).map(told)
  }

  get notified(): string[] {
    return this.transitions.filter(({ notify }) => notify).map(told)
  }

  #take({ state, transitions }: Step): this {
    this.state = state
    this.transitions.push(...transitions)
    return this
  }
}

function told({ name, time }: Transition): string {
  return `${time / 1000} ${name}`
}
