/**
 * The lowest and the highest value in each stretch of time, made in one pass without knowing how long it will be: when there are too
 * many stretches, two by two become one. What it holds depends on the width and not on the number of values.
 */
export class SeriesBuilder {
  count = 0
  readonly #most: number
  #width = 1
  #start: number | undefined
  readonly #least: Float64Array
  readonly #highest: Float64Array
  #used = 0

  /** @param width stretches that are wanted, about: there are this many at the end, or up to twice as many */
  constructor(width: number) {
    this.#most = 2 * width
    this.#least = new Float64Array(this.#most).fill(Number.NaN)
    this.#highest = new Float64Array(this.#most).fill(Number.NaN)
  }

  /** @param time UTC milliseconds; not before that of the value before */
  add(time: number, value: number): void {
    this.#start ??= time
    this.count++
    let place = Math.floor((time - this.#start) / this.#width)
    while (place >= this.#most) {
      this.#halve()
      place = Math.floor((time - this.#start) / this.#width)
    }
    // NaN is what no value has been compared with.
    if (!((this.#least[place] as number) <= value)) this.#least[place] = value
    if (!((this.#highest[place] as number) >= value)) this.#highest[place] = value
    this.#used = place + 1
  }

  /** Stretches without a value are not there. `width`: milliseconds. */
  points(): { time: number[]; least: number[]; most: number[]; width: number } {
    const [time, least, most]: [number[], number[], number[]] = [[], [], []]
    for (let place = 0; place < this.#used; place++) {
      const low = this.#least[place] as number // within the array
      if (Number.isNaN(low)) continue
      time.push((this.#start ?? 0) + place * this.#width)
      least.push(low)
      most.push(this.#highest[place] as number)
    }
    return { time, least, most, width: this.#width }
  }

  #halve(): void {
    const half = this.#most / 2
    for (let place = 0; place < half; place++) {
      this.#least[place] = lower(this.#least[2 * place] as number, this.#least[2 * place + 1] as number)
      this.#highest[place] = -lower(-(this.#highest[2 * place] as number), -(this.#highest[2 * place + 1] as number))
    }
    this.#least.fill(Number.NaN, half)
    this.#highest.fill(Number.NaN, half)
    this.#width *= 2
  }
}

/** The lower one; the other one where one is NaN. */
function lower(left: number, right: number): number {
  if (Number.isNaN(left)) return right
  return right < left ? right : left
}
