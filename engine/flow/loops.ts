import { type Problem, warning } from '../errors.ts'
import { strongComponents } from './graph.ts'
import type { Plan } from './model.ts'
import { type TopicEnd, type Ways, waysOf } from './ways.ts'

/** Two ends of a topic between which messages may come round to where they were. */
export interface TopicLoop {
  readonly from: TopicEnd
  readonly to: TopicEnd
}

/**
 * Circles that lead over topics, through one flow or several: a node publishes what another receives, whose messages come
 * back to the first. A warning for each such pair, at the publisher: filters say what may happen, and a device can stand
 * between the two on purpose.
 */
export function topicLoops(plans: readonly Plan[]): Problem[] {
  return loopsOf(waysOf(plans)).map(({ from, to }) => {
    const values = {
      publisher: from.vertex,
      topic: from.topics.filter,
      subscriber: to.vertex,
      filter: to.topics.filter,
    }
    return warning('TOPIC_LOOP', values, { flow: from.flow, node: from.node })
  })
}

/** The same as data. */
export function loopsOf({ edges, topics }: Ways): TopicLoop[] {
  if (topics.length === 0) return []
  const component = new Map<string, number>()
  for (const [index, vertices] of strongComponents(edges.keys(), edges).entries()) {
    for (const vertex of vertices) component.set(vertex, index)
  }
  return topics.filter(({ from, to }) => component.get(from.vertex) === component.get(to.vertex))
}
