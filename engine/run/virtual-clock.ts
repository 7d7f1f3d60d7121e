import type { Clock } from './ports.ts'

interface Waiting {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** A clock that stands still until it is told to go on: for examples, rule tests and backtests. */
export class VirtualClock implements Clock {
  #now: number
  #waiting: Waiting[] = []
  #soon: (() => void)[] = []
  #order = 0

  /** @param start UTC milliseconds. */
  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  at(time: number, run: () => void): () => void {
    const entry = { at: time, order: this.#order++, run }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry)
    }
  }

  soon(run: () => void): void {
    this.#soon.push(run)
  }

  /** Runs what waits for the end of a batch, and what that asks for in turn. */
  settle(): void {
    for (let run = this.#soon.shift(); run !== undefined; run = this.#soon.shift()) run()
  }

  /** Goes on to a time, UTC milliseconds, calling back on the way what is due, in order. */
  advanceTo(time: number): void {
    this.settle()
    while (this.step(time));
    this.#now = Math.max(this.#now, time)
  }

  /** Goes on to the next thing that is due up to a time, and calls it back. False when there is none. */
  step(time: number): boolean {
    let next: Waiting | undefined
    for (const entry of this.#waiting) {
      if (entry.at > time) continue
      if (next === undefined || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry
    }
    if (next === undefined) return false
    const due = next
    this.#waiting = this.#waiting.filter((entry) => entry !== due)
    this.#now = Math.max(this.#now, due.at)
    due.run()
    this.settle()
    return true
  }
}
