import {
  arrayOf,
  MISSING,
  memberOfKind,
  NEVER,
  NUMBER,
  sameType,
  type Type,
  union,
  without,
} from '../../types/index.ts'
import type { BuiltinCall } from './builtins.ts'
import { bounded } from './inference.ts'
import { isOnly, itemsOf, type Known, known, mayMiss, placeType, type Stream, TOP } from './known.ts'
import { narrow } from './narrow.ts'
import { typeIn } from './scope.ts'

/** Rounds after which what `$reduce` gathers is taken for any value. */
const maxRounds = 5

type Result = (at: BuiltinCall) => Known | Stream

/** What the functions over arrays give; undefined if this is none of them. */
export function arrayResult(name: string, at: BuiltinCall): Known | Stream | undefined {
  return Object.hasOwn(results, name) ? results[name]?.(at) : undefined
}

const results: Readonly<Record<string, Result>> = {
  max: numberOfSome,
  min: numberOfSome,
  average: numberOfSome,
  map,
  filter,
  single,
  reduce,
  append,
  zip,
  reverse: sameArray,
  sort: sameArray,
  shuffle: sameArray,
  distinct,
}

function argument(at: BuiltinCall, index: number): Known {
  return at.args[index] ?? known(MISSING)
}

/** Nothing for an empty array, which `[a, b]` is not as long as one of them is a number. */
function numberOfSome(at: BuiltinCall): Known {
  const [node] = at.nodes
  const written = node?.type === 'unary' && node.value === '[' ? at.itemTypes(node) : []
  return known(written.some((type) => isOnly(type, 'number')) ? NUMBER : union(NUMBER, MISSING))
}

/** The values of the argument; what was no array is one now. */
function valuesOf(at: BuiltinCall): Stream {
  return itemsOf(argument(at, 0).type)
}

function map(at: BuiltinCall): Stream {
  const values = valuesOf(at)
  const result = at.apply(argument(at, 1), [known(placeType(values)), known(NUMBER), argument(at, 0)])
  return { item: without(result, 'missing'), none: true, many: true }
}

function filter(at: BuiltinCall): Stream {
  return { item: passing(at, placeType(valuesOf(at))), none: true, many: true }
}

/** The items for which the function is true, narrowed by its condition. */
function passing(at: BuiltinCall, item: Type): Type {
  const test = argument(at, 1)
  const value = known(item)
  at.apply(test, [value, known(NUMBER), argument(at, 0)])
  const lambda = test.function?.kind === 'lambda' ? test.function : undefined
  const [parameter] = lambda?.node.arguments ?? []
  if (lambda?.node.body === undefined || parameter === undefined) return item
  const others = (lambda.node.arguments ?? []).slice(1).map((other) => [String(other.value), known(TOP)] as const)
  const variables = new Map([...others, [String(parameter.value), value] as const])
  const scope = { ...lambda.scope, frame: { variables, parent: lambda.scope.frame, branches: at.inference.branches } }
  const held = narrow(at.inference, lambda.node.body, scope, true)
  return held ? typeIn(held, value) : NEVER
}

function single(at: BuiltinCall): Known {
  const { item } = valuesOf(at)
  const { type } = argument(at, 0)
  if (isOnly(type, 'missing')) return known(MISSING)
  const found = isOnly(argument(at, 1).type, 'missing') ? item : passing(at, item)
  return known(mayMiss(type) ? union(found, MISSING) : found)
}

/** The function is applied until its result does not grow any more. */
function reduce(at: BuiltinCall): Known {
  const values = valuesOf(at)
  const start = argument(at, 2).type
  const first = mayMiss(start) ? union(without(start, 'missing'), values.item) : start
  let result = first
  for (let round = 0; round < maxRounds; round += 1) {
    const next = union(
      result,
      at.apply(argument(at, 1), [known(result), known(placeType(values)), known(NUMBER), argument(at, 0)]),
    )
    if (sameType(next, result)) {
      const absent = mayMiss(argument(at, 0).type) || mayMiss(start) ? MISSING : NEVER
      return known(bounded(at.inference, union(result, absent)))
    }
    result = next
  }
  return known(TOP)
}

function append(at: BuiltinCall): Known {
  const [first, second] = [argument(at, 0), argument(at, 1)]
  const both = arrayOf(union(placeType(itemsOf(first.type)), placeType(itemsOf(second.type))))
  const alone = union(mayMiss(first.type) ? second.type : NEVER, mayMiss(second.type) ? first.type : NEVER)
  if (isOnly(first.type, 'missing')) return second
  if (isOnly(second.type, 'missing')) return first
  const absent = mayMiss(first.type) && mayMiss(second.type) ? MISSING : NEVER
  return known(bounded(at.inference, union(both, without(alone, 'missing'), absent)))
}

function zip(at: BuiltinCall): Known {
  const items = at.args.map((arg) => placeType(itemsOf(arg.type)))
  return known(bounded(at.inference, arrayOf(arrayOf(union(...items)))))
}

/** An array of the same items, even for one value. */
function sameArray(at: BuiltinCall): Known {
  const value = argument(at, 0)
  if (at.args[1]?.function) at.apply(at.args[1], [known(valuesOf(at).item), known(valuesOf(at).item)])
  return known(value.type)
}

/** The same value without repeats: a sequence that `[]` kept may become its one item. */
function distinct(at: BuiltinCall): Known {
  const value = argument(at, 0)
  const array = value.marked ? memberOfKind(value.type, 'array') : undefined
  const { spread } = value
  return { ...known(array ? union(value.type, array.item) : value.type), ...(spread ? { spread } : {}) }
}
