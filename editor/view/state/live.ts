import type { LiveFrame, LiveValue, NodeStatistics, TopicValue } from '../../../engine/server/protocol.ts'
import { addTopic, type TopicNode, topicTree } from '../../core/topics.ts'

type LiveTick = Extract<LiveFrame, { type: 'live' }>
type TopicTick = Extract<LiveFrame, { type: 'topics' }>

/** One message of a topic as it was seen. */
export interface SeenValue {
  text: string
  time: number
}

/**
 * What runs through the engine right now. It stays out of React: frames fill plain maps, and once a painted frame those who
 * bound themselves to a key are called and write into their own elements.
 */
export interface Live {
  readonly nodes: ReadonlyMap<string, NodeStatistics>
  readonly values: ReadonlyMap<string, LiveValue>
  readonly topics: ReadonlyMap<string, TopicValue>
  readonly tree: TopicNode
  readonly engine: { rate: number; received: number; dropped: number }
  /** Topics followed, and messages on topics beyond the limit. */
  readonly watch: { known: number; left: number }
  /** The last messages of the topics in `keep`, oldest first. */
  readonly history: ReadonlyMap<string, readonly SeenValue[]>
  /** Calls back after changes of a key (`flow/node`, `flow/node.port`, `topic:...`, or one of the names below); returns how to end it. */
  bind(key: LiveKey, update: () => void): () => void
  take(frame: LiveTick | TopicTick): void
  pause(on: boolean): void
  /** Starts to keep the messages of a topic; returns how to end it. */
  keep(topic: string): () => void
  clearTopics(): void
}

/** `*engine`: rates of the whole engine. `*topics`: any topic value. `*tree`: there are new topics. `*values`: any value at a port. */
export type LiveKey = string

const keptMessages = 200

export function createLive(): Live {
  const nodes = new Map<string, NodeStatistics>()
  const values = new Map<string, LiveValue>()
  const topics = new Map<string, TopicValue>()
  const history = new Map<string, SeenValue[]>()
  const bindings = new Map<LiveKey, Set<() => void>>()
  const changed = new Set<LiveKey>()
  const state = {
    tree: topicTree(),
    engine: { rate: 0, received: 0, dropped: 0 },
    watch: { known: 0, left: 0 },
    paused: false,
    asked: false,
  }

  const flush = () => {
    state.asked = false
    if (state.paused) return
    for (const key of changed) for (const update of bindings.get(key) ?? []) update()
    changed.clear()
  }
  const ask = () => {
    if (state.asked || state.paused) return
    state.asked = true
    requestAnimationFrame(flush)
  }
  const takeLive = (frame: LiveTick) => {
    for (const [key, statistics] of Object.entries(frame.nodes)) {
      nodes.set(key, statistics)
      changed.add(key)
    }
    for (const [key, value] of Object.entries(frame.values)) {
      values.set(key, value)
      changed.add(key)
      changed.add('*values')
    }
    state.engine = frame.engine
    changed.add('*engine')
  }
  const takeTopics = (frame: TopicTick) => {
    for (const [topic, value] of Object.entries(frame.values)) {
      topics.set(topic, value)
      if (addTopic(state.tree, topic)) changed.add('*tree')
      changed.add(`topic:${topic}`)
      const kept = history.get(topic)
      if (kept !== undefined && kept.at(-1)?.time !== value.time) {
        kept.push({ text: value.text, time: value.time })
        if (kept.length > keptMessages) kept.shift()
      }
    }
    state.watch = { known: frame.known, left: frame.left }
    changed.add('*topics')
  }
  return {
    nodes,
    values,
    topics,
    history,
    get tree() {
      return state.tree
    },
    get engine() {
      return state.engine
    },
    get watch() {
      return state.watch
    },
    bind(key, update) {
      const list = bindings.get(key) ?? new Set()
      bindings.set(key, list)
      list.add(update)
      return () => {
        list.delete(update)
        if (list.size === 0) bindings.delete(key)
      }
    },
    take(frame) {
      if (frame.type === 'live') takeLive(frame)
      else takeTopics(frame)
      ask()
    },
    pause(on) {
      state.paused = on
      if (!on) ask()
    },
    keep(topic) {
      const first = topics.get(topic)
      history.set(topic, first === undefined ? [] : [{ text: first.text, time: first.time }])
      return () => history.delete(topic)
    },
    clearTopics() {
      topics.clear()
      history.clear()
      state.tree = topicTree()
      state.watch = { known: 0, left: 0 }
      changed.add('*tree')
      changed.add('*topics')
      ask()
    },
  }
}
