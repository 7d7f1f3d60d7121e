import type { FlowDocument } from './document.ts'
import type { JsonCursor } from './jsontext.ts'
import { jsonPlaces } from './jsontext.ts'
import { isObject } from './path.ts'
import type { NodePorts } from './ports.ts'
import { parsedJson } from './samples.ts'

/** A test of a file, as a list shows it. */
export interface RuleCase {
  /** Place in the list, from 0. */
  place: number
  name: string
  steps: number
  /** Where it begins in the text. */
  offset: number
}

/** The tests that stand in a text; undefined while the text is no JSON. */
export function casesOf(text: string): RuleCase[] | undefined {
  const data = parsedJson(text)
  if (!isObject(data)) return undefined
  const offsets = new Map(
    jsonPlaces(text).flatMap(({ path, start }) => (path.length === 2 && path[0] === 'tests' ? [[path[1], start]] : [])),
  )
  const tests: unknown[] = Array.isArray(data.tests) ? data.tests : []
  return tests.map((test, place) => ({
    place,
    name: isObject(test) && typeof test.name === 'string' ? test.name : `#${place + 1}`,
    steps: isObject(test) && Array.isArray(test.steps) ? test.steps.length : 0,
    offset: offsets.get(place) ?? 0,
  }))
}

/** Ids of nodes that the whole file leaves out. */
export function leftOut(text: string): string[] {
  const data = parsedJson(text)
  const list: unknown[] = isObject(data) && Array.isArray(data.disable) ? data.disable : []
  return list.filter((id) => typeof id === 'string')
}

/** What the names in a test may be. */
export interface TestWords {
  nodes: readonly string[]
  inputs: readonly string[]
  outputs: readonly string[]
  topics: readonly string[]
}

export function testWords(
  document: FlowDocument,
  ports: ReadonlyMap<string, NodePorts>,
  topics: readonly string[],
): TestWords {
  const ends = (side: 'inputs' | 'outputs') =>
    document.nodes.flatMap(({ id }) => (ports.get(id)?.[side] ?? []).map((port) => `${id}.${port.name}`))
  return { nodes: document.nodes.map(({ id }) => id), inputs: ends('inputs'), outputs: ends('outputs'), topics }
}

export interface TestCompletion {
  label: string
  detail?: string
  /** JSON that is put in: for a name with what may stand behind it. */
  insert: string
}

/** What may be written at a place of a file of rule tests. */
export function testCompletions(cursor: JsonCursor, words: TestWords): TestCompletion[] {
  const shape = shapeOf(cursor.path)
  if (cursor.at === 'key') {
    return namesOf(shape, words)
      .filter(([name]) => !cursor.keys.includes(name))
      .map(([name, value]) => ({ label: name, detail: value, insert: `${JSON.stringify(name)}: ${value}` }))
  }
  return valuesOf(shape, cursor, words).map((value) => ({ label: value, insert: JSON.stringify(value) }))
}

const parts = ['expect', 'send', 'command', 'answer', 'request', 'event'] as const
type Shape = 'file' | 'test' | 'step' | (typeof parts)[number] | 'message' | 'item' | 'list' | 'other'

const effects = ['published', 'posted', 'answered', 'alarms', 'deadLetters', 'logs']

/** What stands at a path such as tests, 0, steps, 2, expect. */
function shapeOf(path: readonly (string | number)[]): Shape {
  const [tests, , steps, , part, ...rest] = path
  if (path.length === 0) return 'file'
  if (tests !== 'tests') return 'list'
  if (path.length === 2) return 'test'
  if (steps !== 'steps') return 'list'
  if (path.length === 4) return 'step'
  if (path.length === 5) return parts.find((one) => one === part) ?? 'list'
  if (part === 'send' && rest.length === 1) return 'message'
  return part === 'expect' && rest.length === 2 && typeof rest[1] === 'number' ? 'item' : 'other'
}

function namesOf(shape: Shape, words: TestWords): (readonly [string, string])[] {
  switch (shape) {
    case 'expect':
      return [...[...words.outputs, ...effects].map((name) => [name, '[]'] as const), ['rows', '{}'], ['status', '{}']]
    case 'send':
      return words.inputs.map((name) => [name, '{ "payload": 0 }'] as const)
    default:
      return fields[shape] ?? []
  }
}

const fields: Partial<Record<Shape, (readonly [string, string])[]>> = {
  file: [
    ['flow', '""'],
    ['start', '"2026-01-01T00:00:00Z"'],
    ['seed', '1'],
    ['disable', '[]'],
    ['tests', '[]'],
  ],
  test: [
    ['name', '""'],
    ['steps', '[]'],
    ['start', '"2026-01-01T00:00:00Z"'],
    ['seed', '1'],
    ['disable', '[]'],
    ['echo', 'true'],
  ],
  step: [
    ['publish', '""'],
    ['payload', '{}'],
    ['at', '"+5s"'],
    ['expect', '{}'],
    ['nothing', '[]'],
    ['for', '"10m"'],
    ['send', '{}'],
    ['answer', '{ "status": 200 }'],
    ['request', '{ "path": "orders/7", "body": {} }'],
    ['event', '{ "kind": "connection", "subject": "plant", "state": "disconnected" }'],
    ['command', '{ "node": "", "name": "acknowledge", "key": "" }'],
    ['forget', 'true'],
    ['retain', 'true'],
    ['qos', '1'],
    ['props', '{}'],
    ['note', '""'],
  ],
  command: [
    ['node', '""'],
    ['name', '"acknowledge"'],
    ['key', '""'],
    ['by', '"anna"'],
    ['note', '""'],
  ],
  answer: [
    ['status', '200'],
    ['body', '{}'],
    ['headers', '{}'],
    ['failed', '"connection refused"'],
  ],
  request: [
    ['method', '"POST"'],
    ['path', '"orders/7"'],
    ['query', '{}'],
    ['headers', '{}'],
    ['body', '{}'],
    ['refused', '"BAD_REQUEST"'],
  ],
  event: [
    ['kind', '"connection"'],
    ['subject', '"plant"'],
    ['state', '"disconnected"'],
    ['text', '""'],
  ],
  message: [
    ['payload', '0'],
    ['topic', '""'],
    ['key', '""'],
    ['params', '{}'],
  ],
  item: [
    ['at', '"+5s"'],
    ['payload', '{}'],
    ['topic', '""'],
    ['node', '""'],
    ['key', '""'],
    ['transition', '"RAISED"'],
    ['value', '0'],
  ],
}

function valuesOf(shape: Shape, { path, name }: JsonCursor, words: TestWords): readonly string[] {
  const field = shape === 'list' ? path.at(-1) : name
  if (field === 'disable' || field === 'node') return words.nodes
  if (field === 'nothing') return [...words.outputs, ...effects]
  if (field === 'publish' || field === 'topic') return words.topics
  if (field === 'transition') return ['RAISED', 'CLEARED', 'ACKED']
  if (shape === 'request' && field === 'method') return ['POST', 'PUT', 'GET', 'PATCH', 'DELETE']
  if (shape === 'event' && field === 'kind') return ['connection', 'health', 'deploy', 'dead-letters', 'errors', 'node']
  if (shape === 'command' && field === 'name') return ['acknowledge', 'shelve', 'unshelve', 'reset']
  return []
}
