import type { Pending } from '../run/batch.ts'
import { messageOfArgument } from '../run/node-runtime.ts'
import { effectOf, headerTexts } from '../run/sandbox.ts'
import type { WatchedHop } from '../run/watch.ts'
import type { CutText, Hop, ShownEffect, ShownMessage, ShownRow } from '../server/protocol.ts'
import { defaultConnection } from '../spec/connection.ts'
import type { EffectResult } from '../spec/context.ts'
import type { Message, Packet } from '../spec/message.ts'

/** Characters of one text. */
const textLimit = 4000

/** Makes texts of values for people, each cut, and all together bounded. */
export class Shown {
  #left: number

  /** @param budget characters of all texts together; when it is used up, texts are empty and tell their size only */
  constructor(budget: number) {
    this.#left = budget
  }

  value(value: unknown): CutText {
    return this.#cut(jsonText(value))
  }

  /** Text or bytes as they go to a broker or server, or come from one. */
  bytes(data: string | Uint8Array): CutText {
    if (typeof data === 'string') return this.#cut(isJson(data) ? data : JSON.stringify(data))
    return this.#cut(bytesText(data))
  }

  message({ topic, key, time, id, payload, ...fields }: Message): ShownMessage {
    return { topic, key, time, id, payload: this.value(payload), fields: this.value(fields) }
  }

  /** What a handler got, as far as possible as a message. */
  argument({ port, argument, time }: Pick<WatchedHop, 'port' | 'argument' | 'time'>): ShownMessage {
    // `as`: which port gets what is fixed by the runner.
    if (port === ':packet') return this.#packet(argument as Packet)
    if (port === ':result') {
      const { message, ...answer } = argument as EffectResult
      return { ...this.message({ ...message, payload: answer }), time }
    }
    const message = messageOfArgument(port, argument, time)
    if (message !== undefined) return this.message(message)
    return { topic: '', key: '', time, id: '', payload: this.value(argument), fields: this.value({}) }
  }

  effect(pending: Pending): ShownEffect | undefined {
    const effect = effectOf(pending)
    if (effect === undefined) return undefined
    if (effect.kind === 'publish') {
      const { broker = defaultConnection, topic, qos, retain, payload } = effect
      return { kind: 'publish', broker, topic, qos, retain, payload: this.bytes(payload) }
    }
    if (effect.kind === 'answer') {
      const { request, status, headers, body } = effect
      return { kind: 'answer', request, status, headers: { ...headers }, body: this.bytes(body) }
    }
    const { method, url, headers, body = '' } = effect
    return { kind: 'request', method, url, headers: headerTexts(headers, () => '***'), body: this.bytes(body) }
  }

  row(pending: Pending): ShownRow | undefined {
    return pending.kind === 'row' ? { table: pending.table, row: this.value(pending.row) } : undefined
  }

  /** @param base place of the first hop of the same run in the list that is shown */
  hop(hop: WatchedHop, base: number): Hop {
    const { node, port, time, from, error, kept } = hop
    return {
      flow: node.flow,
      node: node.id,
      port,
      time,
      ...(from === undefined ? {} : { from: { hop: from.hop + base, port: from.port } }),
      message: this.argument(hop),
      out: hop.sent.map((sent) => ({ port: sent.port, message: this.message(sent.message) })),
      state: hop.state.map(({ key, before, after }) => ({
        key,
        ...(before === undefined ? {} : { before: this.value(before) }),
        ...(after === undefined ? {} : { after: this.value(after) }),
      })),
      timers: hop.timers.map(({ key, name, at }) => ({ key, name, ...(at === undefined ? {} : { at }) })),
      effects: hop.pending.flatMap((pending) => this.effect(pending) ?? []),
      rows: hop.pending.flatMap((pending) => this.row(pending) ?? []),
      ...(error === undefined || kept === undefined
        ? {}
        : { error: { code: error.code, text: error.message, hint: error.hint, kept } }),
    }
  }

  #packet({ topic, payload, received, connection, qos, retain, props }: Packet): ShownMessage {
    const fields = this.value({ connection, qos, retain, props })
    return { topic, key: topic, time: received, id: '', payload: this.bytes(payload), fields }
  }

  #cut(text: string): CutText {
    const cut = text.slice(0, Math.min(textLimit, this.#left))
    this.#left -= cut.length
    return { text: cut, size: text.length }
  }
}

/** JSON text of a value; bytes in it are told by their number. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) =>
    item instanceof Uint8Array ? `${item.byteLength} bytes` : item,
  )
  return text ?? 'null'
}

/**
 * JSON stays as it is, other text becomes a JSON string, bytes are told by their number.
 *
 * @param size the whole length, when `bytes` are only the beginning
 */
export function bytesText(bytes: Uint8Array, size = bytes.length): string {
  const text = textOrUndefined(bytes, size > bytes.length)
  if (text === undefined) return JSON.stringify(`${size} bytes`)
  // Of what was cut only the beginning can be judged.
  const json = size > bytes.length ? /^\s*[[{]/.test(text) : isJson(text)
  return json ? text : JSON.stringify(text)
}

function textOrUndefined(bytes: Uint8Array, cut: boolean): string | undefined {
  try {
    // With `stream` a character that the cut goes through is left out.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut })
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined
    throw thrown
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false
    throw thrown
  }
}
