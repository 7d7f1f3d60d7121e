import type { Node } from './ast.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { CompiledExpression } from './program.ts'

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
  now?(): number
  /** A number from 0 up to, not including, 1 for $random and $shuffle. Default Math.random. */
  random?(): number
}

export interface Compiled {
  readonly text: string
  /** The parser's tree, for type inference. */
  readonly ast: Node
  /** Gives plain data, or undefined when there is no result; throws JsonataError. */
  evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>, environment?: Environment): unknown
}

/** Makes a synchronous, bounded function of an expression; throws JsonataError when it does not parse. */
export function compile(text: string, options: CompileOptions = {}): Compiled {
  const program = new CompiledExpression(text, { ...defaultLimits, ...options.limits }, options.clock ?? performanceNow)
  return {
    text,
    ast: program.ast,
    evaluate(input, bindings, environment) {
      if (bindings === undefined && environment === undefined) return program.evaluate(input, undefined)
      const now = environment?.now && (() => environment.now?.() ?? Date.now())
      const random = environment?.random && (() => environment.random?.() ?? Math.random())
      return program.evaluate(input, { bindings, now, random })
    },
  }
}

function performanceNow(): number {
  return performance.now()
}
