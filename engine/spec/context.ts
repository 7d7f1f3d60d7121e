import type { Problem } from '../errors.ts'
import type { AlarmEntry, Command } from './alarm.ts'
import type { Bound, Evaluate, SecretReference } from './fields.ts'
import type { AnswerEffect, HookRequest } from './hook.ts'
import type { Json, Message, Packet } from './message.ts'
import type { StatusReport } from './status.ts'

/**
 * What a node gets when it is made. Everything that is not computed from the message comes from here, so that the same
 * reducer runs live, in rule tests and in backtests. All of it may be used only while a handler runs; what a handler writes
 * is committed in one transaction with everything else that its message caused, or not at all.
 */
export interface NodeContext<Config, Output extends string> {
  readonly flow: string
  readonly node: string
  readonly config: Bound<Config>
  /** Sends a message over the wires of a port. */
  readonly out: { readonly [Port in Output]: (message: Message) => void }
  /** Sends a message to all nodes that receive the link that the spec names, within the same run; tells how many there are. */
  link(message: Message): number
  readonly state: NodeState
  readonly timers: Timers
  readonly tables: Tables
  /** Writes a transition to the engine's alarm log, with the commit. */
  alarm(entry: AlarmEntry): void
  /** Hands work to a sink over a durable edge: it is written with the commit and done after it. */
  effect(effect: Effect): void
  /** The engine's clock, UTC milliseconds; the same for the whole run of one message. */
  now(): number
  /** A random number from 0 up to 1 from the engine's source. */
  random(): number
  /** Fills up a message that a node makes from nothing: fresh id, times from the clock, key = topic. */
  message(fields: NewMessage): Message
  /** Shows a short text at the node in the editor; the latest wins. */
  status(text: string): void
  /** Writes a line for people to the engine's log. */
  log(text: string, data?: unknown): void
}

/** The fields that every message has; further ones are added with `derive`. */
export type NewMessage = {
  readonly [Field in
    | 'topic'
    | 'payload'
    | 'time'
    | 'received'
    | 'params'
    | 'retain'
    | 'qos'
    | 'props'
    | 'key'
    | 'id']?: Message[Field]
}

/** What a node remembers, for a key. Values are plain JSON and are never changed in place: set a new one. */
export interface NodeState {
  get(key: string): Json | undefined
  set(key: string, value: Json): void
  delete(key: string): void
}

/** Durable timers by key and name. A timer that is set again moves. */
export interface Timers {
  /** @param at UTC milliseconds; a time that has passed fires as soon as the run is over. */
  set(key: string, name: string, at: number): void
  cancel(key: string, name: string): void
}

/** Tables of the user in the engine's database. Rows are part of the message's own commit. */
export interface Tables {
  /** Creates the table if needed, adds columns that are new, and inserts a row. */
  insert(table: string, row: Readonly<Record<string, SqlValue>>): void
  /** Creates the table if needed, with these columns and those that come later; it happens in the commit. */
  create(table: string, columns: readonly string[]): void
  /** Deletes the rows whose `column` is below a limit; returns nothing, it happens in the commit. */
  deleteBelow(table: string, column: string, limit: number): void
  /** Rows of a read-only statement. It sees what was committed before this batch of messages. Throws QUERY_FAILED. */
  query(sql: string, parameters: Readonly<Record<string, SqlValue>>): Record<string, SqlValue>[]
}

export type SqlValue = null | number | string | Uint8Array

/** Work for a sink. */
export type Effect = PublishEffect | RequestEffect | AnswerEffect

export interface PublishEffect {
  kind: 'publish'
  /** Name of a connection; undefined = the default one. */
  broker?: string | undefined
  topic: string
  payload: string | Uint8Array
  qos: 0 | 1 | 2
  retain: boolean
  props?: Readonly<Record<string, string | readonly string[]>>
}

export interface RequestEffect {
  kind: 'request'
  method: string
  url: string
  /** A message chose the server: it may not lead to this machine. Unset: the server stands in the flow. */
  computed?: boolean
  /** A secret stays a reference until the request is sent, so that nothing that is kept or shown holds its value. */
  headers: Readonly<Record<string, string | SecretReference>>
  body?: string | Uint8Array
  /** Milliseconds for one attempt. */
  timeout: number
  /** Attempts after the first one. */
  retries: number
  /** Requests of one node with the same order key go one after the other. */
  order: string
  /** Comes back to the node with the answer. */
  message: Message
}

/** The answer of a sink to an effect, delivered to `onResult` in a run of its own. Publishing gives none unless it fails for good. */
export type EffectResult =
  | {
      kind: 'response'
      message: Message
      status: number
      headers: Readonly<Record<string, string>>
      body: unknown
      attempts: number
    }
  | {
      kind: 'failed'
      message: Message
      detail: string
      status?: number
      attempts: number
      /** An error of the table that says it better than "request failed". */
      error?: Problem
    }

/** A timer that is due. */
export interface DueTimer {
  key: string
  name: string
  /** The time that it was set for, UTC milliseconds; `now()` may be later. */
  at: number
}

/**
 * The reducer of a node: one handler for each input port, and for what else may reach it. A handler returns without a promise;
 * what it throws goes to the `error` port, or becomes a dead letter, and its own writes are taken back.
 */
export type Handlers<Input extends string> = { readonly [Port in Input]: (message: Message) => void } & {
  /** After a deploy that made or changed this node, and after each start of the engine. */
  readonly onStart?: () => void
  readonly onTimer?: (timer: DueTimer) => void
  /** A packet that matches one of the spec's subscriptions. */
  readonly onPacket?: (packet: Packet) => void
  readonly onResult?: (result: EffectResult) => void
  /** A request to one of the spec's hooks. What it throws is the answer: no error port, no dead letter. */
  readonly onRequest?: (request: HookRequest) => void
  /** For a node type that watches the engine. */
  readonly onStatus?: (report: StatusReport) => void
  /** For a node type that receives a link: a message of any flow. */
  readonly onLinked?: (message: Message) => void
  /** For a node type that catches errors: a message that failed elsewhere in the flow, with the reason in `error`. */
  readonly onCaught?: (message: Message) => void
  /** What a person tells the node to do for a key. What it throws goes back to the person: no error port, no dead letter. */
  readonly onCommand?: (command: Command) => void
}

export type { Evaluate }
