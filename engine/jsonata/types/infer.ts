import { arrayOf, BOOLEAN, FUNCTION, MISSING, NULL, numberOf, stringOf, type Type, union } from '../../types/index.ts'
import { type Node, pairsOf } from './ast.ts'
import { inferApply, inferFunction, inferLambda, inferPartial } from './calls.ts'
import { inferArray, inferGroup } from './construct.ts'
import { suggestion } from './describe.ts'
import { filterStages } from './filter.ts'
import { bind, enter, type Inference, inBranch, newFrame, warn } from './inference.ts'
import { eitherOf, isMarked, type Known, keptSingle, known, type Stream, TOP, unwrap } from './known.ts'
import { lookUpName } from './name.ts'
import { narrow } from './narrow.ts'
import { inferBinary, inferMinus } from './operators.ts'
import { descendants, wildcard } from './parts.ts'
import { inferPath } from './path.ts'
import { lookUp, type Scope, typeIn, variableNames, within } from './scope.ts'
import { builtinNames, isBuiltin } from './signatures.ts'

/** What is known of the value of a node. A node that the parser may learn to give one day is `any`. */
export function infer(inference: Inference, node: Node, scope: Scope): Known {
  if (!enter(inference)) return known(TOP)
  inference.depth += 1
  const value = finish(inference, node, scope, inferNode(inference, node, scope))
  inference.depth -= 1
  return value
}

/** What evaluation does after the node itself: its filters, its grouping, and unwrapping of a sequence. */
function finish(inference: Inference, node: Node, scope: Scope, result: Known | Stream): Known {
  const keep = node.keepArray === true && node.type !== 'path'
  const filtered = node.predicate?.length ? filterStages(inference, node.predicate, result, scope) : result
  const value =
    'origin' in filtered ? (keep && node.predicate?.length ? keptSingle(filtered) : filtered) : unwrap(filtered, keep)
  if (node.type === 'path' || node.group === undefined) return value
  return inferGroup(inference, node.group.lhs, within(scope, { ...value, wrapped: false }), node.group.position)
}

function inferNode(inference: Inference, node: Node, scope: Scope): Known | Stream {
  switch (node.type) {
    case 'path':
      return node.steps?.length ? inferPath(inference, node, scope) : known(TOP)
    case 'name':
      return lookUpName(inference, node, { scope, path: () => String(node.value), owner: () => '' })
    case 'binary':
      return inferBinary(inference, node, scope)
    case 'unary':
      return inferUnary(inference, node, scope)
    case 'string':
    case 'number':
    case 'value':
      return known(literalType(node.value))
    case 'wildcard':
      return inferWildcard(scope)
    case 'descendant':
      return { ...unwrap(descendants(typeIn(scope, scope.context))), marked: isMarked(scope.context) }
    case 'parent':
      return { ...known(inference.parents.get(node.slot?.label ?? '') ?? TOP), marked: true }
    case 'condition':
      return inferCondition(inference, node, scope)
    case 'block':
      return inferBlock(inference, node, scope)
    case 'bind':
      return inferBind(inference, node, scope)
    case 'variable':
      return inferVariable(inference, node, scope)
    case 'regex':
      return { ...known(FUNCTION), function: { kind: 'regex', source: String(node.value) } }
    case 'function':
      return inferFunction(inference, node, scope)
    case 'partial':
      return inferPartial(inference, node, scope)
    case 'lambda':
      return inferLambda(inference, node, scope)
    case 'apply':
      return inferApply(inference, node, scope)
    case 'transform':
      return { ...known(FUNCTION), function: { kind: 'transform', node, scope } }
    default:
      return known(TOP)
  }
}

/** The type of a literal: its one value, except that true and false are booleans. */
export function literalType(value: unknown): Type {
  if (typeof value === 'string') return stringOf(value)
  if (typeof value === 'number') return numberOf(value)
  if (typeof value === 'boolean') return BOOLEAN
  return value === null ? NULL : TOP
}

function inferUnary(inference: Inference, node: Node, scope: Scope): Known {
  if (node.value === '-') return inferMinus(inference, node, scope)
  if (node.value === '[') return inferArray(inference, node, scope)
  if (node.value === '{') return inferGroup(inference, pairsOf(node), scope, node.position)
  return known(TOP)
}

function inferWildcard(scope: Scope): Known {
  const { context } = scope
  const type = typeIn(scope, context)
  return { ...wildcard(context.boxed ? union(type, arrayOf(type)) : type), marked: isMarked(context) }
}

function inferCondition(inference: Inference, node: Node, scope: Scope): Known {
  if (node.condition === undefined || node.then === undefined) return known(TOP)
  inference.infer(node.condition, scope)
  const { condition, then: yes, else: no } = node
  const held = narrow(inference, condition, scope, true)
  const failed = narrow(inference, condition, scope, false)
  const first = held ? inBranch(inference, () => inference.infer(yes, held)) : undefined
  if (failed === undefined) return first ?? known(TOP)
  const second = no ? inBranch(inference, () => inference.infer(no, failed)) : known(MISSING)
  return first ? eitherOf(first, second) : second
}

function inferBlock(inference: Inference, node: Node, scope: Scope): Known {
  const inner = { ...scope, frame: newFrame(inference, scope.frame) }
  let result = known(MISSING)
  for (const expression of node.expressions ?? []) result = inference.infer(expression, inner)
  return result
}

function inferBind(inference: Inference, node: Node, scope: Scope): Known {
  const name = node.lhs && 'value' in node.lhs ? node.lhs.value : undefined
  if (node.rhs === undefined || typeof name !== 'string') return known(TOP)
  const value = inference.infer(node.rhs, scope)
  bind(inference, scope, name, value)
  return value
}

function inferVariable(inference: Inference, node: Node, scope: Scope): Known {
  const name = typeof node.value === 'string' ? node.value : ''
  const found = variable(inference, name, scope)
  if (found) return found
  if (inference.bound.has(name) || inference.evaluated) return known(TOP)
  warn(inference, 'UNKNOWN_VARIABLE', node.position, {
    name: `$${name}`,
    suggestion: suggestion(name, [...variableNames(scope.frame), ...builtinNames(inference)], '$'),
  })
  return known(MISSING)
}

/** The value of a variable or a built-in function: `$` is the context, `$$` the root. */
export function variable(inference: Inference, name: string, scope: Scope): Known | undefined {
  const value =
    name === '' ? { ...scope.context, wrapped: false } : name === '$' ? inference.root : lookUp(scope.frame, name)
  if (value) return { ...value, type: typeIn(scope, value), wrapped: false }
  return isBuiltin(inference, name) ? { ...known(FUNCTION), function: { kind: 'builtin', name } } : undefined
}
