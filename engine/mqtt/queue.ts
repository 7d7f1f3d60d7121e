/** A queue with a limit of items and bytes; when it is full the oldest go. */
export class BoundedQueue<Item> {
  readonly #limit: { readonly messages: number; readonly bytes: number }
  readonly #sizeOf: (item: Item) => number
  #items: (Item | undefined)[] = []
  /** Where the oldest stands; what is before it is gone. */
  #head = 0
  #bytes = 0

  constructor(limit: { readonly messages: number; readonly bytes: number }, sizeOf: (item: Item) => number) {
    this.#limit = limit
    this.#sizeOf = sizeOf
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  /** Appends an item; returns how many went for it, itself included when it is larger than the whole queue. */
  push(item: Item): number {
    this.#items.push(item)
    this.#bytes += this.#sizeOf(item)
    let gone = 0
    while (this.size > this.#limit.messages || this.#bytes > this.#limit.bytes) {
      this.shift()
      gone++
    }
    return gone
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head++] = undefined
    this.#bytes -= this.#sizeOf(item)
    // Moving what is left costs little when at least as much has gone.
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
