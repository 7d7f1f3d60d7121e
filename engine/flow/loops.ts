import { type Problem, warning } from '../errors.ts'
import type { Subscription } from '../spec/spec.ts'
import { filtersIntersect } from '../spec/topics.ts'
import { strongComponents } from './graph.ts'
import type { Plan } from './model.ts'

/** A node with one of its topic filters. */
interface End {
  /** `flow/node`. */
  readonly vertex: string
  readonly flow: string
  readonly node: string
  readonly topics: Subscription
}

/**
 * Circles that lead over topics, through one flow or several: a node publishes what another receives, whose messages come
 * back to the first. A warning for each such pair, at the publisher: filters say what may happen, and a device can stand
 * between the two on purpose.
 */
export function topicLoops(plans: readonly Plan[]): Problem[] {
  const publishers: End[] = []
  const subscribers: End[] = []
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
    }
  }
  const pairs = publishers.flatMap((from) => subscribers.filter((to) => meet(from, to)).map((to) => ({ from, to })))
  for (const { from, to } of pairs) edges.get(from.vertex)?.push(to.vertex)
  const component = new Map<string, number>()
  for (const [index, vertices] of strongComponents(edges.keys(), edges).entries()) {
    for (const vertex of vertices) component.set(vertex, index)
  }
  const loops = pairs.filter(({ from, to }) => component.get(from.vertex) === component.get(to.vertex))
  return loops.map(({ from, to }) => {
    const values = {
      publisher: from.vertex,
      topic: from.topics.filter,
      subscriber: to.vertex,
      filter: to.topics.filter,
    }
    return warning('TOPIC_LOOP', values, { flow: from.flow, node: from.node })
  })
}

/** Whether what one publishes can reach the other. Connections of different names are taken for different brokers. */
function meet(from: End, to: End): boolean {
  const [sends, receives] = [from.topics.broker ?? defaultBroker, to.topics.broker ?? defaultBroker]
  return sends === receives && filtersIntersect(from.topics.filter, to.topics.filter)
}

/** The connection of nodes that name none. */
const defaultBroker = 'default'
