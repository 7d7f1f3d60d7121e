import { reasonOf, rulewireError } from '../errors.ts'
import { compile, type Environment, type Limits } from '../jsonata/index.ts'
import { type Evaluate, Expression } from '../spec/fields.ts'
import type { Message } from '../spec/message.ts'

/** What the expressions of a node get from the engine. */
export interface Binding {
  environment: Environment
  /** The engine's own limits, where they differ from the defaults. */
  limits: Partial<Limits> | undefined
}

/**
 * A node's config as its reducer sees it: expressions are functions of the message. A reference to a secret stays one, so no
 * node has its value, and neither have states, messages, traces and dead letters.
 * The functions throw EXPRESSION_FAILED.
 */
export function bind(config: unknown, binding: Binding): unknown {
  if (config instanceof Expression) return bindExpression(config, binding)
  if (Array.isArray(config)) return config.map((item) => bind(item, binding))
  if (typeof config !== 'object' || config === null) return config
  return Object.fromEntries(Object.entries(config).map(([field, value]) => [field, bind(value, binding)]))
}

function bindExpression(expression: Expression, { environment, limits }: Binding): Evaluate {
  const compiled = limits === undefined ? expression.compiled : compile(expression.text, { limits })
  const evaluate = (message: Message, bindings?: Readonly<Record<string, unknown>>) => {
    try {
      return compiled.evaluate(message, bindings, environment)
    } catch (cause) {
      throw rulewireError('EXPRESSION_FAILED', { expression: expression.text, detail: reasonOf(cause) }, { cause })
    }
  }
  return Object.assign(evaluate, { text: expression.text })
}
