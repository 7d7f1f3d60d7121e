/**
 * A value that is changed at once in memory, written to the store with the next commit, and set back if the handler that
 * changed it throws: one key of a node's state, or one timer.
 */
export interface Cell<Value> {
  readonly node: string
  readonly key: string
  /** undefined: there is none. */
  value: Value | undefined
  /** Stands in the batch's list of what has to be written. */
  dirty: boolean
}

/** Old values of cells, in order of change, so that a handler that throws leaves no trace. */
export class Journal {
  readonly #cells: Cell<unknown>[] = []
  readonly #values: unknown[] = []

  get length(): number {
    return this.#cells.length
  }

  record<Value>(cell: Cell<Value>): void {
    this.#cells.push(cell)
    this.#values.push(cell.value)
  }

  /** Each cell that was changed, with the value that it had before. */
  changes(): ReadonlyMap<Cell<unknown>, unknown> {
    const first = new Map<Cell<unknown>, unknown>()
    for (const [index, cell] of this.#cells.entries()) if (!first.has(cell)) first.set(cell, this.#values[index])
    return first
  }

  /** Takes changes back until only `length` are left. A cell stays in the list of what is written: it writes its old value. */
  undoTo(length: number): void {
    while (this.#cells.length > length) {
      const cell = this.#cells.pop()
      const value = this.#values.pop()
      if (cell !== undefined) cell.value = value
    }
  }

  clear(): void {
    this.#cells.length = 0
    this.#values.length = 0
  }
}
