/**
 * A sum that keeps what rounding would lose (Neumaier 1974): the running sum, and the correction. Adding 0.1 ten times gives 1.
 */
export type Sum = {
  readonly sum: number
  readonly rest: number
}

export const emptySum: Sum = { sum: 0, rest: 0 }

/** The sum with one more number. */
export function plus({ sum, rest }: Sum, value: number): Sum {
  const next = sum + value
  const lost = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
  // beyond the largest number there is nothing to correct
  return { sum: next, rest: Number.isFinite(lost) ? rest + lost + 0 : 0 }
}

/** What it comes to. */
export function total({ sum, rest }: Sum): number {
  return sum + rest + 0
}
