import type { RecordedInput } from './recorded.ts'

export interface PaceOptions {
  /** Milliseconds of a clock that only goes up. */
  elapsed(): number
  /** Lets others have a turn; throws to end the run. */
  breathe(): Promise<void>
  progress?(progress: RunProgress): void
}

export interface RunProgress {
  messages: number
  /** How many there are, about; null while nobody knows. */
  total: number | null
  /** From 0 to 1; null while nobody knows. */
  done: number | null
  /** Virtual time, UTC milliseconds; null before the first message. */
  time: number | null
  /** Messages a second since the start. */
  rate: number
}

/** Messages between two looks at the clock, and time between two pauses, milliseconds. */
const looks = 512
const turn = 40

/** Makes a long run give way from time to time, and tell how far it is. What it does changes no result. */
export class Pacer {
  readonly #input: RecordedInput
  readonly #options: PaceOptions
  readonly #started: number
  #last: number
  #messages = 0
  #time: number | null = null

  constructor(input: RecordedInput, options: PaceOptions) {
    this.#input = input
    this.#options = options
    this.#started = options.elapsed()
    this.#last = this.#started
  }

  /** Cheap: asks the clock rarely. */
  isDue(messages: number): boolean {
    return messages % looks === 0 && this.#options.elapsed() - this.#last >= turn
  }

  /** Gives way when it is time to. `time`: virtual, UTC milliseconds. */
  async pause(messages: number, time: number | null): Promise<void> {
    this.#messages = messages
    this.#time = time
    await this.rest()
  }

  /** The same, where no further message has come, but time may have gone on. */
  async rest(time = this.#time): Promise<void> {
    this.#time = time
    const now = this.#options.elapsed()
    if (now - this.#last < turn) return
    this.#options.progress?.(this.#state(now))
    await this.#options.breathe()
    this.#last = this.#options.elapsed()
  }

  #state(now: number): RunProgress {
    const seconds = (now - this.#started) / 1000
    const [total, done] = [this.#input.total(), this.#input.done()]
    const rate = seconds > 0 ? Math.round(this.#messages / seconds) : 0
    return { messages: this.#messages, total, done, time: this.#time, rate }
  }
}
