/** How often values fell between fixed bounds: a histogram that costs a few additions a value and no memory. */
export class Distribution {
  /** Upper bounds, ascending; above the last one stands everything else. */
  readonly bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  add(value: number): void {
    let place = 0
    while (place < this.bounds.length && value > (this.bounds[place] ?? 0)) place++
    this.#counts[place] = (this.#counts[place] ?? 0) + 1
    this.#sum += value
  }

  get sum(): number {
    return this.#sum
  }

  get count(): number {
    return this.#counts.reduce((total, count) => total + count, 0)
  }

  /** For each bound, how many values were at most that large. */
  upTo(): number[] {
    let total = 0
    return this.bounds.map((_, place) => {
      total += this.#counts[place] ?? 0
      return total
    })
  }
}
