import { filtersIntersect } from '../../spec/topics.ts'
import type { BrokerStore, StoredPacket } from '../../store/broker.ts'

/** Topics that are looked at in one go. */
const page = 256

/**
 * The retained messages that a filter matches, in order of topic, and `undefined` after each page of topics: a place to let
 * others work. Only topics below the filter's literal start are looked at.
 */
export function* matchingRetained(store: BrokerStore, filter: string): Generator<StoredPacket | undefined> {
  const wildcard = filter.search(/[+#]/)
  if (wildcard < 0) {
    const packet = store.retained(filter)
    if (packet !== undefined) yield packet
    return
  }
  const prefix = filter.slice(0, wildcard)
  if (filter.endsWith('/#') && wildcard === filter.length - 1) {
    // "a/#" matches "a" too, which does not start with "a/".
    const parent = store.retained(filter.slice(0, -2))
    if (parent !== undefined) yield parent
  }
  let after = ''
  for (;;) {
    const topics = store.retainedTopics(prefix, after, page)
    for (const topic of topics) {
      if (!filtersIntersect(filter, topic)) continue
      const packet = store.retained(topic)
      if (packet !== undefined) yield packet
    }
    const last = topics[topics.length - 1]
    if (topics.length < page || last === undefined) return
    after = last
    yield undefined
  }
}

/** Every topic that has a retained message. */
export function* allRetainedTopics(store: BrokerStore): Generator<string> {
  let after = ''
  for (;;) {
    const topics = store.retainedTopics('', after, page)
    yield* topics
    const last = topics[topics.length - 1]
    if (topics.length < page || last === undefined) return
    after = last
  }
}
