/** Types of JSONata expressions: what an expression gives for an input type, and what is suspicious in it. Pure. */
import type { Type } from '../../types/index.ts'
import { boundByPaths, type Node } from './ast.ts'
import { noteSpread } from './construct.ts'
import { infer, variable } from './infer.ts'
import { type Inference, type InferOptions, newFrame, quietly } from './inference.ts'
import { type Known, known, TOP } from './known.ts'
import { narrow as narrowScope } from './narrow.ts'
import { plain } from './plain.ts'
import { noFacts, type Scope, typeIn } from './scope.ts'
import type { Warning } from './warnings.ts'

export type { HostFunction, InferOptions } from './inference.ts'
export { type Warning, type WarningCode, type WarningLevel, warningTable } from './warnings.ts'

/** What the parser gives: `jsonata(text).ast()`. */
export type Ast = object

export interface Inferred {
  /** The type of the result as plain data, without functions; it holds `missing` where the expression may give nothing. */
  readonly type: Type
  /** In the order of their places. */
  readonly warnings: readonly Warning[]
}

/**
 * The type of what an expression gives for an input of this type, and what its author should know. It never throws, and
 * its work is bounded by `options.steps`: what is too large or too recursive is `any | missing`.
 */
export function inferType(ast: Ast, input: Type, options: InferOptions = {}): Inferred {
  const node = nodeOf(ast)
  const { inference, scope } = begin(node, input, options)
  const result = inference.infer(node, scope)
  noteSpread(inference, node, result)
  inferUncalled(inference)
  const warnings = [...inference.warnings.values()].sort((a, b) => a.position - b.position)
  return { type: plain(result.type), warnings }
}

/**
 * The part of the input type for which a condition comes out true, or not true (false, or no value); `never` when no
 * input does that. Inputs for which the condition raises an error are in neither part.
 */
export function narrow(ast: Ast, input: Type, outcome: boolean, options: InferOptions = {}): Type {
  const node = nodeOf(ast)
  const { inference, scope } = begin(node, input, options)
  const found = quietly(inference, () => narrowScope(inference, node, scope, outcome))
  return found ? typeIn(found, scope.context) : { kind: 'never' }
}

function begin(node: Node, input: Type, options: InferOptions): { inference: Inference; scope: Scope } {
  const root: Known = { ...known(input), wrapped: true }
  const inference: Inference = {
    options,
    root,
    infer: (part, scope) => infer(inference, part, scope),
    variable: (name, scope) => variable(inference, name, scope),
    warnings: new Map(),
    parents: new Map(),
    bound: boundByPaths(node),
    calls: new Map(),
    lambdas: new Map(),
    sizes: new WeakMap(),
    evaluated: false,
    steps: 0,
    depth: 0,
    branches: 0,
    quiet: 0,
  }
  const frame = newFrame(inference, undefined)
  for (const [name, type] of Object.entries(options.variables ?? {})) frame.variables.set(name, known(type))
  return { inference, scope: { frame, context: root, facts: noFacts } }
}

/** A function that nobody called here may be called by the host or not at all; what it holds is looked at once. */
function inferUncalled(inference: Inference): void {
  for (const [node, { scope, called }] of inference.lambdas) {
    if (called || node.body === undefined) continue
    const frame = newFrame(inference, scope.frame)
    for (const parameter of node.arguments ?? []) frame.variables.set(String(parameter.value), known(TOP))
    inference.infer(node.body, { ...scope, frame })
  }
}

/** The parser's own types cover only some of its nodes; every field is read with care from here on. */
function nodeOf(ast: Ast): Node {
  return ast as Node // the one place where the parser's tree gets its type
}
