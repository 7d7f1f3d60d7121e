import type { State } from './state.ts'

/** A compiled node: gives its value for a context, in a frame of variables. */
export type Run = (input: unknown, frame: Frame, state: State) => unknown

/** What a variable holds before its `:=` has run; an outer variable of that name is seen then. */
export const UNBOUND: unique symbol = Symbol('unbound')

/** The variables of one call, block or tuple. */
export class Frame {
  readonly parent: Frame | undefined
  /** Variables by slot, as the compiler numbered them. */
  readonly values: unknown[]
  /** Variables by name: those of a tuple, or all of them where $eval may ask for any. */
  readonly names: Record<string, unknown> | undefined

  constructor(parent: Frame | undefined, values: unknown[], names?: Record<string, unknown>) {
    this.parent = parent
    this.values = values
    this.names = names
  }
}

/** Which names the frames will hold, known while compiling; one scope is one frame. */
export class Scope {
  readonly parent: Scope | undefined
  /** The frame also holds names that only the running expression knows. */
  readonly named: boolean
  readonly slots: Map<string, number>

  constructor(parent: Scope | undefined, names: Iterable<string>, named = false) {
    this.parent = parent
    this.named = named
    this.slots = new Map()
    for (const name of names) if (!this.slots.has(name)) this.slots.set(name, this.slots.size)
  }

  /** Slots of a new frame, none of them bound. */
  unbound(): unknown[] {
    return new Array(this.slots.size).fill(UNBOUND)
  }
}
