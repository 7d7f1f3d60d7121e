import { BoundedCache } from '../spec/cache.ts'
import { isSystem, withoutShare } from '../spec/topics.ts'

export { filtersIntersect } from '../spec/topics.ts'

/** Topics whose matches are kept. */
const cachedTopics = 8192
/** Longer topics are not kept, so that nobody can fill the memory with them. */
const longestCached = 512

interface Level<Value> {
  readonly children: Map<string, Level<Value>>
  /** Whose filter ends here. */
  readonly values: Set<Value>
  /** Whose filter goes on with "#" here. */
  readonly rest: Set<Value>
}

/**
 * Finds who is interested in a topic, by the rules of MQTT 4.7. A value that several matching filters lead to is found once.
 * What a topic matched is remembered, so a topic that repeats costs one look-up however many filters there are.
 */
export class TopicTrie<Value> {
  readonly #root: Level<Value> = emptyLevel()
  readonly #cache = new BoundedCache<string, readonly Value[]>(cachedTopics)

  /** The filter must be valid; `$share/group/` in front is passed over. Adding a pair again changes nothing. */
  add(filter: string, value: Value): void {
    this.#cache.clear()
    let level = this.#root
    for (const name of withoutShare(filter).split('/')) {
      if (name === '#') {
        level.rest.add(value)
        return
      }
      let next = level.children.get(name)
      if (next === undefined) {
        next = emptyLevel()
        level.children.set(name, next)
      }
      level = next
    }
    level.values.add(value)
  }

  /** Removes a pair that was added; others stay. */
  remove(filter: string, value: Value): void {
    this.#cache.clear()
    const path: { level: Level<Value>; name: string }[] = []
    let level = this.#root
    let last = level.values
    for (const name of withoutShare(filter).split('/')) {
      last = level.rest
      if (name === '#') break
      const next = level.children.get(name)
      if (next === undefined) return
      path.push({ level, name })
      level = next
      last = level.values
    }
    last.delete(value)
    for (const { level: parent, name } of path.reverse()) {
      const child = parent.children.get(name)
      if (child === undefined || child.children.size + child.values.size + child.rest.size > 0) return
      parent.children.delete(name)
    }
  }

  /** The values of all filters that match, in no particular order. The list is shared: do not change it. */
  match(topic: string): readonly Value[] {
    const known = this.#cache.get(topic)
    if (known !== undefined) return known
    const found = [...this.#search(topic)]
    if (topic.length <= longestCached) this.#cache.set(topic, found)
    return found
  }

  /** Level by level over all branches at once: topics can have 65,535 levels, which no recursion should follow. */
  #search(topic: string): Set<Value> {
    const found = new Set<Value>()
    let branches = [this.#root]
    let wildcards = !isSystem(topic)
    for (const name of topic.split('/')) {
      const next: Level<Value>[] = []
      for (const level of branches) {
        const child = level.children.get(name)
        if (child !== undefined && name !== '+') next.push(child)
        if (!wildcards) continue
        for (const value of level.rest) found.add(value)
        const any = level.children.get('+')
        if (any !== undefined) next.push(any)
      }
      if (next.length === 0) return found
      branches = next
      wildcards = true
    }
    for (const level of branches) {
      for (const value of level.values) found.add(value)
      for (const value of level.rest) found.add(value) // "a/#" matches "a" too
    }
    return found
  }
}

function emptyLevel<Value>(): Level<Value> {
  return { children: new Map(), values: new Set(), rest: new Set() }
}
