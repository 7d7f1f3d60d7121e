import { BoundedCache } from '../spec/cache.ts'
import type { AnyNodeSpec, Subscription } from '../spec/spec.ts'
import { sameType, type Type } from '../types/index.ts'
import { ConfigMemory, type ParseConfig } from './config-cache.ts'
import { hashOf } from './hash.ts'
import type { CheckedNode } from './node.ts'

/**
 * What checks remember of those before, because a deploy checks a whole flow and mostly one node of it has changed: configs that
 * were read, their hashes, and what types told of each node.
 */
export interface CheckMemory {
  readonly parse: ParseConfig
  /** A flow with so many nodes is about to be checked. */
  expect(flow: string, nodes: number): void
  /** The hash of a node's type and config as it is written. */
  hash(spec: AnyNodeSpec, written: unknown, config: unknown): string
  /** The connections that a node names. */
  brokers(spec: AnyNodeSpec, config: unknown): readonly string[]
  readonly typing: NodeMemory
  /** What `find` gave for the same wires between the same nodes of a flow, or gives now. */
  ways<Found>(flow: string, what: string, key: string, find: () => Found): Found
}

/** @param limit nodes and configs that are remembered at most; the oldest go */
export function checkMemory(limit: number): CheckMemory {
  const hashes = new WeakMap<object, string>()
  const brokers = new WeakMap<object, readonly string[]>()
  const ways = new BoundedCache<string, { key: string; found: unknown }>(waysKept)
  const configs = new ConfigMemory(limit)
  return {
    parse: configs.parse,
    expect: (flow, nodes) => configs.expect(flow, nodes),
    hash: (spec, written, config) => once(hashes, config, () => configHash(spec.type, written)),
    brokers: (spec, config) => once(brokers, config, () => brokersOf(spec, config)),
    typing: new NodeMemory(limit),
    ways<Found>(flow: string, what: string, key: string, find: () => Found): Found {
      const name = `${flow} ${what}`
      const known = ways.get(name)
      // One name stands for one kind of thing.
      if (known?.key === key) return known.found as Found
      const found = find()
      ways.set(name, { key, found })
      return found
    },
  }
}

/** Flows of which ways are remembered, twice or thrice. */
const waysKept = 500

/** A config that was read is one object as long as it is remembered. */
function once<Value>(known: WeakMap<object, Value>, config: unknown, make: () => Value): Value {
  if (typeof config !== 'object' || config === null) return make()
  const found = known.get(config)
  if (found !== undefined) return found
  const made = make()
  known.set(config, made)
  return made
}

/** The names of the connections that a node receives from or publishes to. */
export function brokersOf(spec: AnyNodeSpec, config: unknown): readonly string[] {
  const used: Subscription[] = [...(spec.subscribes?.(config) ?? []), ...(spec.publishes?.(config) ?? [])]
  return [...new Set(used.flatMap(({ broker }) => (broker === undefined ? [] : [broker])))]
}

/** The hash of a node's type and config: the node is replaced when it is another one. */
export function configHash(type: string, config: unknown): string {
  return hashOf({ type, config })
}

/** The types that come in at each input port of a node, by wire; undefined where no wire ends. */
export type Sources = readonly (readonly Type[] | undefined)[]

interface Remembered {
  readonly spec: AnyNodeSpec | undefined
  readonly config: unknown
  readonly index: number
  readonly sources: Sources
  readonly topics: readonly { subscription: Subscription; type: Type }[]
  readonly told: unknown
}

/**
 * What was told of nodes whose type, config, place and incoming types were the same. Types are compared by identity: what is told
 * again of a node is the same object, so all behind it is known too.
 */
export class NodeMemory {
  readonly #nodes: BoundedCache<string, Remembered>

  constructor(limit: number) {
    this.#nodes = new BoundedCache(limit)
  }

  /** What `tell` gave for the same question, or gives now. It asks for types of topics by what it is handed. */
  recall<Told>(
    name: string,
    { spec, config, index }: CheckedNode,
    { sources, topicType }: { sources: Sources; topicType: (subscription: Subscription) => Type },
    tell: (topicType: (subscription: Subscription) => Type) => Told,
  ): Told {
    const known = this.#nodes.get(name)
    if (
      known !== undefined &&
      known.spec === spec &&
      known.config === config &&
      known.index === index &&
      isSame(known.sources, sources) &&
      known.topics.every(({ subscription, type }) => sameType(topicType(subscription), type))
    ) {
      // One name is asked for in one way only.
      return known.told as Told
    }
    const topics: { subscription: Subscription; type: Type }[] = []
    const told = tell((subscription) => {
      const type = topicType(subscription)
      topics.push({ subscription, type })
      return type
    })
    // A config that is wrong is another one each time.
    if (config !== undefined) this.#nodes.set(name, { spec, config, index, sources, topics, told })
    return told
  }
}

function isSame(one: Sources, other: Sources): boolean {
  return one.length === other.length && one.every((types, index) => isSameList(types, other[index]))
}

function isSameList(one: readonly Type[] | undefined, other: readonly Type[] | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.length === other.length && one.every((type, index) => type === other[index])
}
