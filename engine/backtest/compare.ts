import type { AlarmDifference, AlarmSpan } from './result.ts'

/** Differences that are listed. */
const shownDifferences = 5000

export interface AlarmComparison {
  counts: { same: number; moved: number; new: number; gone: number }
  differences: AlarmDifference[]
  left: number
}

/**
 * Finds what two versions of a flow made differently of the same messages. Alarms belong together when they are of the same node and
 * key, and were raised within the tolerance (milliseconds) or overlap; each has one partner at most, the first that there is.
 *
 * @param own in order of `raised`, as `others`
 * @param until alarms that the first of both versions raised from then on do not count: a list may have ended there
 */
export function compareAlarms(
  own: readonly AlarmSpan[],
  others: readonly AlarmSpan[],
  tolerance: number,
  until = Number.POSITIVE_INFINITY,
): AlarmComparison {
  const theirs = Map.groupBy(others, identity)
  const mine = Map.groupBy(own, identity)
  const counts = { same: 0, moved: 0, new: 0, gone: 0 }
  const differences: AlarmDifference[] = []
  for (const key of new Set([...mine.keys(), ...theirs.keys()])) {
    for (const { span, other } of pairs(mine.get(key) ?? [], theirs.get(key) ?? [], tolerance)) {
      if (timeOf({ span, other }) >= until) continue
      const kind = kindOf(span, other)
      counts[kind]++
      const { node, key: own } = span ?? other ?? { node: '', key: '' }
      if (kind === 'same') continue
      differences.push({
        kind,
        node,
        key: own,
        ...(span === undefined ? {} : { span }),
        ...(other === undefined ? {} : { other }),
      })
    }
  }
  differences.sort((left, right) => timeOf(left) - timeOf(right))
  const left = Math.max(0, differences.length - shownDifferences)
  return { counts, differences: differences.slice(0, shownDifferences), left }
}

interface Pair {
  span: AlarmSpan | undefined
  other: AlarmSpan | undefined
}

/** Both lists are of one key and in order of time, so its alarms do not overlap each other. */
function pairs(own: readonly AlarmSpan[], others: readonly AlarmSpan[], tolerance: number): Pair[] {
  const found: Pair[] = []
  let place = 0
  for (const span of own) {
    for (; place < others.length; place++) {
      const other = others[place] as AlarmSpan // within the list
      if (belongs(span, other, tolerance) || other.raised > span.raised) break
      found.push({ span: undefined, other })
    }
    const other = others[place]
    const isPair = other !== undefined && belongs(span, other, tolerance)
    found.push({ span, other: isPair ? other : undefined })
    if (isPair) place++
  }
  for (const other of others.slice(place)) found.push({ span: undefined, other })
  return found
}

function belongs(span: AlarmSpan, other: AlarmSpan, tolerance: number): boolean {
  if (Math.abs(span.raised - other.raised) <= tolerance) return true
  return (
    span.raised < (other.cleared ?? Number.POSITIVE_INFINITY) &&
    other.raised < (span.cleared ?? Number.POSITIVE_INFINITY)
  )
}

function kindOf(span: AlarmSpan | undefined, other: AlarmSpan | undefined): 'same' | AlarmDifference['kind'] {
  if (other === undefined) return 'new'
  if (span === undefined) return 'gone'
  const isSame = span.raised === other.raised && span.cleared === other.cleared && span.level === other.level
  return isSame ? 'same' : 'moved'
}

function timeOf({ span, other }: Partial<Pair>): number {
  return Math.min(span?.raised ?? Number.POSITIVE_INFINITY, other?.raised ?? Number.POSITIVE_INFINITY)
}

function identity({ node, key }: AlarmSpan): string {
  return `${node} ${key}`
}
