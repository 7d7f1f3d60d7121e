/** Times between repeats: they double up to a limit, and each is varied by chance so that many clients do not come at once. */
export class Backoff {
  readonly #first: number
  readonly #longest: number
  readonly #random: () => number
  #attempt = 0

  /** @param random from 0 up to 1 */
  constructor(first: number, longest: number, random: () => number) {
    this.#first = first
    this.#longest = longest
    this.#random = random
  }

  /** Milliseconds until the next repeat: from half of its time up to all of it. */
  next(): number {
    const time = Math.min(this.#longest, this.#first * 2 ** Math.min(this.#attempt++, 30))
    return Math.round(time * (0.5 + 0.5 * this.#random()))
  }

  /** It worked: the next trouble begins with the shortest time. */
  reset(): void {
    this.#attempt = 0
  }
}
