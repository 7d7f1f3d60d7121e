import type { Plan } from '../flow/model.ts'
import { oneLine } from '../flow/print.ts'
import { effectOf, headerTexts } from '../run/sandbox.ts'
import type { WatchedHop } from '../run/watch.ts'
import type { Seen } from './lists.ts'
import { bytesText, WireText } from './match.ts'
import { sinceText } from './moment.ts'

/** Calls of each node, and of all together, that are kept to be shown with a failure. */
const keptCalls = 5
/** Characters of a payload in such a line. */
const longestPayload = 90

/** Sees everything that goes on in a run: gathers what the test will ask for, and what it reached. */
export class Observer {
  readonly reached = new Set<string>()
  readonly used = new Set<string>()
  readonly #asked: ReadonlySet<string>
  readonly #start: number
  readonly #seen = new Map<string, Seen[]>()
  readonly #calls = new Map<string, WatchedHop[]>()

  /** @param asked names whose messages are gathered; `rows` stands for those of every table */
  constructor(asked: ReadonlySet<string>, start: number) {
    this.#asked = asked
    this.#start = start
  }

  hop(hop: WatchedHop): void {
    const { node, port, sent } = hop
    if (port !== ':start' || sent.length > 0) this.reached.add(node.id)
    for (const one of sent) {
      const name = `${node.id}.${one.port}`
      this.used.add(name)
      this.add(name, hop.time, one.message)
    }
    for (const pending of hop.pending) {
      const effect = effectOf(pending)
      if (effect?.kind === 'publish')
        this.add('published', hop.time, { node: node.id, ...effect, payload: textOf(effect.payload) })
      else if (effect?.kind === 'answer')
        this.add('answered', hop.time, { node: node.id, ...effect, body: textOf(effect.body) })
      else if (effect !== undefined)
        this.add('posted', hop.time, {
          node: node.id,
          ...effect,
          headers: headerTexts(effect.headers, (name) => `secret of ${name}`),
          body: textOf(effect.body),
        })
      else if (pending.kind === 'row') this.add(`rows ${pending.table}`, hop.time, pending.row)
      else if (pending.kind === 'alarm') this.add('alarms', hop.time, { node: node.id, ...pending.entry })
    }
    if (port === ':start') return
    this.#remember(node.id, hop)
    this.#remember('', hop)
  }

  add(name: string, time: number, value: unknown): void {
    if (!this.#asked.has(name) && !(name.startsWith('rows ') && this.#asked.has('rows'))) return
    const list = this.#seen.get(name)
    if (list === undefined) this.#seen.set(name, [{ time, value }])
    else list.push({ time, value })
  }

  /** What came under a name since it was last taken. */
  take(name: string): Seen[] {
    const list = this.#seen.get(name) ?? []
    this.#seen.delete(name)
    return list
  }

  /** All that came since it was last taken, by name. */
  takeAll(): Map<string, Seen[]> {
    const all = new Map(this.#seen)
    this.#seen.clear()
    return all
  }

  forget(): void {
    this.#seen.clear()
  }

  /**
   * The last calls before now, one line each, oldest first: those of the node, and where nothing reached it, those of what leads
   * there. Without a node, of all.
   */
  lastCalls(node: string | undefined, plan: Plan): string[] {
    if (node === undefined) return (this.#calls.get('') ?? []).map((hop) => this.#line(hop))
    const own = this.#calls.get(node)
    if (own !== undefined) return own.map((hop) => this.#line(hop))
    const before = this.#nearest(node, plan)
    const lines = (this.#calls.get(before ?? '') ?? []).map((hop) => this.#line(hop))
    return [`nothing reached ${node}`, ...lines]
  }

  /** The nearest node that leads to another one and was called. */
  #nearest(node: string, plan: Plan): string | undefined {
    const known = new Set([node])
    for (const target of known) {
      for (const { id, wires } of plan.nodes) {
        if (known.has(id) || !Object.values(wires).some((ends) => ends.some((end) => end.node === target))) continue
        if (this.#calls.has(id)) return id
        known.add(id)
      }
    }
    return undefined
  }

  #remember(name: string, hop: WatchedHop): void {
    const calls = this.#calls.get(name)
    if (calls === undefined) this.#calls.set(name, [hop])
    else if (calls.push(hop) > keptCalls) calls.shift()
  }

  #line({ node, port, argument, time, sent, error }: WatchedHop): string {
    const head = `${sinceText(time - this.#start)} ${node.id}.${port.replace(':', '')} ${argumentText(argument)}`
    if (error !== undefined) return `${head} failed: ${error.message}`
    if (sent.length === 0) return head
    const ports = Map.groupBy(sent, (one) => shownText(one.message.payload))
    const texts = [...ports].map(([payload, ones]) => `${ones.map((one) => one.port).join(', ')} ${payload}`)
    return `${head} → ${texts.join('; ')}`
  }
}

/** A value in one line, cut when it is long. */
export function shownText(value: unknown, longest = longestPayload): string {
  const text = value === undefined ? 'nothing' : oneLine(plainOf(value))
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

/** What stands in a line of the call's argument: the payload of a message or packet, a timer, an answer. */
function argumentText(argument: unknown): string {
  if (typeof argument !== 'object' || argument === null) return shownText(argument)
  if ('name' in argument && 'key' in argument && 'at' in argument) return `${argument.key} ${argument.name}`.trim()
  if (!('payload' in argument)) return shownText(withoutMessage(argument))
  const { payload } = argument
  if (!(payload instanceof Uint8Array)) return shownText(payload)
  const topic = 'topic' in argument ? `${argument.topic} ` : ''
  return `${topic}${shownText(textOf(payload))}`
}

function withoutMessage(argument: object): object {
  const { message, ...rest } = argument as { message?: unknown } // the message that an answer brings back is long
  return rest
}

/** Text of UTF-8 as text and JSON; other bytes as a text of hexadecimal digits. */
function textOf(payload: string | Uint8Array | undefined): unknown {
  if (payload === undefined) return undefined
  if (typeof payload === 'string') return new WireText(payload)
  const buffer = Buffer.from(payload)
  const text = buffer.toString('utf8')
  return Buffer.from(text, 'utf8').equals(buffer) ? new WireText(text) : bytesText(payload)
}

/** For printing: bytes and texts of wires as plain values. */
export function plainOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesText(value)
  if (value instanceof WireText) return value.value
  if (Array.isArray(value)) return value.map(plainOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainOf(inner)]))
}
