import type { Node, Pair } from '../ast.ts'
import type { Run, Scope } from '../frame.ts'
import { appendAll } from '../sequences.ts'
import { CONSTRUCTED, type State } from '../state.ts'
import { type Dict, isArray } from '../values.ts'
import { compilePairs, groupOf } from './group.ts'
import type { Unit } from './unit.ts'

/** Compiles `[a, b]`: arrays among the values lose their brackets, unless they are constructors themselves. */
export function compileArray(node: Node, scope: Scope, unit: Unit): Run {
  const nodes = node.expressions ?? []
  const items = nodes.map((item) => unit.compile(item, scope))
  const nested = nodes.map((item) => item.value === '[')
  const isConstructed = node.consarray === true
  return (input, frame, state) => {
    state.charge(1 + (items.length >> 3))
    const list: unknown[] = []
    for (let index = 0; index < items.length; index++) {
      const value = (items[index] as Run)(input, frame, state) // below the length
      if (value === undefined) continue
      if (nested[index] === true || !isArray(value)) list.push(value)
      else appendAll(list, value, state)
    }
    if (isConstructed) state.mark(list, CONSTRUCTED)
    return list
  }
}

/** Compiles `{key: value}` as an expression of its own. */
export function compileObject(node: Node, scope: Scope, unit: Unit): Run {
  const pairs = node.lhs as readonly Pair[] // what object constructors have there
  const groupNode = { lhs: pairs, position: node.position }
  const compiled = compilePairs(groupNode, scope, unit)
  const group = groupOf(compiled, groupNode, { scope, unit })
  const fields = literalFields(pairs, compiled.values)
  if (fields === undefined) return group
  return (input, frame, state) => (isArray(input) ? group(input, frame, state) : build(fields, input, frame, state))
}

/** Keys that are known, with their values; a template with all of them lets objects share one shape. */
interface Fields {
  readonly keys: readonly string[]
  readonly values: readonly Run[]
  readonly template: Dict
}

function literalFields(pairs: readonly Pair[], values: readonly Run[]): Fields | undefined {
  const keys = pairs.map(([key]) => (isLiteral(key) ? String(key.value) : undefined))
  const template: Dict = {}
  for (const key of keys) {
    if (key === undefined || key === '__proto__' || /^\d/.test(key) || Object.hasOwn(template, key)) return undefined
    template[key] = undefined
  }
  return { keys: Object.keys(template), values, template }
}

function isLiteral(node: Node): boolean {
  return node.type === 'string' && node.predicate === undefined && node.group === undefined
}

type Build = Parameters<Run>

function build({ keys, values, template }: Fields, input: Build[0], frame: Build[1], state: State): Dict {
  state.charge(1 + (keys.length >> 3))
  const result: Dict = { ...template }
  let isWhole = true
  for (let index = 0; index < keys.length; index++) {
    const value = (values[index] as Run)(input, frame, state) // as many as keys
    if (value === undefined) isWhole = false
    result[keys[index] as string] = value // below the length
  }
  return isWhole ? result : withoutMissing(result)
}

function withoutMissing(source: Dict): Dict {
  const result: Dict = {}
  for (const key in source) if (source[key] !== undefined) result[key] = source[key]
  return result
}
