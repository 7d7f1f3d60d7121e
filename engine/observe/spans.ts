import type { Pending } from '../run/batch.ts'
import { messageOfArgument, type Target } from '../run/node-runtime.ts'
import type { RunWatch, Watcher } from '../run/watch.ts'
import type { Message } from '../spec/message.ts'
import type { Span } from './otlp.ts'

export interface SpansOptions {
  /** Share of the runs that get a trace, from 0 to 1. */
  sample: number
  /** From 0 up to 1. */
  random(): number
  /** UTC milliseconds. */
  now(): number
  /** Microseconds of a clock that only goes up. */
  micros(): number
  add(spans: Span[]): void
}

/** Effects of one run that get a span of their own. */
const mostEffects = 64

/** W3C trace context: version, trace, parent, flags. */
const traceparent = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/

/**
 * Makes a trace of some of the runs: a span for the run of a message through a flow, and one below it for each effect that it
 * asked for. A message whose user property `traceparent` says so goes on with the trace of its sender. Payloads are never in it.
 */
export function spanWatcher(options: SpansOptions): Watcher {
  return (target, argument) => {
    // What a deploy or a person starts is no message.
    if (target.port === ':start' || target.port === ':command') return undefined
    const message = messageOfArgument(target.port, argument, 0)
    const parent = parentOf(message)
    const wanted = parent === undefined ? options.random() < options.sample : parent.sampled
    return wanted ? record({ target, message, parent, options }) : undefined
  }
}

interface Recorded {
  target: Target
  message: Message | undefined
  parent: Parent | undefined
  options: SpansOptions
}

function record({ target, message, parent, options }: Recorded): RunWatch {
  const { now, micros, random } = options
  const traceId = parent?.traceId ?? hexadecimal(32, random)
  const spanId = hexadecimal(16, random)
  const start = BigInt(now()) * 1_000_000n
  const began = micros()
  const at = () => start + BigInt(Math.max(0, Math.round((micros() - began) * 1000)))
  const effects: Span[] = []
  let hops = 0
  let left = 0
  let error: string | undefined
  let before = start
  return {
    before() {
      before = at()
    },
    hop(hop) {
      hops++
      error ??= hop.error === undefined ? undefined : `${hop.error.code}: ${hop.error.message}`
      for (const pending of hop.pending) {
        const effect = effectOf(pending)
        if (effect === undefined) continue
        if (effects.length >= mostEffects) left++
        else
          effects.push({
            traceId,
            spanId: hexadecimal(16, random),
            parentId: spanId,
            start: before,
            end: at(),
            ...effect,
            attributes: { ...effect.attributes, 'rulewire.node': hop.node.ref },
          })
      }
    },
    end() {
      const { flow, id } = target.node
      const root: Span = {
        traceId,
        spanId,
        parentId: parent?.spanId,
        name: `${flow}/${id}`,
        kind: 'consumer',
        start,
        end: at(),
        error,
        attributes: {
          'rulewire.flow': flow,
          'rulewire.node': id,
          'rulewire.port': target.port,
          'rulewire.hops': hops,
          ...(left === 0 ? {} : { 'rulewire.effects.left_out': left }),
          ...(message === undefined ? {} : { 'messaging.system': 'mqtt', 'messaging.destination.name': message.topic }),
        },
      }
      options.add([root, ...effects])
    },
  }
}

type Effect = Pick<Span, 'name' | 'kind' | 'attributes' | 'error'>

/** What was asked for, once the run is committed; what the engine writes for itself has no span. */
function effectOf(pending: Pending): Effect | undefined {
  switch (pending.kind) {
    case 'send':
      return publish(pending.connection, pending.effect)
    case 'publish':
      return publish(pending.connection, pending.row)
    case 'request': {
      const { method, url } = pending.request.effect
      const address = { 'http.request.method': method, 'server.address': URL.parse(url)?.hostname ?? '' }
      return { name: `request ${method}`, kind: 'client', attributes: address }
    }
    case 'row':
      return {
        name: 'store',
        kind: 'client',
        attributes: { 'db.system.name': 'sqlite', 'db.collection.name': pending.table },
      }
    case 'alarm':
      return { name: 'alarm', kind: 'internal', attributes: { 'rulewire.transition': pending.entry.transition } }
    case 'dead': {
      const { code, text } = pending.entry
      return { name: 'dead letter', kind: 'internal', attributes: { 'error.type': code }, error: text }
    }
    default:
      return undefined
  }
}

function publish(connection: string, { topic, qos }: { topic: string; qos: number }): Effect {
  const attributes = {
    'messaging.system': 'mqtt',
    'messaging.operation.type': 'send',
    'messaging.destination.name': topic,
    'rulewire.connection': connection,
    'rulewire.qos': qos,
  }
  return { name: 'publish', kind: 'producer', attributes }
}

interface Parent {
  traceId: string
  spanId: string
  sampled: boolean
}

function parentOf(message: Message | undefined): Parent | undefined {
  const given = message?.props?.traceparent
  const found = typeof given === 'string' ? traceparent.exec(given) : null
  if (found === null) return undefined
  const [, traceId = '', spanId = '', flags = ''] = found
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

function hexadecimal(digits: number, random: () => number): string {
  let text = ''
  while (text.length < digits) text += Math.floor(random() * 16).toString(16)
  return /^0+$/.test(text) ? `${text.slice(1)}1` : text
}
