import { Distribution } from './distribution.ts'

/** Milliseconds between two looks at the event loop. */
const pause = 500
/** For so many looks, the longest stall is remembered: 10 s. */
const remembered = 20

/** What the lag is measured with; tests give their own. */
export interface LagClock {
  /** Milliseconds of a clock that only goes up. */
  elapsed(): number
  /** Calls back after so many milliseconds, without keeping the process; returns how to call that off. */
  later(milliseconds: number, run: () => void): () => void
}

/** Watches how much later than asked the event loop comes to its work. */
export class LoopLag {
  /** Seconds. */
  readonly lags = new Distribution([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5])
  readonly #clock: LagClock
  readonly #last: number[] = []
  #callOff: () => void = () => undefined

  constructor(clock: LagClock = processClock) {
    this.#clock = clock
  }

  start(): void {
    const asked = this.#clock.elapsed()
    this.#callOff = this.#clock.later(pause, () => {
      const lag = Math.max(0, this.#clock.elapsed() - asked - pause)
      this.lags.add(lag / 1000)
      this.#last.push(lag)
      if (this.#last.length > remembered) this.#last.shift()
      this.start()
    })
  }

  /** The longest stall of the last 10 s, milliseconds. */
  get longest(): number {
    return Math.max(0, ...this.#last)
  }

  close(): void {
    this.#callOff()
  }
}

const processClock: LagClock = {
  elapsed: () => performance.now(),
  later: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds).unref()
    return () => clearTimeout(timer)
  },
}
