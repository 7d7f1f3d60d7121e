import { isDeepStrictEqual } from 'node:util'
import Database from 'better-sqlite3'
import {
  type AlarmEntry,
  type AnyHandlers,
  type AnyNodeSpec,
  type Command,
  derive,
  type Effect,
  type EffectResult,
  type HookRequest,
  type Json,
  type Message,
  type Packet,
  RulewireError,
  rulewireError,
  type SqlValue,
  type StatusReport,
} from '../../engine/node.ts'
import { bind } from '../../engine/run/bind.ts'
import { messageOfArgument } from '../../engine/run/node-runtime.ts'
import { filtersIntersect } from '../../engine/spec/topics.ts'

/** When virtual time starts. */
export const startTime = Date.UTC(2026, 0, 1)

export interface Sent {
  readonly port: string
  readonly message: Message
}

/** A node in memory with virtual time: what it gets is given by the test, and what it does is kept for it. */
export class Bench {
  now: number
  readonly sent: Sent[] = []
  readonly effects: Effect[] = []
  /** What went to the alarm log. */
  readonly alarms: AlarmEntry[] = []
  readonly logs: { text: string; data: unknown }[] = []
  readonly failures: RulewireError[] = []
  status = ''
  readonly state: Map<string, Json>
  readonly timers: Map<string, { key: string; name: string; at: number }>
  /** May be exchanged for that of another bench before it is used. */
  database: Database.Database
  readonly #spec: AnyNodeSpec
  readonly #config: unknown
  #handlers: AnyHandlers
  #undo: (() => void)[] = []
  #ids = 0
  #seed = 1

  /** @param from a bench whose state, timers, tables and time go on here, as over a restart or a deploy */
  constructor(spec: AnyNodeSpec, config: unknown, from?: Bench) {
    this.#spec = spec
    this.#config = spec.config.parse(config)
    this.now = from?.now ?? startTime
    this.state = from?.state ?? new Map()
    this.timers = from?.timers ?? new Map()
    this.database = from?.database ?? new Database(':memory:')
    this.#handlers = this.#make()
    this.#run('onStart', ':start', undefined)
    this.#fireDue()
  }

  send(port: string, fields: Partial<Message>): void {
    this.#run(port, port, this.#message(fields))
    this.#fireDue()
  }

  packet(fields: Partial<Packet> & { topic: string; payload: Uint8Array }): Packet {
    const packet: Packet = {
      connection: 'default',
      qos: 1,
      retain: false,
      props: {},
      received: this.now,
      ...fields,
    }
    this.take(packet)
    return packet
  }

  take(packet: Packet): void {
    const wanted = this.#spec.subscribes?.(this.#config) ?? []
    const matches = wanted.some(({ filter }) => filtersIntersect(filter, packet.topic))
    if (!matches) throw new Error(`no subscription matches ${packet.topic}`)
    this.#run('onPacket', ':packet', packet)
    this.#fireDue()
  }

  answer(result: EffectResult): void {
    this.#run('onResult', ':result', result)
    this.#fireDue()
  }

  /** A command of a person; what the node refuses stands among the failures. */
  command(command: Command): void {
    this.#run('onCommand', ':command', command)
    this.#fireDue()
  }

  /** A request to a hook of the node; what it refuses stands among the failures. */
  request(fields: Partial<HookRequest> & { id: string }): void {
    const body = fields.body ?? new Uint8Array()
    const digest = Buffer.from(body).toString('base64')
    const usual = { method: 'POST', path: 'hook', params: {}, query: {}, headers: {}, body, digest, received: this.now }
    this.#run('onRequest', ':request', { ...usual, ...fields })
    this.#fireDue()
  }

  /** A report for a node that watches the engine. */
  report(report: StatusReport): void {
    this.#run('onStatus', ':status', report)
    this.#fireDue()
  }

  /** As the check gave it. */
  get config(): unknown {
    return this.#config
  }

  /** Lets time go on and fires the timers on the way, each at its time. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds
    for (let next = this.#nextTimer(end); next !== undefined; next = this.#nextTimer(end)) {
      this.now = Math.max(this.now, next.at)
      this.#fireDue()
    }
    this.now = end
  }

  /** Messages since this was last called, by port. */
  takeSent(): Record<string, Message[]> {
    const ports: Record<string, Message[]> = {}
    for (const { port, message } of this.sent.splice(0)) {
      ports[port] ??= []
      ports[port].push(message)
    }
    return ports
  }

  rows(table: string): unknown[] {
    return this.database.prepare(`SELECT * FROM "${table}"`).all()
  }

  #nextTimer(limit: number) {
    return [...this.timers.values()].filter(({ at }) => at <= limit).sort((a, b) => a.at - b.at)[0]
  }

  #fireDue(): void {
    for (let count = 0; ; count++) {
      const due = this.#nextTimer(this.now)
      if (due === undefined) return
      if (count > 10_000) throw new Error(`the timer "${due.name}" fires without end`)
      this.timers.delete(timerId(due.key, due.name))
      this.#run('onTimer', ':timer', due)
    }
  }

  #run(handler: string, port: string, argument: unknown): void {
    const handle = this.#handlers[handler]
    if (handle === undefined) {
      if (handler !== 'onStart') throw new Error(`${this.#spec.type} has no ${handler}`)
      return
    }
    const before = { sent: this.sent.length, effects: this.effects.length, alarms: this.alarms.length }
    this.#undo = []
    this.database.exec('SAVEPOINT run')
    try {
      handle(freeze(argument) as never)
      this.database.exec('RELEASE run')
    } catch (thrown) {
      this.database.exec('ROLLBACK TO run; RELEASE run')
      for (const undo of this.#undo.reverse()) undo()
      this.sent.length = before.sent
      this.effects.length = before.effects
      this.alarms.length = before.alarms
      if (!(thrown instanceof RulewireError)) throw thrown
      this.failures.push(thrown)
      const message = messageOfArgument(port, argument, this.now)
      if (message === undefined) return
      const error = { code: thrown.code, text: thrown.message, hint: thrown.hint, node: 'example/node' }
      this.sent.push({ port: 'error', message: derive(message, { error }) })
    }
  }

  #make(): AnyHandlers {
    const spec = this.#spec
    const environment = { now: () => this.now, random: () => this.#random() }
    const ports = typeof spec.outputs === 'function' ? spec.outputs(this.#config) : spec.outputs
    const send = (port: string) => (message: Message) => {
      this.sent.push({ port, message: freeze(message) as Message })
    }
    return spec.create({
      flow: 'example',
      node: 'node',
      config: bind(this.#config, { environment, limits: undefined }),
      out: Object.fromEntries(Object.keys(ports).map((port) => [port, send(port)])),
      link: (message: Message) => {
        send(':link')(message)
        return 1
      },
      state: {
        get: (key: string) => this.state.get(key),
        set: (key: string, value: Json) => {
          const copy = JSON.parse(JSON.stringify(value))
          if (!isDeepStrictEqual(copy, value)) throw new Error(`state for "${key}" is not plain JSON`)
          this.#keep(this.state, key)
          this.state.set(key, freeze(copy) as Json)
        },
        delete: (key: string) => {
          this.#keep(this.state, key)
          this.state.delete(key)
        },
      },
      timers: {
        set: (key: string, name: string, at: number) => {
          this.#keep(this.timers, timerId(key, name))
          this.timers.set(timerId(key, name), { key, name, at })
        },
        cancel: (key: string, name: string) => {
          this.#keep(this.timers, timerId(key, name))
          this.timers.delete(timerId(key, name))
        },
      },
      tables: tablesOf(() => this.database),
      alarm: (entry: AlarmEntry) => {
        this.alarms.push(entry)
      },
      effect: (effect: Effect) => {
        this.effects.push(effect)
      },
      now: () => this.now,
      random: () => this.#random(),
      message: (fields: Partial<Message>) => this.#message(fields),
      status: (text: string) => {
        this.status = text
      },
      log: (text: string, data: unknown) => {
        this.logs.push({ text, data })
      },
    })
  }

  #message(fields: Partial<Message>): Message {
    const topic = fields.topic ?? 'example'
    return {
      topic,
      payload: null,
      time: this.now,
      received: this.now,
      params: {},
      retain: false,
      qos: 0,
      props: {},
      key: topic,
      id: `m${++this.#ids}`,
      ...fields,
    }
  }

  #keep<Value>(map: Map<string, Value>, key: string): void {
    const had = map.has(key)
    const value = map.get(key)
    this.#undo.push(() => {
      if (had && value !== undefined) map.set(key, value)
      else map.delete(key)
    })
  }

  #random(): number {
    this.#seed = (this.#seed * 48271) % 2147483647
    return this.#seed / 2147483647
  }
}

function timerId(key: string, name: string): string {
  return JSON.stringify([key, name])
}

/** Nobody may change a message or a state. A packet may get its decoded payload. */
function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  if ('connection' in value && 'payload' in value) return value
  for (const item of Object.values(value)) freeze(item)
  return Object.freeze(value)
}

function tablesOf(current: () => Database.Database) {
  const columnsOf = (table: string) =>
    current()
      .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map(({ name }) => name)
  return {
    insert: (table: string, row: Readonly<Record<string, SqlValue>>) => {
      const database = current()
      const names = Object.keys(row)
      database.exec(`CREATE TABLE IF NOT EXISTS "${table}" ("time" INTEGER)`)
      const known = columnsOf(table)
      for (const name of names) if (!known.includes(name)) database.exec(`ALTER TABLE "${table}" ADD COLUMN "${name}"`)
      const columns = names.map((name) => `"${name}"`).join(', ')
      database
        .prepare(`INSERT INTO "${table}" (${columns}) VALUES (${names.map(() => '?').join(', ')})`)
        .run(...Object.values(row))
    },
    create: (table: string, columns: readonly string[]) => {
      const all = columns.map((name) => `"${name}"`).join(', ')
      current().exec(`CREATE TABLE IF NOT EXISTS "${table}" (${all})`)
    },
    deleteBelow: (table: string, column: string, limit: number) => {
      if (columnsOf(table).includes(column))
        current().prepare(`DELETE FROM "${table}" WHERE "${column}" < ?`).run(limit)
    },
    query: (sql: string, parameters: Readonly<Record<string, SqlValue>>): unknown[] => {
      try {
        const statement = current().prepare(sql)
        if (!statement.readonly) throw new Error('it would write')
        return statement.all(parameters)
      } catch (cause) {
        throw rulewireError(
          'QUERY_FAILED',
          { detail: cause instanceof Error ? cause.message : String(cause) },
          { cause },
        )
      }
    },
  }
}
