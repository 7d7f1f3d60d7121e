import { isSystem, withoutShare } from '../spec/topics.ts'

interface Level<Value> {
  readonly below: Map<string, Level<Value>>
  readonly values: Value[]
}

/** Topic filters by level, so that those which have a topic in common with another filter are found without asking each. */
export class FilterIndex<Value> {
  readonly #root: Level<Value> = makeLevel()

  /** `$share/group/` in front counts for nothing. */
  add(filter: string, value: Value): void {
    let level = this.#root
    for (const text of withoutShare(filter).split('/')) {
      let next = level.below.get(text)
      if (next === undefined) {
        next = makeLevel()
        level.below.set(text, next)
      }
      level = next
    }
    level.values.push(value)
  }

  /** The values of all filters that one topic can match together with this one. */
  meeting(filter: string): Value[] {
    const found: Value[] = []
    collect(this.#root, withoutShare(filter).split('/'), 0, found)
    return found
  }
}

function makeLevel<Value>(): Level<Value> {
  return { below: new Map(), values: [] }
}

function collect<Value>(level: Level<Value>, levels: readonly string[], index: number, found: Value[]): void {
  const text = levels[index]
  if (text === undefined) {
    found.push(...level.values)
    // "a/#" matches "a", too
    found.push(...(level.below.get('#')?.values ?? []))
    return
  }
  for (const [name, next] of level.below) {
    // A wildcard in front matches no topic of the broker.
    if (index === 0 && isWild(name) !== isWild(text) && isSystem(isWild(name) ? text : name)) continue
    if (name === '#') found.push(...next.values)
    else if (text === '#') takeAll(next, found)
    else if (name === text || name === '+' || text === '+') collect(next, levels, index + 1, found)
  }
  if (text === '#' && index > 0) found.push(...level.values)
}

function takeAll<Value>(level: Level<Value>, found: Value[]): void {
  found.push(...level.values)
  for (const next of level.below.values()) takeAll(next, found)
}

function isWild(text: string): boolean {
  return text === '+' || text === '#'
}
