import type { Node } from './ast.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { CompiledExpression } from './program.ts'

export type { Group, Node, NodeType, Pair, Slot, Stage, Term } from './ast.ts'
export { JsonataError } from './errors.ts'
export { defaultLimits, type Limits } from './limits.ts'
export { pathSteps } from './long-paths.ts'

/**
 * JSONata as a synchronous function that always comes back. The whole language of the npm package `jsonata`, which is
 * the parser; the evaluator is our own: an expression is compiled to closures once, and no code is made from text.
 *
 * ```ts
 * const isHot = compile('payload.temperature > 30')
 * isHot.evaluate({ payload: { temperature: 31 } }) // true
 *
 * compile('items[price > $most].name').evaluate(order, { most: 10 }) // $most is bound by the caller
 * compile('$twice(21)').evaluate(undefined, { twice: (x: number) => x * 2 }) // 42: functions can be bound, too
 * compile('$now()').evaluate(undefined, undefined, { now: () => 0 }) // '1970-01-01T00:00:00.000Z'
 *
 * try {
 *   compile('payload.temperature + "1"').evaluate({ payload: { temperature: 31 } })
 * } catch (error) {
 *   if (error instanceof JsonataError) error.code // 'T2002'; also position, token, value and message
 * }
 * ```
 *
 * - The input is never changed, and never copied without need: a result can share parts with it.
 * - A result is plain data that `structuredClone` takes, or undefined. Functions are left out.
 * - Limits on steps, depth, lengths and time are always on; {@link Limits} says which, SPEC.md what they count.
 * - Only `$now`, `$millis`, `$random`, `$shuffle` and pictures that leave out the date depend on anything but the
 *   arguments, and the caller can give the clock and the random numbers.
 *
 * SPEC.md lists where this differs from the library, and why.
 */
export interface Compiled {
  readonly text: string
  /** The parser's tree, for type inference. */
  readonly ast: Node
  /**
   * Gives plain data, or undefined when there is no result; throws {@link JsonataError}. Bindings are variables by name,
   * without the `$`; one with the name of a built-in replaces it.
   */
  evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>, environment?: Environment): unknown
}

/** What an expression may know of the world around it. */
export interface Environment {
  /** UTC milliseconds for $now and $millis; asked once for an evaluation. Default Date.now. */
  now?(): number
  /** A number from 0 up to, not including, 1 for $random and $shuffle. Default Math.random. */
  random?(): number
}

export interface CompileOptions {
  /** Limits other than {@link defaultLimits}. */
  readonly limits?: Partial<Limits>
  /** Milliseconds of any clock that only goes up; read for the limit only. Default performance.now. */
  readonly clock?: () => number
}

/** Makes a synchronous, bounded function of an expression; throws {@link JsonataError} when it does not parse. */
export function compile(text: string, options: CompileOptions = {}): Compiled {
  const program = new CompiledExpression(text, { ...defaultLimits, ...options.limits }, options.clock ?? performanceNow)
  return {
    text,
    ast: program.ast,
    evaluate(input, bindings, environment) {
      if (bindings === undefined && environment === undefined) return program.evaluate(input, undefined)
      return program.evaluate(input, { bindings, environment })
    },
  }
}

function performanceNow(): number {
  return performance.now()
}
