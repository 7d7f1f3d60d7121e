import TinyQueue from 'tinyqueue'
import type { Cell } from './cell.ts'
import type { Clock, StoredTimer } from './ports.ts'

/** A durable timer; its value is when it is due, UTC milliseconds. */
export interface TimerCell extends Cell<number> {
  readonly name: string
  /** Earliest time at which it stands in the queue. */
  queued: number | undefined
}

interface QueueEntry {
  at: number
  cell: TimerCell
}

/**
 * All durable timers, with one waiting call of the clock for the earliest. Moving a timer to a later time touches no queue:
 * its entry is looked at when it comes up, and goes in again.
 */
export class TimerQueue {
  readonly #cells = new Map<string, Map<string, TimerCell>>()
  readonly #queue = new TinyQueue<QueueEntry>([], (left, right) => left.at - right.at)
  readonly #clock: Clock
  readonly #due: () => void
  #waiting: { at: number; cancel: () => void } | undefined
  #stopped = false

  /** @param due called when at least one timer is due; it then takes them by {@link take}. */
  constructor(clock: Clock, stored: readonly StoredTimer[], due: () => void) {
    this.#clock = clock
    this.#due = due
    for (const timer of stored) this.#add(timer.node, timer.key, timer.name).value = timer.at
  }

  /** The cell of a timer, made when it is not there. */
  cell(node: string, key: string, name: string): TimerCell {
    return this.#cells.get(node)?.get(identity(key, name)) ?? this.#add(node, key, name)
  }

  /** Timers that are kept in memory: those that are set, and those whose end is not committed. */
  get size(): number {
    return [...this.#cells.values()].reduce((sum, cells) => sum + cells.size, 0)
  }

  /** All timers of a node that are set. */
  ofNode(node: string): TimerCell[] {
    return [...(this.#cells.get(node)?.values() ?? [])].filter((cell) => cell.value !== undefined)
  }

  /** To be called after a cell's value was set. */
  changed(cell: TimerCell): void {
    if (cell.value === undefined || (cell.queued !== undefined && cell.queued <= cell.value)) return
    cell.queued = cell.value
    this.#queue.push({ at: cell.value, cell })
    this.wait()
  }

  /** Queues what a node that starts to run has waiting. */
  wakeNode(node: string): void {
    for (const cell of this.ofNode(node)) {
      cell.queued = undefined
      this.changed(cell)
    }
  }

  /** Forgets a node whose timers were deleted. */
  deleteNode(node: string): void {
    for (const cell of this.ofNode(node)) cell.value = undefined
    this.#cells.delete(node)
  }

  /** The next timer that is due, or undefined. It leaves the queue; its value is still set. */
  take(now: number): TimerCell | undefined {
    for (;;) {
      const next = this.#queue.peek()
      if (next === undefined || next.at > now) return undefined
      this.#queue.pop()
      const { cell } = next
      if (cell.queued === next.at) cell.queued = undefined
      if (cell.value === undefined) {
        if (!cell.dirty && cell.queued === undefined) this.#cells.get(cell.node)?.delete(identity(cell.key, cell.name))
      } else if (cell.value <= now) {
        return cell
      } else {
        this.changed(cell)
      }
    }
  }

  /** To be called when a cell is committed: one that has fired or was called off is forgotten, unless it still stands in the queue. */
  written(cell: TimerCell): void {
    if (cell.value === undefined && cell.queued === undefined)
      this.#cells.get(cell.node)?.delete(identity(cell.key, cell.name))
  }

  /** When the next timer may be due, UTC milliseconds. */
  next(): number | undefined {
    return this.#queue.peek()?.at
  }

  /** Makes the clock call for the earliest timer. */
  wait(): void {
    const at = this.next()
    if (this.#stopped || at === undefined || (this.#waiting !== undefined && this.#waiting.at <= at)) return
    this.#waiting?.cancel()
    const cancel = this.#clock.at(at, () => {
      this.#waiting = undefined
      this.#due()
    })
    this.#waiting = { at, cancel }
  }

  stop(): void {
    this.#stopped = true
    this.#waiting?.cancel()
    this.#waiting = undefined
  }

  #add(node: string, key: string, name: string): TimerCell {
    let cells = this.#cells.get(node)
    if (cells === undefined) {
      cells = new Map()
      this.#cells.set(node, cells)
    }
    const cell: TimerCell = { node, key, name, value: undefined, dirty: false, queued: undefined }
    cells.set(identity(key, name), cell)
    return cell
  }
}

function identity(key: string, name: string): string {
  return `${name}\0${key}`
}
