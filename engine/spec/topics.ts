import { crc32 } from 'node:zlib'
import { rulewireError } from '../errors.ts'
import { BoundedCache } from './cache.ts'

/** A topic filter of a flow, with the names that stand in it. */
export interface CompiledFilter {
  /** As MQTT has it: `{name}` has become `+`. */
  readonly filter: string
  /** What each `{name}` stands for in a topic that the filter matches. The object is shared and frozen: do not change it. */
  params(topic: string): Readonly<Record<string, string>>
}

/** Fills the `{name}`s of a topic; see {@link compileTemplate}. */
export interface TopicTemplate {
  (params: Readonly<Record<string, unknown>>): string
  /** A topic filter that matches every topic it can give. */
  readonly filter: string
}

/** Topics whose params are kept for each compiled filter. */
const cachedTopics = 4096
/** Longer topics are not kept, so that nobody can fill the memory with them. */
const longestCached = 512
const longestTopic = 65_535
const noParams: Readonly<Record<string, string>> = Object.freeze({})

/** Why a text is not a topic filter of MQTT with `{name}` levels, or undefined when it is one. */
export function topicFilterFault(text: string): string | undefined {
  if (text === '') return 'it is empty'
  if (text.includes('\0')) return 'it holds a NUL'
  if (Buffer.byteLength(text) > longestTopic) return 'it is longer than 65,535 bytes'
  const levels = text.split('/')
  const names = new Set<string>()
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) return '"#" must be the whole last level'
    if (level.includes('+') && level !== '+') return '"+" must be a whole level'
    const brace = level.includes('{') || level.includes('}')
    const name = parameterOf(level)
    if (brace && name === undefined) return `"${level}" is not a parameter; write {name} as a whole level`
    if (name !== undefined && names.has(name)) return `{${name}} stands twice`
    if (name !== undefined) names.add(name)
  }
  return undefined
}

/**
 * Reads a filter such as `fridges/{fridge}/climate`; `$share/group/` may stand in front.
 * Throws TOPIC_FILTER when it is none.
 */
export function compileFilter(text: string): CompiledFilter {
  const fault = topicFilterFault(text)
  if (fault !== undefined) throw rulewireError('TOPIC_FILTER', { filter: text, detail: fault, name: '{name}' })
  const shared = text.length - withoutShare(text).length
  const filter = text
    .split('/')
    .map((level) => (parameterOf(level) === undefined ? level : '+'))
    .join('/')
  const places: [string, number][] = []
  for (const [index, level] of text.slice(shared).split('/').entries()) {
    const name = parameterOf(level)
    if (name !== undefined) places.push([name, index])
  }
  if (places.length === 0) return { filter, params: () => noParams }
  const known = new BoundedCache<string, Readonly<Record<string, string>>>(cachedTopics)
  return {
    filter,
    params: (topic) => {
      const found = known.get(topic)
      if (found !== undefined) return found
      const levels = topic.split('/')
      // fromEntries makes own fields of any name, __proto__ too.
      const params = Object.freeze(Object.fromEntries(places.map(([name, index]) => [name, levels[index] ?? ''])))
      if (topic.length <= longestCached) known.set(topic, params)
      return params
    },
  }
}

/**
 * Reads a topic to publish to, such as `alerts/{device}`, and gives a function that fills it from params.
 * Throws TOPIC_NAME here when the text can never be a topic, and on a call when a value is missing or empty, holds "/", "+",
 * "#" or NUL, or starts with "$": a device must not choose the topic tree that it writes to.
 */
export function compileTemplate(text: string): TopicTemplate {
  const refuse = (detail: string) => rulewireError('TOPIC_NAME', { topic: text, detail })
  if (text === '') throw refuse('it is empty')
  const forbidden = /[+#\0]/.exec(text)?.[0]
  if (forbidden !== undefined) throw refuse(`it holds ${forbidden === '\0' ? 'a NUL' : `"${forbidden}"`}`)
  const parts = text.split(/\{([A-Za-z_]\w*)\}/) // texts at even places, names at odd ones
  if (parts.some((part, index) => index % 2 === 0 && /[{}]/.test(part)))
    throw refuse('a { or } is not part of a {name}')
  if (Buffer.byteLength(text) > longestTopic) throw refuse('it is longer than 65,535 bytes')
  const filter = text
    .split('/')
    .map((level) => (level.includes('{') ? '+' : level))
    .join('/')
  const fill = (params: Readonly<Record<string, unknown>>) => {
    let topic = parts[0] ?? ''
    for (let index = 1; index < parts.length; index += 2) {
      const name = parts[index] ?? ''
      const value = Object.hasOwn(params, name) ? params[name] : undefined
      const level = typeof value === 'string' ? value : textOf(value)
      if (level === undefined || level === '' || level.startsWith('$') || unsafeInLevel.test(level)) {
        throw refuse(`{${name}} ${faultOf(value)}`)
      }
      topic += level + (parts[index + 1] ?? '')
    }
    // A UTF-16 unit is at most three bytes of UTF-8.
    if (topic.length * 3 > longestTopic && Buffer.byteLength(topic) > longestTopic) {
      throw refuse('it becomes longer than 65,535 bytes')
    }
    return topic
  }
  return Object.assign(fill, { filter })
}

/** Whether one topic can match both filters. `$share/group/` in front counts for nothing. */
export function filtersIntersect(left: string, right: string): boolean {
  const a = withoutShare(left).split('/')
  const b = withoutShare(right).split('/')
  for (let index = 0; ; index++) {
    const x = a[index]
    const y = b[index]
    if (x === undefined && y === undefined) return true
    if (x === '#' || y === '#') return index > 0 || !(isSystem(x) || isSystem(y))
    if (x === undefined || y === undefined) return false
    if (x === '+' || y === '+') {
      if (index === 0 && (isSystem(x) || isSystem(y))) return false
    } else if (x !== y) return false
  }
}

/** Whether every topic that `narrow` matches is matched by `wide`. A topic is the filter of itself. */
export function filterCovers(wide: string, narrow: string): boolean {
  const [outer, inner] = [wide.split('/'), narrow.split('/')]
  if (/^[+#]/.test(wide) && isSystem(narrow)) return false
  for (let index = 0; ; index++) {
    const [level, other] = [outer[index], inner[index]]
    if (level === '#') return true
    if (level === undefined || other === undefined) return level === other
    if (other === '#' || (level !== '+' && level !== other)) return false
  }
}

/**
 * The MQTT 5 identifier under which a filter is subscribed, the same after every start: 1 to 268,435,455, or 0 for a filter
 * without wildcards, which is subscribed without one. By it one knows for which of several overlapping filters a broker
 * delivered a message.
 */
export function subscriptionId(filter: string): number {
  return /[+#]/.test(filter) ? (crc32(filter) % 268_435_455) + 1 : 0
}

/** The filter that is matched, without the `$share/group/` of a shared subscription. */
export function withoutShare(filter: string): string {
  if (!filter.startsWith('$share/')) return filter
  const end = filter.indexOf('/', 7)
  return end < 0 ? filter : filter.slice(end + 1)
}

/** Topics that start with "$" belong to the broker; a wildcard in front does not match them [MQTT-4.7.2-1]. */
export function isSystem(topic: string | undefined): boolean {
  return topic?.startsWith('$') === true
}

const unsafeInLevel = /[/+#\0]/

function parameterOf(level: string): string | undefined {
  return /^\{([A-Za-z_]\w*)\}$/.exec(level)?.[1]
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)) ? String(value) : undefined
}

function faultOf(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (value === '') return 'is empty'
  const text = typeof value === 'string' ? value : textOf(value)
  if (text === undefined) {
    if (value === null || typeof value === 'number') return `is ${value}`
    return Array.isArray(value) ? 'is an array' : typeof value === 'object' ? 'is an object' : `is a ${typeof value}`
  }
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text)
  if (text.startsWith('$')) return `is ${shown}, which starts with "$"`
  const found = unsafeInLevel.exec(text)?.[0]
  return `is ${shown}, which holds ${found === '\0' ? 'a NUL' : `"${found}"`}`
}
