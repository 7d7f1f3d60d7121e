import type { Node } from '../ast.ts'
import { Callable } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Run, Scope } from '../frame.ts'
import { Scope as NewScope } from '../frame.ts'
import { type BuiltIn, builtIns } from '../functions/table.ts'
import { Matcher } from '../regex/matcher.ts'
import { Pattern } from '../regex/pattern.ts'
import { fresh, normal, type State, TUPLES, WRAPPER } from '../state.ts'
import { isArray, isNumeric, isPlainName, isTrue } from '../values.ts'
import { compileApply, compileCall, compilePartial } from './call.ts'
import { compileArray, compileObject } from './construct.ts'
import { boundNames, children, type Facts } from './facts.ts'
import { NONE } from './filter.ts'
import { compileGroup } from './group.ts'
import { compileLambda } from './lambda.ts'
import { readFields, readName } from './names.ts'
import { compileBinary } from './operators.ts'
import { compilePath } from './path.ts'
import { compileTransform } from './transform.ts'
import { compileAnyFilter } from './tuple.ts'
import { frameOpener, readVariable, type Unit, writeVariable } from './unit.ts'
import { descendants, wildcard } from './wildcards.ts'

/** Turns nodes into functions. */
export class Compiler implements Unit {
  readonly facts: Facts
  readonly dynamic: boolean
  readonly #shadowed: ReadonlySet<string>

  constructor(facts: Facts, dynamic: boolean, shadowed: ReadonlySet<string>) {
    this.facts = facts
    this.dynamic = dynamic
    this.#shadowed = shadowed
  }

  builtIn(name: string): BuiltIn | undefined {
    return this.#shadowed.has(name) ? undefined : builtIns.get(name)
  }

  compile(node: Node, scope: Scope): Run {
    const { predicate, group } = node
    const isBare = node.type === 'path' || (predicate === undefined && group === undefined)
    const run = this.#compileCore(node, scope, !isBare)
    if (isBare) return run
    const filters = (predicate ?? []).flatMap((stage) =>
      stage.expr === undefined ? [] : [compileAnyFilter(stage.expr, scope, this)],
    )
    const grouping = group && compileGroup(group, scope, this)
    const keepArray = node.keepArray === true
    return (input, frame, state) => {
      let value = run(input, frame, state)
      let isFresh = false
      for (const filter of filters) {
        value = filter.run(value, frame, state)
        isFresh = filter.isFresh
      }
      if (grouping !== undefined) return grouping(value, frame, state)
      if (value === NONE) return undefined
      if (!isArray(value)) return keepArray && value !== undefined ? fresh([value], state, true) : value
      return isFresh && !state.has(value, TUPLES) ? fresh(value, state, keepArray) : normal(value, state, keepArray)
    }
  }

  /** A raw result has not been looked at as a sequence: predicates see one item or none as a list. */
  #compileCore(node: Node, scope: Scope, isRaw: boolean): Run {
    switch (node.type) {
      case 'path':
        return compilePath(node, scope, this)
      case 'name':
        return compileName(node, isRaw)
      case 'string':
      case 'number':
      case 'value':
        return compileLiteral(node)
      case 'variable':
        return finished(compileVariable(node, scope, this), node, isRaw)
      case 'parent':
        return finished(readVariable(node.slot?.label ?? '', scope, this), node, isRaw)
      case 'binary':
        return compileBinary(node, scope, this)
      case 'unary':
        if (node.value === '[') return compileArray(node, scope, this)
        return node.value === '{' ? compileObject(node, scope, this) : compileNegation(node, scope, this)
      case 'wildcard':
        return finished((input, _frame, state) => wildcard(input, state), node, isRaw)
      case 'descendant':
        return finished((input, _frame, state) => descendants(input, state), node, isRaw)
      case 'condition':
        return finished(compileCondition(node, scope, this), node, isRaw)
      case 'block':
        return finished(compileBlock(node, scope, this), node, isRaw)
      case 'bind':
        return finished(compileBind(node, scope, this), node, isRaw)
      case 'function':
        return finished(compileCall(node, scope, this), node, isRaw)
      case 'partial':
        return compilePartial(node, scope, this)
      case 'lambda':
        return compileLambda(node, scope, this)
      case 'apply':
        return finished(compileApply(node, scope, this), node, isRaw)
      case 'transform':
        return compileTransform(node, scope, this)
      case 'regex':
        return compileRegex(node)
      default:
        return () => undefined
    }
  }
}

/** The scope of the whole expression. */
export function rootScope(node: Node): Scope {
  return new NewScope(undefined, boundNames([node]))
}

function compileName(node: Node, isRaw: boolean): Run {
  const key = String(node.value)
  const isPlain = isPlainName(key)
  if (isRaw) return (input, _frame, state) => readFields(input, key, isPlain, state)
  if (node.keepArray) {
    return (input, _frame, state) => {
      const value = readFields(input, key, isPlain, state)
      return isArray(input) && isArray(value) ? fresh(value, state, true) : normal(value, state, true)
    }
  }
  return (input, _frame, state) => readName(input, key, isPlain, state)
}

function compileLiteral(node: Node): Run {
  const { value } = node
  return () => value
}

/** Looks at what a node gives as a sequence, unless somebody else will. */
function finished(run: Run, node: Node, isRaw: boolean): Run {
  if (isRaw) return run
  const keepArray = node.keepArray === true
  return (input, frame, state) => {
    const value = run(input, frame, state)
    return isArray(value) ? normal(value, state, keepArray) : value
  }
}

function compileVariable(node: Node, scope: Scope, unit: Unit): Run {
  return node.value === ''
    ? (input, _frame, state) => context(input, state)
    : readVariable(String(node.value), scope, unit)
}

function context(input: unknown, state: State): unknown {
  return isArray(input) && state.has(input, WRAPPER) ? input[0] : input
}

function compileNegation(node: Node, scope: Scope, unit: Unit): Run {
  const { position, value: token } = node
  const run = unit.compile(node.expression as Node, scope) // every sign has an expression
  return (input, frame, state) => {
    const value = run(input, frame, state)
    if (value === undefined) return undefined
    if (isNumeric(value)) return -value
    throw new Failure('D1002', { position, token, value })
  }
}

function compileCondition(node: Node, scope: Scope, unit: Unit): Run {
  const condition = unit.compile(conditionOf(node), scope)
  const then = unit.compile(node.then as Node, scope) // there is one in every condition
  const otherwise = node.else && unit.compile(node.else, scope)
  return (input, frame, state) => {
    const branch = isTrue(condition(input, frame, state), state) ? then : otherwise
    return branch?.(input, frame, state)
  }
}

/**
 * The condition of `a ? b : c`, `a ?: b` and `a ?? b`. For the last two the parser copies `a` as JSON, in which regular
 * expressions are lost; then the other copy is used.
 */
function conditionOf(node: Node): Node {
  const condition = node.condition as Node // both are there in every condition
  const then = node.then as Node
  if (!hasLostRegex(condition)) return condition
  // The call of $exists that stands for `??` is nowhere in the text.
  return condition.type === 'function' && condition.position === undefined ? { ...condition, arguments: [then] } : then
}

function hasLostRegex(node: Node): boolean {
  if (node.type === 'regex') return !(node.value instanceof RegExp)
  for (const child of children(node)) if (hasLostRegex(child)) return true
  return false
}

function compileBlock(node: Node, scope: Scope, unit: Unit): Run {
  const nodes = node.expressions ?? []
  const names = boundNames(nodes)
  const inner = names.size > 0 || unit.dynamic ? new NewScope(scope, names) : undefined
  const runs = nodes.map((one) => unit.compile(one, inner ?? scope))
  const [only] = runs
  if (inner === undefined && runs.length === 1 && only !== undefined) return only
  const open = inner && frameOpener(inner, unit)
  return (input, frame, state) => {
    const own = open === undefined ? frame : open(frame)
    let result: unknown
    for (let index = 0; index < runs.length; index++) result = (runs[index] as Run)(input, own, state) // below the length
    return result
  }
}

function compileBind(node: Node, scope: Scope, unit: Unit): Run {
  const run = unit.compile(node.rhs as Node, scope) // every := has a right side
  const write = writeVariable(String((node.lhs as Node).value), scope, unit) // and a variable on the left
  return (input, frame, state) => {
    const value = run(input, frame, state)
    write(frame, value)
    return value
  }
}

function compileRegex(node: Node): Run {
  const pattern = new Pattern(node.value instanceof RegExp ? node.value : /(?:)/, node.position)
  return () => new Callable(new Matcher(pattern))
}
