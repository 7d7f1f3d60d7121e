import { ANY, membersOf, type Type, union } from '../../types/index.ts'
import type { Node } from './ast.ts'
import { type Known, known, TOP } from './known.ts'
import { type Frame, lookUp, type Scope } from './scope.ts'
import { type Warning, type WarningCode, warning } from './warnings.ts'

/** A function of the host, beyond those of JSONata. */
export interface HostFunction {
  /** As JSONata writes it, such as `<s-n?:s>`; without it nothing is checked. */
  readonly signature?: string
  readonly result: Type
}

export interface InferOptions {
  /** Variables that are bound before the expression runs. */
  readonly variables?: Readonly<Record<string, Type>>
  readonly functions?: Readonly<Record<string, HostFunction>>
  /** Nodes that may be visited, each call of a lambda counted again; what lies beyond is `any`. Default 20,000. */
  readonly steps?: number
}

/** Nodes nested deeper than this are `any`: less than half of what the stack bears. */
const maxDepth = 300
/** Parts of one constructed type; a larger one is `any`, so that no expression can make types grow without end. */
const maxTypeSize = 4000

/** A call of a lambda that is being inferred: what a recursive call gives, and with which arguments. */
export interface ActiveCall {
  args: readonly Known[]
  result: Type
  /** Whether its array may be a sequence that a tail call left. */
  sequence: boolean
  /** Whether a recursive call relied on it. */
  used: boolean
  /** Whether a recursive call had arguments beyond `args`. */
  grown: boolean
}

/** The state of one inference. It is made for one expression and thrown away. */
export interface Inference {
  readonly options: InferOptions
  /** What `$$` is. */
  readonly root: Known
  readonly infer: (node: Node, scope: Scope) => Known
  /** The value of a variable or a built-in function, undefined if there is none of this name. */
  readonly variable: (name: string, scope: Scope) => Known | undefined
  readonly warnings: Map<string, Warning>
  /** What `%` finds, by the label that the parser gave. */
  readonly parents: Map<string, Type>
  /** Variables that `@` and `#` bind somewhere. */
  readonly bound: ReadonlySet<string>
  readonly calls: Map<Node, ActiveCall>
  /** Lambdas that were made, and whether they were called. */
  readonly lambdas: Map<Node, { readonly scope: Scope; called: boolean }>
  readonly sizes: WeakMap<Type, number>
  /** Whether `$eval` has run a text that may have bound variables. */
  evaluated: boolean
  steps: number
  depth: number
  /** Open branches that may not run. */
  branches: number
  /** More than 0 while types are asked for without reporting anything. */
  quiet: number
}

/** Counts one visit; false when the expression is too deep or too large to go on. */
export function enter(inference: Inference): boolean {
  inference.steps += 1
  if (inference.depth < maxDepth && !isExhausted(inference)) return true
  warn(inference, 'TOO_LARGE', 0, {})
  return false
}

/** Whether the steps are used up. */
export function isExhausted(inference: Inference): boolean {
  return inference.steps > (inference.options.steps ?? 20_000)
}

/** Reports a finding, once for each place and text. */
export function warn(
  inference: Inference,
  code: WarningCode,
  position: number | undefined,
  values: Readonly<Record<string, string>>,
): void {
  if (inference.quiet > 0 && code !== 'TOO_LARGE') return
  const found = warning(code, position, values)
  inference.warnings.set(`${found.position} ${found.code} ${found.text}`, found)
}

/** Runs a part without reporting what it finds. */
export function quietly<T>(inference: Inference, run: () => T): T {
  inference.quiet += 1
  const result = run()
  inference.quiet -= 1
  return result
}

/** Runs a part that may not be evaluated: what it binds is bound perhaps. */
export function inBranch<T>(inference: Inference, run: () => T): T {
  inference.branches += 1
  const result = run()
  inference.branches -= 1
  return result
}

/** A scope with a frame of its own inside. */
export function newFrame(inference: Inference, parent: Frame | undefined): Frame {
  return { variables: new Map(), parent, branches: inference.branches }
}

/** Binds a variable in the nearest frame. In a branch that may not run it may as well keep its value. */
export function bind(inference: Inference, scope: Scope, name: string, value: Known): void {
  const { frame } = scope
  const uncertain = inference.branches > frame.branches
  const before = uncertain ? (lookUp(frame, name)?.type ?? TOP) : undefined
  frame.variables.set(name, before === undefined ? value : known(union(before, value.type)))
}

/** Forgets the variables of the nearest frame: `$eval` may have bound them. */
export function forget(inference: Inference, scope: Scope): void {
  inference.evaluated = true
  for (const name of scope.frame.variables.keys()) scope.frame.variables.set(name, known(TOP))
}

/** The type, or `any` in its place when it has too many parts. */
export function bounded(inference: Inference, type: Type): Type {
  return sizeOf(inference, type) > maxTypeSize ? ANY : type
}

function sizeOf(inference: Inference, type: Type): number {
  const before = inference.sizes.get(type)
  if (before !== undefined) return before
  let size = 1
  for (const member of membersOf(type)) {
    if (member.kind === 'array') size += sizeOf(inference, member.item)
    if (member.kind !== 'object') continue
    for (const field of Object.values(member.fields)) size += sizeOf(inference, field)
    if (member.rest) size += sizeOf(inference, member.rest)
  }
  inference.sizes.set(type, size)
  return size
}
