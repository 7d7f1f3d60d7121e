import { BaseBody, Callable } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Frame } from '../frame.ts'
import type { State } from '../state.ts'
import type { Dict } from '../values.ts'
import type { Found, Pattern } from './pattern.ts'

/** A regular expression as a function: gives the first match, which has a function for the next one. */
export class Matcher extends BaseBody {
  readonly pattern: Pattern
  readonly arity = 2
  override readonly isLabelled = false
  /** Shared by all matches of this value, as in the library. */
  #next = 0

  constructor(pattern: Pattern) {
    super()
    this.pattern = pattern
  }

  invoke(args: readonly unknown[], _input: unknown, _frame: Frame, state: State): unknown {
    const [value, from] = args
    if (typeof value === 'object' && value !== null) throw new Failure('X1001', { message: 'it is no string', value })
    return this.#object(String(value), typeof from === 'number' ? from : 0, state)
  }

  /** The first match in a text. */
  first(text: string, state: State): Found | undefined {
    return this.#find(text, 0, state)
  }

  /** The match behind another; throws D1004 when it is empty, because there would be no end. */
  following(text: string, state: State): Found | undefined {
    if (this.#next >= text.length) return undefined
    const found = this.#find(text, this.#next, state)
    if (found?.match === '') {
      throw new Failure('D1004', { position: this.pattern.position, value: this.pattern.source })
    }
    return found
  }

  #find(text: string, from: number, state: State): Found | undefined {
    const found = this.pattern.exec(text, from, state)
    this.#next = found === undefined ? 0 : found.end
    return found
  }

  #object(text: string, from: number, state: State): Dict | undefined {
    return this.toObject(this.#find(text, from, state), text)
  }

  /** A match as expressions see it. */
  toObject(found: Found | undefined, text: string): Dict | undefined {
    if (found === undefined) return undefined
    const { match, index, groups } = found
    const next = new Callable(new NextMatch((state) => this.toObject(this.following(text, state), text)))
    return { match, start: index, end: index + match.length, groups: [...groups], next }
  }
}

/** The function `next` of a match. */
class NextMatch extends BaseBody {
  readonly arity = 0
  override readonly isLabelled = false
  readonly #run: (state: State) => unknown

  constructor(run: (state: State) => unknown) {
    super()
    this.#run = run
  }

  invoke(_args: readonly unknown[], _input: unknown, _frame: Frame, state: State): unknown {
    return this.#run(state)
  }
}
