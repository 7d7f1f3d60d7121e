import { isObject } from './path.ts'

/** A field that a message had: its path as one writes it in JSONata, and its value in short. */
export interface SeenPath {
  path: string
  value: string
  kind: 'string' | 'number' | 'boolean' | 'object' | 'array' | 'null'
}

/** The paths of messages that were seen, for completion: those of the latest first, each once. */
export function seenPaths(samples: readonly unknown[], limit = 300): SeenPath[] {
  const found = new Map<string, SeenPath>()
  const visit = (value: unknown, path: string, depth: number) => {
    if (found.size >= limit || depth > 6) return
    if (path !== '' && !found.has(path)) found.set(path, { path, value: shortText(value), kind: kindOf(value) })
    const inner = Array.isArray(value) ? value.find(isObject) : value
    if (!isObject(inner)) return
    for (const [name, field] of Object.entries(inner))
      visit(field, path === '' ? step(name) : `${path}.${step(name)}`, depth + 1)
  }
  for (const sample of samples) visit(sample, '', 0)
  return [...found.values()]
}

/** The paths that any message of these topic filters has, with the names that stand in them. */
export function expectedPaths(patterns: readonly string[]): SeenPath[] {
  const names = patterns.flatMap((pattern) => [...pattern.matchAll(/\{(\w+)\}/g)].map(([whole, name]) => [name, whole]))
  const topic = patterns[0] ?? ''
  return seenPaths([{ payload: null, params: Object.fromEntries(names), topic, time: 0, key: topic }]).map((path) => ({
    ...path,
    value: path.path.startsWith('params.') || path.path === 'topic' ? path.value : '',
  }))
}

/** A value in a few letters: text in quotes, objects and lists by what they hold. */
export function shortText(value: unknown, length = 48): string {
  if (typeof value === 'string') return cut(JSON.stringify(value), length)
  if (value === undefined) return '–'
  return cut(JSON.stringify(value) ?? String(value), length)
}

/** One line for a node: the text without what only makes it longer. A number has at most 4 digits behind the point. */
export function lineText(json: string, length = 40): string {
  if (/^-?\d+\.\d{5,}$/.test(json)) return String(Math.round(Number(json) * 10_000) / 10_000)
  const plain = json.startsWith('"') && json.endsWith('"') && json.length > 1 ? json.slice(1, -1) : json
  return cut(
    plain
      .replace(/"([A-Za-z_$][\w$]*)":/g, '$1: ')
      .replace(/,(?=\S)/g, ', ')
      .replace(/\s+/g, ' '),
    length,
  )
}

/** Age for people: `3s`, `5m`, `2h`, `4d`. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}

/** Messages a second for people: `0.4/s`, `12/s`, `5.1k/s`. */
export function rateText(rate: number): string {
  if (rate >= 1000) return `${(rate / 1000).toFixed(1)}k/s`
  return `${rate >= 10 || rate === 0 ? Math.round(rate) : rate.toFixed(1)}/s`
}

/** Numeric leaves of a value, by path: what a chart can draw. */
export function numericLeaves(value: unknown, path = '', depth = 0): [string, number][] {
  if (typeof value === 'number') return [[path === '' ? '$' : path, value]]
  if (!isObject(value) || depth > 4) return []
  return Object.entries(value).flatMap(([name, field]) =>
    numericLeaves(field, path === '' ? step(name) : `${path}.${step(name)}`, depth + 1),
  )
}

function step(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name}\``
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

function kindOf(value: unknown): SeenPath['kind'] {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  const kind = typeof value
  return kind === 'string' || kind === 'number' || kind === 'boolean' ? kind : 'object'
}

/** The message that a live value stands for, so that expressions can be tried on it; undefined when its text was cut. */
export function messageOf(
  value: { text: string; topic: string; time: number },
  patterns: readonly string[] = [],
): Record<string, unknown> | undefined {
  const payload = parsedJson(value.text)
  if (payload === undefined) return undefined
  const { topic, time } = value
  const params = patterns.map((pattern) => paramsOf(pattern, topic)).find((found) => found !== undefined) ?? {}
  return { topic, payload, time, received: time, params, key: topic, retain: false, qos: 0, props: {}, id: '' }
}

/** What the names in a topic filter (`fridges/{fridge}/climate`) stand for in a topic; undefined when it does not fit. */
export function paramsOf(pattern: string, topic: string): Record<string, string> | undefined {
  const [wanted, levels] = [pattern.split('/'), topic.split('/')]
  const params: [string, string][] = []
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return Object.fromEntries(params)
    const found = levels[index]
    if (found === undefined) return undefined
    const name = /^\{(\w+)\}$/.exec(level)?.[1]
    if (name !== undefined) params.push([name, found])
    else if (level !== '+' && level !== found) return undefined
  }
  return wanted.length === levels.length ? Object.fromEntries(params) : undefined
}

/** What a text holds as JSON; undefined when it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
