import type { LogLevel } from '../log.ts'

/** Different lines that are remembered; the oldest are forgotten first. */
const mostRemembered = 1000

interface Remembered {
  readonly level: LogLevel
  readonly text: string
  /** When it was written, UTC milliseconds. */
  readonly written: number
  /** How often it came since. */
  more: number
}

/** Finds lines that come again and again, so that a fault that repeats a thousand times a second leaves a log that people can read. */
export class Repeats {
  readonly #within: number
  /** Oldest first. */
  readonly #lines = new Map<string, Remembered>()

  /** @param within milliseconds; 0 takes every line for a new one */
  constructor(within: number) {
    this.#within = within
  }

  /** Whether this line was not written a short time ago; if it was, it is counted. */
  isNew(level: LogLevel, text: string, data: unknown, now: number): boolean {
    if (this.#within === 0) return true
    const key = `${level} ${text} ${data instanceof Error ? data.message : typeof data === 'string' ? data : ''}`
    const known = this.#lines.get(key)
    if (known !== undefined) {
      known.more++
      return false
    }
    if (this.#lines.size >= mostRemembered) this.#lines.delete(this.#lines.keys().next().value ?? '')
    this.#lines.set(key, { level, text, written: now, more: 0 })
    return true
  }

  /** Whether a line came again that is not told of yet. */
  get counting(): boolean {
    return this.#lines.values().some(({ more }) => more > 0)
  }

  /** Lines about those whose time is over and that came again meanwhile. A clock that goes back ends all. */
  ended(now: number): { level: LogLevel; text: string }[] {
    const over: { level: LogLevel; text: string }[] = []
    for (const [key, { level, text, written, more }] of this.#lines) {
      const age = now - written
      if (age >= 0 && age < this.#within) break
      this.#lines.delete(key)
      if (more === 0) continue
      const times = more === 1 ? 'once' : `${more} times`
      over.push({ level, text: `${text} (${times} more in ${this.#within / 1000} s)` })
    }
    return over
  }
}
