import { defaultConnection } from '../spec/connection.ts'
import type { Subscription } from '../spec/spec.ts'
import { FilterIndex } from './filter-index.ts'
import type { Edges } from './graph.ts'
import type { Plan } from './model.ts'

/** A node with one of its topic filters. */
export interface TopicEnd {
  /** `flow/node`. */
  readonly vertex: string
  readonly flow: string
  readonly node: string
  readonly topics: Subscription
}

/** Where messages may go between nodes of all flows, by `flow/node`: over wires, over links, and over topics of a broker. */
export interface Ways {
  readonly edges: Edges
  /** What publishes, and what may receive it. */
  readonly topics: readonly { from: TopicEnd; to: TopicEnd }[]
}

/** The ways through flows; those that are disabled have none. */
export function waysOf(plans: Iterable<Plan>): Ways {
  const publishers: TopicEnd[] = []
  const subscribers: TopicEnd[] = []
  const senders: { vertex: string; link: string }[] = []
  const receivers = new Map<string, string[]>()
  const edges = new Map<string, string[]>()
  for (const { flow, nodes, disabled } of plans) {
    if (disabled) continue
    for (const { id: node, spec, config, wires } of nodes) {
      const vertex = `${flow}/${node}`
      edges.set(vertex, [
        ...new Set(Object.values(wires).flatMap((targets) => targets.map((to) => `${flow}/${to.node}`))),
      ])
      for (const topics of spec.publishes?.(config) ?? []) publishers.push({ vertex, flow, node, topics })
      for (const topics of spec.subscribes?.(config) ?? []) subscribers.push({ vertex, flow, node, topics })
      if (spec.links !== undefined) senders.push({ vertex, link: spec.links(config) })
      if (spec.receives === undefined) continue
      const link = spec.receives(config)
      receivers.set(link, [...(receivers.get(link) ?? []), vertex])
    }
  }
  const topics = meetings(publishers, subscribers)
  for (const { from, to } of topics) edges.get(from.vertex)?.push(to.vertex)
  for (const { vertex, link } of senders) edges.get(vertex)?.push(...(receivers.get(link) ?? []))
  return { edges, topics }
}

/** All that can be reached from some vertices, without them unless a way leads back. */
export function reachableFrom(start: Iterable<string>, edges: Edges): ReadonlySet<string> {
  const reached = new Set<string>()
  const queue = [...start]
  for (const vertex of queue) {
    for (const target of edges.get(vertex) ?? []) {
      if (reached.has(target)) continue
      reached.add(target)
      queue.push(target)
    }
  }
  return reached
}

/** Who can reach whom over a topic, in order. Connections of different names are taken for different brokers. */
function meetings(publishers: readonly TopicEnd[], subscribers: readonly TopicEnd[]): Ways['topics'] {
  if (publishers.length === 0) return []
  const indexes = new Map<string, FilterIndex<number>>()
  for (const [place, { topics }] of subscribers.entries()) {
    const broker = topics.broker ?? defaultConnection
    const index = indexes.get(broker) ?? new FilterIndex<number>()
    indexes.set(broker, index)
    index.add(topics.filter, place)
  }
  return publishers.flatMap((from) => {
    const places = indexes.get(from.topics.broker ?? defaultConnection)?.meeting(from.topics.filter) ?? []
    return places
      .toSorted((one, other) => one - other)
      .flatMap((place) => {
        const to = subscribers[place]
        return to === undefined ? [] : [{ from, to }]
      })
  })
}
