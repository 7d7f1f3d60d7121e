/** A condition on a number: beyond a limit, or outside or inside a range. */
export type Limit =
  | { readonly kind: 'above' | 'below'; readonly limit: number; readonly inclusive: boolean }
  | { readonly kind: 'outside' | 'inside'; readonly low: number; readonly high: number }

/** How a limit is written, for hints. */
export const limitForms = '"> 8", ">= 8", "< 2", "<= 2", "outside 2..8" or "inside 2..8"'

/** Reads `> 8`, `>= 8`, `< 2`, `<= 2`, `outside 2..8` or `inside 2..8`; undefined when the text is none of them, or no value is beyond. */
export function parseLimit(text: string): Limit | undefined {
  const beyond = beyondShape.exec(text)
  if (beyond !== null) {
    const sign = beyond[1] ?? ''
    if (!Number.isFinite(Number(beyond[2]))) return undefined
    return { kind: sign.startsWith('>') ? 'above' : 'below', limit: Number(beyond[2]), inclusive: sign.length === 2 }
  }
  const range = rangeShape.exec(text)
  if (range === null) return undefined
  const [low, high] = [Number(range[2]), Number(range[3])]
  return low < high && Number.isFinite(high - low)
    ? { kind: range[1] === 'inside' ? 'inside' : 'outside', low, high }
    : undefined
}

/** Whether a value calls for an alarm. */
export function isRaised(limit: Limit, value: number): boolean {
  switch (limit.kind) {
    case 'above':
      return limit.inclusive ? value >= limit.limit : value > limit.limit
    case 'below':
      return limit.inclusive ? value <= limit.limit : value < limit.limit
    case 'outside':
      return value < limit.low || value > limit.high
    case 'inside':
      return value >= limit.low && value <= limit.high
  }
}

/** Whether a value is back on the good side by at least the deadband. */
export function isCleared(limit: Limit, value: number, deadband: number): boolean {
  switch (limit.kind) {
    case 'above':
      return limit.inclusive ? value < limit.limit - deadband : value <= limit.limit - deadband
    case 'below':
      return limit.inclusive ? value > limit.limit + deadband : value >= limit.limit + deadband
    case 'outside':
      return value >= limit.low + deadband && value <= limit.high - deadband
    case 'inside':
      return value < limit.low - deadband || value > limit.high + deadband
  }
}

/** The limit that is nearest to a value, and how far the value is beyond it: positive on the bad side, negative on the good one. */
export function marginOf(limit: Limit, value: number): { limit: number; margin: number } {
  if ('limit' in limit) {
    return { limit: limit.limit, margin: tidy(limit.kind === 'above' ? value - limit.limit : limit.limit - value) }
  }
  const nearLow = Math.abs(value - limit.low) <= Math.abs(value - limit.high)
  const inwards = nearLow ? value - limit.low : limit.high - value
  return { limit: nearLow ? limit.low : limit.high, margin: tidy(limit.kind === 'inside' ? inwards : -inwards) }
}

/** Where a limit clears, in words, and how far a value is from there; 0 when it is there, or just at the edge. */
export function clearingOf(limit: Limit, value: number, deadband: number): { at: string; missing: number } {
  const found = (at: string, missing: number) => ({ at, missing: tidy(Math.max(0, missing)) })
  switch (limit.kind) {
    case 'above': {
      const edge = tidy(limit.limit - deadband)
      return found(limit.inclusive ? `below ${edge}` : `at ${edge} or below`, value - edge)
    }
    case 'below': {
      const edge = tidy(limit.limit + deadband)
      return found(limit.inclusive ? `above ${edge}` : `at ${edge} or above`, edge - value)
    }
    case 'outside': {
      const [low, high] = [tidy(limit.low + deadband), tidy(limit.high - deadband)]
      return found(`from ${low} to ${high}`, Math.max(low - value, value - high))
    }
    case 'inside': {
      const [low, high] = [tidy(limit.low - deadband), tidy(limit.high + deadband)]
      return found(`below ${low} or above ${high}`, Math.min(value - low, high - value))
    }
  }
}

/** Whether some value is clear: a range with a deadband of half its width or more never clears. */
export function canClear(limit: Limit, deadband: number): boolean {
  return limit.kind !== 'outside' || limit.low + deadband <= limit.high - deadband
}

const number = String.raw`([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)`
const beyondShape = new RegExp(String.raw`^\s*(>=|>|<=|<)\s*${number}\s*$`, 'i')
const rangeShape = new RegExp(String.raw`^\s*(outside|inside)\s+${number}\s*\.\.\s*${number}\s*$`)

/** Differences of decimal numbers as people expect them: 8.3 - 8 is 0.3. -0 is 0. */
function tidy(difference: number): number {
  return Number(difference.toPrecision(12)) + 0
}
