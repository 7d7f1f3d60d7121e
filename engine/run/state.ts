import type { Json } from '../spec/message.ts'
import type { Cell } from './cell.ts'
import type { StateStore } from './ports.ts'

/** Keys of one node that are kept in memory; further ones are read again from the store when they are wanted. */
const cachedKeys = 20_000

/** The state of all nodes: read from the store when first wanted, then kept in memory. */
export class StateCache {
  readonly #nodes = new Map<string, Map<string, Cell<Json>>>()
  readonly #store: StateStore

  constructor(store: StateStore) {
    this.#store = store
  }

  /** The cell of a key, with its value. */
  cell(node: string, key: string): Cell<Json> {
    let cells = this.#nodes.get(node)
    if (cells === undefined) {
      cells = new Map()
      this.#nodes.set(node, cells)
    }
    let cell = cells.get(key)
    if (cell === undefined) {
      if (cells.size >= cachedKeys) makeRoom(cells)
      cell = { node, key, value: this.#store.get(node, key), dirty: false }
      cells.set(key, cell)
    }
    return cell
  }

  /** Forgets a node whose state was deleted. */
  deleteNode(node: string): void {
    this.#nodes.delete(node)
  }
}

/** Drops the oldest tenth, but nothing that still has to be written. */
function makeRoom(cells: Map<string, Cell<Json>>): void {
  let left = cachedKeys / 10
  for (const [key, cell] of cells) {
    if (left-- <= 0) return
    if (!cell.dirty) cells.delete(key)
  }
}
