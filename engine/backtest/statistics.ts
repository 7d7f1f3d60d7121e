/** Makes a robust deviation or noise equal to the standard deviation where values are normally distributed: 1 / 0.6745. */
const normal = 1.4826

/** A sample of so many values of a stream, each value as likely to be in it as every other one (reservoir sampling, Vitter's R). */
export class Reservoir {
  count = 0
  readonly #most: number
  readonly #random: () => number
  readonly #values: number[] = []

  /** @param random from 0 up to 1 */
  constructor(most: number, random: () => number) {
    this.#most = most
    this.#random = random
  }

  add(value: number): void {
    this.count++
    if (this.#values.length < this.#most) {
      this.#values.push(value)
      return
    }
    const place = Math.floor(this.#random() * this.count)
    if (place < this.#most) this.#values[place] = value
  }

  /** In ascending order. */
  sorted(): Float64Array {
    return Float64Array.from(this.#values).sort()
  }
}

/** The value that a share of the sorted values, from 0 to 1, do not exceed; NaN when there is none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN
  const place = share * (sorted.length - 1)
  const low = Math.floor(place)
  const [left, right] = [sorted[low] ?? Number.NaN, sorted[Math.min(low + 1, sorted.length - 1)] ?? Number.NaN]
  return left + (right - left) * (place - low)
}

/** Median absolute deviation from the median, scaled as {@link normal} says. */
export function deviationOf(sorted: Float64Array): number {
  const median = quantile(sorted, 0.5)
  return normal * quantile(sorted.map((value) => Math.abs(value - median)).sort(), 0.5)
}

/**
 * The noise in values by their differences from one to the next: the median of these, scaled, over the square root of 2, since the noise
 * of two values is in each difference. What changes slowly does not count.
 *
 * @param differences absolute, sorted
 */
export function noiseOf(differences: Float64Array): number {
  return (normal * quantile(differences, 0.5)) / Math.SQRT2
}

/** 1, 2 or 5 times a power of ten that is not larger than a positive number: a step for numbers that people read. */
export function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size))
  const factor = [5, 2, 1].find((each) => each * power <= size * 1.000001) ?? 1
  return tidy(factor * power)
}

/** The nearest multiple of a step. */
export function roundTo(value: number, step: number): number {
  return tidy(Math.round(value / step) * step)
}

/** Milliseconds that people would choose for a delay. */
const niceTimes: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 4, 8, 12, 24].map((hours) => hours * 3_600_000),
]

/** The first such time that is not shorter; milliseconds. */
export function niceTime(milliseconds: number): number {
  return niceTimes.find((time) => time >= milliseconds) ?? Math.ceil(milliseconds / 86_400_000) * 86_400_000
}

function tidy(value: number): number {
  return Number(value.toPrecision(12)) + 0
}
