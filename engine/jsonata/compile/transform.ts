import type { Node } from '../ast.ts'
import { apply, Callable, Native } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Frame, Run, Scope } from '../frame.ts'
import { clone as cloneOf } from '../functions/objects.ts'
import { Signature } from '../signature.ts'
import type { State } from '../state.ts'
import { type Dict, isArray, isObject, setOwn } from '../values.ts'
import { isFunction, readVariable, type Unit } from './unit.ts'

interface Parts {
  readonly clone: Run
  readonly pattern: Run
  readonly update: Run
  readonly updatePosition: number | undefined
  readonly remove: Run | undefined
  readonly removePosition: number | undefined
  readonly position: number | undefined
}

/** Compiles `|pattern|update, delete|`: a function that gives a changed copy. */
export function compileTransform(node: Node, scope: Scope, unit: Unit): Run {
  const update = node.update as Node // the parser asks for it
  const parts: Parts = {
    clone: readVariable('clone', scope, unit),
    pattern: unit.compile(node.pattern as Node, scope), // and for this
    update: unit.compile(update, scope),
    updatePosition: update.position,
    remove: node.delete && unit.compile(node.delete, scope),
    removePosition: node.delete?.position,
    position: node.position,
  }
  const signature = new Signature('<(oa):o>')
  return (_input, frame) =>
    new Callable(
      new Native(([value], _context, _frame, state) => transform(parts, value, frame, state), { arity: 1, signature }),
    )
}

function transform(parts: Parts, value: unknown, frame: Frame, state: State): unknown {
  if (value === undefined) return undefined
  const clone = parts.clone(undefined, frame, state)
  if (!isFunction(clone)) throw new Failure('T2013', { position: parts.position })
  // An overridden $clone may give the input itself, which is never changed.
  const copy = isBuiltInClone(clone)
    ? apply(clone, [value], null, frame, state)
    : cloneOf(apply(clone, [value], null, frame, state), state)
  const found = parts.pattern(copy, frame, state)
  if (found === undefined) return copy
  const owned = new Set<unknown>()
  collectObjects(copy, owned, state)
  for (const match of isArray(found) ? found : [found]) {
    state.charge(1)
    const target = owned.has(match) ? (match as Dict) : undefined // only objects are collected
    change(target, parts.update(match, frame, state), parts)
    if (parts.remove !== undefined) drop(target, parts.remove(match, frame, state), parts)
  }
  return copy
}

function isBuiltInClone(clone: unknown): boolean {
  const body = Callable.body(clone)
  return body instanceof Native && body.isBuiltIn
}

/** Every object of a copy, without the arrays: nothing else may be changed. */
function collectObjects(value: unknown, owned: Set<unknown>, state: State): void {
  if (!isObject(value) || owned.has(value)) return
  state.charge(1)
  if (!isArray(value)) owned.add(value)
  for (const item of isArray(value) ? value : Object.values(value)) collectObjects(item, owned, state)
}

function change(match: Dict | undefined, update: unknown, { updatePosition }: Parts): void {
  if (update === undefined) return
  if (!isObject(update) || isArray(update) || Callable.is(update)) {
    throw new Failure('T2011', { position: updatePosition, value: update })
  }
  if (match === undefined) return
  for (const [key, value] of Object.entries(update)) setOwn(match, key, value)
}

function drop(match: Dict | undefined, names: unknown, { removePosition }: Parts): void {
  if (names === undefined) return
  const list = isArray(names) ? names : [names]
  if (!list.every((name) => typeof name === 'string')) {
    throw new Failure('T2012', { position: removePosition, value: names })
  }
  if (match !== undefined) for (const name of list) delete match[name]
}
