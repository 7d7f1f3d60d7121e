import type { Node } from './ast.ts'
import { JsonataError } from './errors.ts'
import type { Limits } from './limits.ts'

export type { Group, Node, NodeType, Pair, Slot, Stage, Term } from './ast.ts'
export { JsonataError } from './errors.ts'
export { defaultLimits, type Limits } from './limits.ts'

export interface CompileOptions {
  readonly limits?: Partial<Limits>
  /** Milliseconds of any clock that only goes up; read for the limit only. Default performance.now. */
  readonly clock?: () => number
}

/** What an expression may know of the world around it. */
export interface Environment {
  /** UTC milliseconds for $now and $millis; asked once for an evaluation. Default Date.now. */
  readonly now?: () => number
  /** A number from 0 up to, not including, 1 for $random and $shuffle. Default Math.random. */
  readonly random?: () => number
}

export interface Compiled {
  readonly text: string
  /** The parser's tree, for type inference. */
  readonly ast: Node
  /** Gives plain data, or undefined when there is no result; throws JsonataError. */
  evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>, environment?: Environment): unknown
}

/** Makes a synchronous, bounded function of an expression; throws JsonataError when it does not parse. */
export function compile(text: string, _options: CompileOptions = {}): Compiled {
  throw new JsonataError({ code: 'S0500', message: `not built yet: ${text}` })
}
