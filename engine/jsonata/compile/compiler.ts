import type { Node } from '../ast.ts'
import { Callable } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Run, Scope } from '../frame.ts'
import { Scope as NewScope } from '../frame.ts'
import { type BuiltIn, builtIns } from '../functions/table.ts'
import { Matcher } from '../regex/matcher.ts'
import { Pattern } from '../regex/pattern.ts'
import { normal, type State, WRAPPER } from '../state.ts'
import { isArray, isNumeric, isPlainName, isTrue } from '../values.ts'
import { compileApply, compileCall, compilePartial } from './call.ts'
import { compileArray, compileObject } from './construct.ts'
import { boundNames, type Facts } from './facts.ts'
import { NONE } from './filter.ts'
import { compileGroup } from './group.ts'
import { compileLambda } from './lambda.ts'
import { readName } from './names.ts'
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
    const run = this.#compileCore(node, scope)
    const { predicate, group } = node
    if (node.type === 'path') return run
    if (predicate === undefined && group === undefined) return run
    const filters = (predicate ?? []).flatMap((stage) =>
      stage.expr === undefined ? [] : [compileAnyFilter(stage.expr, scope, this)],
    )
    const grouping = group && compileGroup(group, scope, this)
    const keepArray = node.keepArray === true
    // The core has looked at sequences already, which changes nothing: a predicate wraps what is no array again.
    return (input, frame, state) => {
      let value = run(input, frame, state)
      let isFresh = false
      for (const filter of filters) {
        value = filter.run(value, frame, state)
        isFresh = filter.isFresh
      }
      if (grouping !== undefined) return grouping(value, frame, state)
      if (value === NONE) return undefined
      if (isFresh && isArray(value) && value.length < 2 && !keepArray) return value[0]
      return normal(value, state, keepArray)
    }
  }

  #compileCore(node: Node, scope: Scope): Run {
    switch (node.type) {
      case 'path':
        return compilePath(node, scope, this)
      case 'name':
        return compileName(node)
      case 'string':
      case 'number':
      case 'value':
        return compileLiteral(node)
      case 'variable':
        return compileVariable(node, scope, this)
      case 'parent':
        return readVariable(node.slot?.label ?? '', scope, this)
      case 'binary':
        return compileBinary(node, scope, this)
      case 'unary':
        if (node.value === '[') return compileArray(node, scope, this)
        return node.value === '{' ? compileObject(node, scope, this) : compileNegation(node, scope, this)
      case 'wildcard':
        return (input, _frame, state) => normal(wildcard(input, state), state, node.keepArray === true)
      case 'descendant':
        return (input, _frame, state) => normal(descendants(input, state), state, node.keepArray === true)
      case 'condition':
        return compileCondition(node, scope, this)
      case 'block':
        return compileBlock(node, scope, this)
      case 'bind':
        return compileBind(node, scope, this)
      case 'function':
        return compileCall(node, scope, this)
      case 'partial':
        return compilePartial(node, scope, this)
      case 'lambda':
        return compileLambda(node, scope, this)
      case 'apply':
        return compileApply(node, scope, this)
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

function compileName(node: Node): Run {
  const key = String(node.value)
  const isPlain = isPlainName(key)
  if (node.keepArray) return (input, _frame, state) => normal(readName(input, key, isPlain, state), state, true)
  return (input, _frame, state) => readName(input, key, isPlain, state)
}

function compileLiteral(node: Node): Run {
  const { value } = node
  return () => value
}

function compileVariable(node: Node, scope: Scope, unit: Unit): Run {
  const keepArray = node.keepArray === true
  if (node.value === '') return (input, _frame, state) => normal(context(input, state), state, keepArray)
  const read = readVariable(String(node.value), scope, unit)
  return (input, frame, state) => {
    const value = read(input, frame, state)
    return isArray(value) ? normal(value, state, keepArray) : value
  }
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
  const condition = unit.compile(node.condition as Node, scope) // both are there in every condition
  const then = unit.compile(node.then as Node, scope)
  const otherwise = node.else && unit.compile(node.else, scope)
  const keepArray = node.keepArray === true
  return (input, frame, state) => {
    const branch = isTrue(condition(input, frame, state), state) ? then : otherwise
    return branch === undefined ? undefined : normal(branch(input, frame, state), state, keepArray)
  }
}

function compileBlock(node: Node, scope: Scope, unit: Unit): Run {
  const nodes = node.expressions ?? []
  const names = boundNames(nodes)
  const keepArray = node.keepArray === true
  const inner = names.size > 0 || unit.dynamic ? new NewScope(scope, names) : undefined
  const runs = nodes.map((one) => unit.compile(one, inner ?? scope))
  const [only] = runs
  if (inner === undefined && runs.length === 1 && only !== undefined) {
    return (input, frame, state) => normal(only(input, frame, state), state, keepArray)
  }
  const open = inner && frameOpener(inner, unit)
  return (input, frame, state) => {
    const own = open === undefined ? frame : open(frame)
    let result: unknown
    for (let index = 0; index < runs.length; index++) result = (runs[index] as Run)(input, own, state) // below the length
    return normal(result, state, keepArray)
  }
}

function compileBind(node: Node, scope: Scope, unit: Unit): Run {
  const run = unit.compile(node.rhs as Node, scope) // every := has a right side
  const write = writeVariable(String((node.lhs as Node).value), scope, unit) // and a variable on the left
  return (input, frame, state) => {
    const value = run(input, frame, state)
    write(frame, value)
    return normal(value, state, node.keepArray === true)
  }
}

function compileRegex(node: Node): Run {
  const pattern = new Pattern(node.value instanceof RegExp ? node.value : /(?:)/, node.position)
  return () => new Callable(new Matcher(pattern))
}
