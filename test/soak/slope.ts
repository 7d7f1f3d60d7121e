/** One value at one time. */
export interface Sample {
  /** Milliseconds. */
  at: number
  value: number
}

/**
 * How much a series grows in an hour: the median of the slopes between all pairs of samples (Theil and Sen), so that a few
 * collections or checkpoints in between do not count. 0 for fewer than two samples.
 */
export function slopePerHour(samples: readonly Sample[]): number {
  const slopes: number[] = []
  for (const [index, first] of samples.entries()) {
    for (const second of samples.slice(index + 1)) {
      if (second.at > first.at) slopes.push((second.value - first.value) / (second.at - first.at))
    }
  }
  slopes.sort((left, right) => left - right)
  const middle = slopes.length >> 1
  const [lower = 0, upper = 0] = slopes.length % 2 === 1 ? [slopes[middle], slopes[middle]] : slopes.slice(middle - 1)
  return ((lower + upper) / 2) * 3_600_000
}

/** Every nth sample, so that at most `most` are left. */
export function thin<Item>(samples: readonly Item[], most: number): Item[] {
  const step = Math.ceil(samples.length / most)
  return samples.filter((_, index) => index % Math.max(1, step) === 0)
}
