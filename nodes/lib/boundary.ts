import { parseDuration } from '../../engine/node.ts'
import { compileSchedule, cronFault } from './schedule.ts'
import { nextSunEvent, type Place, type SunEvent } from './sun.ts'

/** When a span of a schedule begins or ends: by a cron pattern, or some milliseconds after the sun rises or sets. */
export type Boundary =
  | { readonly kind: 'cron'; readonly pattern: string }
  | { readonly kind: 'sun'; readonly event: SunEvent; readonly offset: number }

/** How a boundary is written, for hints. */
export const boundaryForms = 'a time such as 08:00, sunrise, sunset-30m, or a cron pattern'

/** Reads `08:00`, `sunset`, `sunrise+1h30m` or a cron pattern; the reason when it is none of them. */
export function parseBoundary(text: string): Boundary | { readonly fault: string } {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (clock !== null) return { kind: 'cron', pattern: `${Number(clock[2])} ${Number(clock[1])} * * *` }
  const sun = /^(sunrise|sunset)(?:\s*([+-])\s*(\S+))?$/.exec(text)
  if (sun !== null) {
    const length = sun[3] === undefined ? 0 : parseDuration(sun[3])
    if (length === undefined || length > 43_200_000) {
      return { fault: `"${sun[3]}" is no time before or after ${sun[1]}; write up to 12h, such as ${sun[1]}-30m` }
    }
    return {
      kind: 'sun',
      event: sun[1] === 'sunrise' ? 'sunrise' : 'sunset',
      offset: sun[2] === '-' ? -length : length,
    }
  }
  if (/\s/.test(text.trim())) {
    const fault = cronFault(text)
    return fault === undefined ? { kind: 'cron', pattern: text } : { fault }
  }
  return { fault: `"${text}" is not ${boundaryForms}` }
}

/** The first time after another, UTC milliseconds; undefined when there is none. */
export type NextBoundary = (after: number) => number | undefined

/** Compiles a boundary into a function that computes its times. */
export function compileBoundary(boundary: Boundary, timeZone: string, place: Place): NextBoundary {
  if (boundary.kind === 'cron') {
    const next = compileSchedule({ kind: 'cron', pattern: boundary.pattern, timeZone })
    return (after) => next(after, after)
  }
  const { event, offset } = boundary
  return (after) => {
    const at = nextSunEvent(event, after - offset, place)
    return at === undefined ? undefined : at + offset
  }
}

/** A span that comes again and again. */
export interface Span {
  readonly from: NextBoundary
  readonly to: NextBoundary
}

/** Whether a time lies in one of the spans, and when that may change next; undefined when never. A span holds its begin, and not its end. */
export function lookUp(spans: readonly Span[], now: number): { on: boolean; next: number | undefined } {
  const times = spans.flatMap(({ from, to }) => [from(now), to(now)]).filter((time) => time !== undefined)
  return { on: spans.some((span) => holds(span, now)), next: times.length === 0 ? undefined : Math.min(...times) }
}

function holds({ from, to }: Span, now: number): boolean {
  const start = latestUpTo(from, now)
  if (start === undefined) return false
  const end = to(start)
  return end === undefined || end > now
}

const hour = 3_600_000
const longestLook = 400 * 24 * hour

/** The last time of a boundary that is not after `now`. Looks further and further back, over a year at most. */
function latestUpTo(next: NextBoundary, now: number): number | undefined {
  for (let back = hour; back <= 2 * longestLook; back *= 2) {
    let found: number | undefined
    for (let at = next(now - back); at !== undefined && at <= now; at = next(at)) found = at
    if (found !== undefined) return found
  }
  return undefined
}
