/** What a chart, or one who looks for a good limit, has to know of a node type with limits. Values are in the unit of what is watched. */

/** Where one level of an alarm is raised, and where it clears. */
export interface AlarmLimit {
  readonly level: string
  /** As people write it: `> 8`. */
  readonly text: string
  /** One value, or two for a range. */
  readonly raise: readonly number[]
  readonly clear: readonly number[]
}

/** A simple limit, which was found by looking at many values. */
export interface PlainLimit {
  readonly side: 'above' | 'below'
  readonly limit: number
  readonly deadband: number
  /** Milliseconds. */
  readonly onDelay: number
}
