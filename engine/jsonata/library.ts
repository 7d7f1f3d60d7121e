import jsonata from 'jsonata'
import type { Node } from './ast.ts'

/** What the library throws when a text does not parse. */
export interface ParseError {
  readonly code?: string
  readonly position?: number
  readonly token?: unknown
  readonly value?: unknown
  readonly message?: string
}

/** The tree of an expression; throws what the library throws. */
export function parse(text: string): Node {
  // The library's own type of the tree leaves out half of the fields.
  return plain(jsonata(text).ast(), new Map()) as Node
}

/**
 * The words of the library for an error code, with `{{field}}` for JSON and `{{{field}}}` for plain text; undefined for
 * a code that it does not have. They are not written down here a second time: the library words whatever its parser
 * throws, so the parser is made to throw an error whose fields are placeholders.
 */
export function templateOf(code: string): string | undefined {
  const fields: Record<string, unknown> = { code }
  const error = new Proxy(fields, {
    get: (target, field) => (Object.hasOwn(target, field) ? target[String(field)] : `«${String(field)}»`),
  })
  const source = {
    length: 1,
    charAt: () => {
      throw error
    },
  }
  try {
    // It is no string; the parser notices when it reads the first character.
    jsonata(source as unknown as string)
  } catch (thrown) {
    if (thrown !== error) throw thrown
  }
  const message = fields.message
  return typeof message === 'string'
    ? message.replaceAll(/"«(\w+)»"/g, '{{$1}}').replaceAll(/«(\w+)»/g, '{{{$1}}}')
    : undefined
}

/** A built-in of the library, called with what it asks of its evaluator as `this`. */
export type LibraryFunction = (this: { environment: { timestamp: Date } }, ...args: unknown[]) => unknown

/**
 * A synchronous built-in of the library. The hook that debuggers use is called before the first `await`, so the
 * functions can be had without a promise.
 */
export function libraryFunction(name: string): LibraryFunction {
  let found: unknown
  const expression = jsonata('1')
  const hook = (_node: unknown, _input: unknown, environment: jsonata.Environment) => {
    found = environment.lookup(name)
  }
  // The type does not know that names of hooks are symbols.
  expression.assign(Symbol.for('jsonata.__evaluate_entry') as unknown as string, hook)
  void expression.evaluate(undefined)
  // Pinned by the version and by a test of the contract.
  return (found as { implementation: LibraryFunction }).implementation
}

/**
 * A copy without prototypes: the leaves of the library's tree inherit from symbols of the parser that made it, and would keep that,
 * some 14 kB, as long as they are there. What stands in two places of the tree does so in the copy: slots of parents are compared.
 */
function plain(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) {
    const items: unknown[] = []
    copies.set(value, items)
    for (const item of value) items.push(plain(item, copies))
    return items
  }
  const copy: Record<string, unknown> = {}
  copies.set(value, copy)
  for (const [name, item] of Object.entries(value)) copy[name] = plain(item, copies)
  return copy
}
