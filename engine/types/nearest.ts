/**
 * The candidate that a mistyped name most likely means: at most a third of its letters away, two neighbours swapped
 * counting as one mistake; undefined if there is none. Case does not count.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= least) continue
    const found = distance(wanted, candidate.toLowerCase())
    if (found < least) [best, least] = [candidate, found]
  }
  return best
}

/** Insertions, deletions, changes and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1
      const left = (current[column - 1] ?? 0) + 1
      const up = (previous[column] ?? 0) + 1
      const diagonal = (previous[column - 1] ?? 0) + same
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swap = swapped ? (before[column - 2] ?? 0) + 1 : diagonal
      current.push(Math.min(left, up, diagonal, swap))
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
