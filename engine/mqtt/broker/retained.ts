import { filtersIntersect } from '../../spec/topics.ts'
import type { BrokerStore } from '../../store/broker.ts'

/** Topics that are looked at in one go. */
const page = 256

/**
 * The topics with a retained message that a filter matches, in order, and `undefined` after each page of topics: a place to let
 * others work. Only topics below the filter's literal start are looked at.
 */
export function* matchingRetained(store: BrokerStore, filter: string): Generator<string | undefined> {
  const wildcard = filter.search(/[+#]/)
  if (wildcard < 0) {
    yield filter
    return
  }
  const prefix = filter.slice(0, wildcard)
  // "a/#" matches "a" too, which does not start with "a/".
  if (filter.endsWith('/#') && wildcard === filter.length - 1) yield filter.slice(0, -2)
  let after = ''
  for (;;) {
    const topics = store.retainedTopics(prefix, after, page)
    for (const topic of topics) if (filtersIntersect(filter, topic)) yield topic
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
