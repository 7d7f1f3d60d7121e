import type { Group } from '../ast.ts'
import { Failure } from '../errors.ts'
import { type Frame, type Run, Scope } from '../frame.ts'
import { appendAll } from '../sequences.ts'
import { type State, TUPLES } from '../state.ts'
import { type Dict, isArray, setOwn } from '../values.ts'
import { boundNames } from './facts.ts'
import { tupleFrame } from './tuple.ts'
import { lazy, type Unit } from './unit.ts'

/** The items that share a key. */
interface Entry {
  data: unknown
  readonly pair: number
  /** `data` is a list of our own that can grow. */
  isList: boolean
}

/** Compiled pairs. */
export interface Pairs {
  readonly keys: readonly Run[]
  readonly values: readonly Run[]
  readonly position: number | undefined
}

/** Compiles `{key: value}`: first all keys of all items, then one value for each key. */
export function compileGroup({ lhs, position }: GroupNode, scope: Scope, unit: Unit): Run {
  return groupOf(compilePairs({ lhs, position }, scope, unit), { lhs, position }, { scope, unit })
}

/** The pairs of a constructor, or those behind an expression. */
export type GroupNode = Pick<Group, 'lhs'> & { readonly position: number | undefined }

/** Makes the grouping of pairs that are compiled already; those for tuples are compiled when there are tuples. */
export function groupOf(plain: Pairs, node: GroupNode, { scope, unit }: { scope: Scope; unit: Unit }): Run {
  const forTuples = lazy(() => {
    const inner = new Scope(scope, boundNames(node.lhs.flat()), true)
    return { inner, pairs: compilePairs(node, inner, unit) }
  })
  return (input, frame, state) => {
    if (unit.facts.hasTuples && state.has(input, TUPLES)) {
      const { inner, pairs } = forTuples()
      return groupTuples(pairs, input as Dict[], { frame, scope: inner, state }) // the mark says that they are tuples
    }
    return groupItems(plain, isArray(input) ? input : [input], frame, state)
  }
}

/** Compiles the keys and values of pairs. */
export function compilePairs({ lhs, position }: GroupNode, scope: Scope, unit: Unit): Pairs {
  return {
    keys: lhs.map(([key]) => unit.compile(key, scope)),
    values: lhs.map(([, value]) => unit.compile(value, scope)),
    position,
  }
}

function groupItems(pairs: Pairs, items: readonly unknown[], frame: Frame, state: State): unknown {
  const groups: Record<string, Entry> = Object.create(null)
  const list = items.length === 0 ? [undefined] : items
  state.charge(list.length)
  for (let index = 0; index < list.length; index++) {
    const item = list[index]
    for (let pair = 0; pair < pairs.keys.length; pair++) {
      const key = (pairs.keys[pair] as Run)(item, frame, state) // below the length
      addToGroup(groups, { key, item, pair, position: pairs.position }, state)
    }
  }
  const result: Dict = {}
  for (const key of Object.keys(groups)) {
    const entry = groups[key] as Entry // one of the keys
    const value = (pairs.values[entry.pair] as Run)(entry.data, frame, state) // pair was below the length
    if (value !== undefined) setOwn(result, key, value)
  }
  return result
}

interface Member {
  readonly key: unknown
  readonly item: unknown
  readonly pair: number
  readonly position: number | undefined
}

function addToGroup(groups: Record<string, Entry>, { key, item, pair, position }: Member, state: State): void {
  if (key === undefined) return
  if (typeof key !== 'string') throw new Failure('T1003', { position, value: key })
  const entry = groups[key]
  if (entry === undefined) {
    groups[key] = { data: item, pair, isList: false }
    return
  }
  if (entry.pair !== pair) throw new Failure('D1009', { position, value: key })
  appendTo(entry, item, state)
}

function appendTo(entry: Entry, item: unknown, state: State): void {
  if (item === undefined) return
  if (entry.isList)
    appendAll(entry.data as unknown[], item, state) // isList says that it is one
  else if (entry.data === undefined) entry.data = item
  else {
    const list: unknown[] = []
    appendAll(list, entry.data, state)
    appendAll(list, item, state)
    entry.data = list
    entry.isList = true
  }
}

interface Place {
  readonly frame: Frame
  readonly scope: Scope
  readonly state: State
}

function groupTuples(pairs: Pairs, tuples: readonly Dict[], { frame, scope, state }: Place): unknown {
  const groups: Record<string, { data: Dict[]; pair: number; isList: boolean }> = Object.create(null)
  state.charge(tuples.length)
  for (const tuple of tuples) {
    const inner = tupleFrame(tuple, frame, scope)
    for (let pair = 0; pair < pairs.keys.length; pair++) {
      const key = (pairs.keys[pair] as Run)(tuple['@'], inner, state) // below the length
      addToGroup(groups as Record<string, Entry>, { key, item: tuple, pair, position: pairs.position }, state)
    }
  }
  const result: Dict = {}
  for (const key of Object.keys(groups)) {
    const entry = groups[key] as Entry // one of the keys
    const merged = mergeTuples(entry, state)
    const context = merged['@']
    delete merged['@']
    const value = (pairs.values[entry.pair] as Run)(context, tupleFrame(merged, frame, scope), state)
    if (value !== undefined) setOwn(result, key, value)
  }
  return result
}

/** One tuple whose fields hold what the fields of all tuples of a group hold. */
function mergeTuples(entry: Entry, state: State): Dict {
  const result: Dict = Object.create(null)
  const tuples = (entry.isList ? entry.data : [entry.data]) as Dict[] // groups of tuples hold tuples
  const [first, ...rest] = tuples
  const lists: Record<string, Entry> = Object.create(null)
  for (const [name, data] of Object.entries(first ?? {})) lists[name] = { data, pair: 0, isList: false }
  for (const tuple of rest) {
    for (const [name, item] of Object.entries(tuple)) {
      const list = lists[name]
      if (list === undefined) lists[name] = { data: item, pair: 0, isList: false }
      else appendTo(list, item, state)
    }
  }
  for (const [name, list] of Object.entries(lists)) result[name] = list.data
  return result
}
