import { parseDuration } from '../spec/fields.ts'
import { readTime } from '../spec/values.ts'

/** When something is, in a rule test: at a time (UTC milliseconds), or so many milliseconds after something. */
export type Moment = { readonly at: number } | { readonly after: number }

/** Reads `2026-01-01T06:00:00Z` or `+5m`; undefined when the text is neither. */
export function readMoment(text: string): Moment | undefined {
  if (text.startsWith('+')) {
    const after = parseDuration(text.slice(1))
    return after === undefined ? undefined : { after }
  }
  const at = readTime(text)
  return at === undefined ? undefined : { at }
}

/** UTC milliseconds of a moment. */
export function timeOf(moment: Moment, base: number): number {
  return 'at' in moment ? moment.at : base + moment.after
}

/** A time since the start of a test as people read it: `+1h5m`, `+0s`. */
export function sinceText(milliseconds: number): string {
  let rest = milliseconds
  let text = ''
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) text += `${count}${unit}`
  }
  return `+${text === '' ? '0s' : text}`
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]
