/** What one evaluation may use up at most; every field has a default in {@link defaultLimits}. */
export interface Limits {
  /** Turns of loops, calls, and built or compared items. */
  readonly steps: number
  /** Function calls inside one another; tail calls do not count. */
  readonly depth: number
  /** Items of one array. */
  readonly sequence: number
  /** UTF-16 code units of one string. */
  readonly string: number
  /** Milliseconds, counted from the first look at the clock (every few thousand steps). */
  readonly milliseconds: number
}

/** The limits of an expression that names none. */
export const defaultLimits: Limits = {
  steps: 1_000_000,
  depth: 250,
  sequence: 1_000_000,
  string: 1_000_000,
  milliseconds: 150,
}
