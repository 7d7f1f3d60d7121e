import { differences, type FieldDifference } from './match.ts'
import { readMoment, sinceText, timeOf } from './moment.ts'

/** Something that was seen: a message at a port, an effect, a row. */
export interface Seen {
  /** Virtual time, UTC milliseconds. */
  readonly time: number
  readonly value: unknown
}

/** One line of a comparison. `place` counts from 1, in the expected list where there is one. */
export type Line =
  | { kind: 'same'; place: number; seen: Seen }
  | { kind: 'changed'; place: number; seen: Seen; fields: FieldDifference[] }
  | { kind: 'missing'; place: number; expected: unknown }
  | { kind: 'surplus'; place: number; seen: Seen }

/** Pairs beyond which lists are compared place by place, because every pair costs a comparison. */
const mostPairs = 250_000

/**
 * Compares a list with what came, in order. What stands in both is found first, so that one message too many is shown as that and
 * not as a difference in each message behind it.
 *
 * @param start of the test, UTC milliseconds: what `at` counts from
 */
export function compareLists(expected: readonly unknown[], seen: readonly Seen[], start: number): Line[] {
  const compare = (wanted: unknown, one: Seen) => itemDifferences(wanted, one, start)
  const pairs = commonPairs(expected, seen, (wanted, one) => compare(wanted, one).length === 0)
  const lines: Line[] = []
  let [left, right] = [0, 0]
  for (const [nextLeft, nextRight] of [...pairs, [expected.length, seen.length] as const]) {
    for (; left < nextLeft || right < nextRight; left++, right++) {
      const one = right < nextRight ? seen[right] : undefined
      if (left >= nextLeft) {
        if (one !== undefined) lines.push({ kind: 'surplus', place: right + 1, seen: one })
      } else if (one === undefined) lines.push({ kind: 'missing', place: left + 1, expected: expected[left] })
      else lines.push({ kind: 'changed', place: left + 1, seen: one, fields: compare(expected[left], one) })
    }
    // The longer of the two ran ahead; both go on behind the pair.
    left = nextLeft
    right = nextRight
    const same = seen[right]
    if (left < expected.length && same !== undefined) lines.push({ kind: 'same', place: left + 1, seen: same })
    left++
    right++
  }
  return lines
}

/** `at` is when it came, and no field of it. */
function itemDifferences(expected: unknown, { time, value }: Seen, start: number): FieldDifference[] {
  const { at, ...fields } = Object(expected) as Record<string, unknown> // an object by the document's schema
  const moment = typeof at === 'string' ? readMoment(at) : undefined
  const late = moment !== undefined && timeOf(moment, start) !== time
  const found = moment !== undefined && 'after' in moment ? sinceText(time - start) : new Date(time).toISOString()
  const own = late ? [{ path: 'at', expected: at, found }] : []
  return [...own, ...differences(fields, value)]
}

/** Places of the longest run of equal items of both lists, ascending. */
function commonPairs(
  expected: readonly unknown[],
  seen: readonly Seen[],
  equal: (wanted: unknown, one: Seen) => boolean,
): (readonly [number, number])[] {
  const [rows, width] = [expected.length, seen.length]
  const at = (row: number, column: number) => row * (width + 1) + column
  const same = (row: number, column: number) => {
    const one = seen[column]
    return one !== undefined && equal(expected[row], one)
  }
  if (rows * width > mostPairs) {
    const places = Array.from({ length: Math.min(rows, width) }, (_, place) => place)
    return places.filter((place) => same(place, place)).map((place) => [place, place] as const)
  }
  const equals = new Uint8Array(rows * (width + 1))
  const longest = new Uint32Array((rows + 1) * (width + 1))
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = width - 1; column >= 0; column--) {
      const fits = same(row, column)
      equals[at(row, column)] = fits ? 1 : 0
      longest[at(row, column)] = fits
        ? (longest[at(row + 1, column + 1)] ?? 0) + 1
        : Math.max(longest[at(row + 1, column)] ?? 0, longest[at(row, column + 1)] ?? 0)
    }
  }
  const pairs: (readonly [number, number])[] = []
  for (let row = 0, column = 0; row < rows && column < width; ) {
    if (equals[at(row, column)] === 1) pairs.push([row++, column++])
    else if ((longest[at(row + 1, column)] ?? 0) >= (longest[at(row, column + 1)] ?? 0)) row++
    else column++
  }
  return pairs
}
