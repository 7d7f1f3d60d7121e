import type { Line } from './lists.ts'
import { sinceText } from './moment.ts'
import { shownText } from './observer.ts'
import type { Failure } from './run.ts'

/** How a line of a report is meant: what was expected, what was found, or what only helps. */
export type Tone = 'head' | 'expected' | 'found' | 'plain' | 'dim'

export interface ReportLine {
  tone: Tone
  text: string
}

/** Lines of a comparison that are shown; of equal ones only those beside a difference, or the last ones where there is none. */
const mostLines = 20
const lastLines = 3
const longestValue = 200

/** A failure for people: what, expected against found, and the last calls before. `start`: of the test, UTC milliseconds. */
export function failureText(failure: Failure, start: number): ReportLine[] {
  const { step, after, text, lines, wire } = failure
  const near = tellingLines(lines)
  const cut = near.length - mostLines
  return [
    { tone: 'head', text: `step ${step}, at ${sinceText(after)}: ${text}` },
    ...near.slice(0, mostLines).flatMap((line) => differenceLines(line, start)),
    ...(cut > 0 ? [{ tone: 'dim' as const, text: `  and ${cut} more` }] : []),
    ...(wire.length > 0 ? [{ tone: 'dim' as const, text: '  last on the wire:' }] : []),
    ...wire.map((call) => ({ tone: 'dim' as const, text: `    ${call}` })),
  ]
}

/** Of a long comparison what tells most: differences and what stands beside them, or the last lines where there is none. */
export function tellingLines(lines: readonly Line[]): Line[] {
  const different = lines.filter((line, index) => line.kind !== 'same' || isNear(lines, index))
  return different.length > 0 ? different : lines.slice(-lastLines)
}

function isNear(lines: readonly Line[], index: number): boolean {
  return [lines[index - 1], lines[index + 1]].some((line) => line !== undefined && line.kind !== 'same')
}

function differenceLines(line: Line, start: number): ReportLine[] {
  const when = 'seen' in line ? sinceText(line.seen.time - start) : ''
  const head = `${line.place} `.padStart(4)
  switch (line.kind) {
    case 'missing':
      return [{ tone: 'expected', text: `${head}- ${shownText(line.expected, longestValue)}  (did not come)` }]
    case 'surplus':
      return [{ tone: 'found', text: `${head}+ ${seenText(line.seen.value)}  (${when}, not expected)` }]
    case 'same':
      return [{ tone: 'dim', text: `${head}  ${seenText(line.seen.value)}  (${when})` }]
    default:
      return line.fields.flatMap(({ path, expected, found }) => [
        { tone: 'plain', text: `${head}  ${path}  (${when})` },
        { tone: 'expected', text: `    - ${shownText(expected, longestValue)}` },
        { tone: 'found', text: `    + ${shownText(found, longestValue)}` },
      ])
  }
}

/** In one line, cut: of a message what tells most of it; all else as it is. */
export function seenText(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('payload' in value && 'topic' in value)) {
    return shownText(value, longestValue)
  }
  return shownText({ topic: value.topic, payload: value.payload }, longestValue)
}
