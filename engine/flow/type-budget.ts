import { membersOf, type Type } from '../types/index.ts'

/**
 * Parts that the types of one flow may have together: many times what flows of people have. Each of thousands of nodes may add a
 * field to all that came before, and then there is no end to the time and memory of telling.
 */
export const maxTypeParts = 200_000

/** Counts the parts of the types in a flow, each field with what it holds; what several ports share counts once. */
export class TypeBudget {
  #left = maxTypeParts
  readonly #counted = new Set<Type>()

  /** Whether more was counted than may be. */
  get isSpent(): boolean {
    return this.#left < 0
  }

  count(type: Type): void {
    if (this.isSpent || this.#counted.has(type)) return
    this.#counted.add(type)
    this.#left--
    for (const member of membersOf(type)) {
      if (member.kind === 'array') this.count(member.item)
      if (member.kind !== 'object') continue
      const fields = Object.values(member.fields)
      this.#left -= fields.length
      for (const field of fields) this.count(field)
      if (member.rest !== undefined) this.count(member.rest)
    }
  }
}
