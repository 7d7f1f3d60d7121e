import { reasonOf } from '../errors.ts'
import { type Log, noLog } from '../log.ts'
import type { Clock } from '../run/ports.ts'

/** A span as OTLP has it, before it is written as JSON. */
export interface Span {
  /** 32 and 16 hexadecimal digits. */
  traceId: string
  spanId: string
  parentId?: string | undefined
  name: string
  kind: 'internal' | 'client' | 'producer' | 'consumer'
  /** Nanoseconds since 1970. */
  start: bigint
  end: bigint
  attributes: Readonly<Record<string, string | number | boolean>>
  /** Why it failed, as a sentence. */
  error?: string | undefined
}

export interface ExporterOptions {
  /** Of the collector: `http://127.0.0.1:4318/v1/traces`. */
  url: string
  /** Asked for each request, so that a secret that is set later counts. Throws when one cannot be read. */
  headers(): Readonly<Record<string, string>>
  /** Who we are: `service.name` and so on. */
  resource: Readonly<Record<string, string>>
  version: string
  clock: Clock
  log?: Log
}

/** Spans that may wait, and those of one request. */
const limits = { waiting: 4096, together: 512 }
/** Milliseconds: how long spans are gathered, and how long a request may take. */
const pause = 1000
const patience = 10_000

/**
 * Sends spans to an OpenTelemetry collector as OTLP/HTTP in JSON (opentelemetry-proto 1.0, file encoding "JSON Protobuf").
 *
 * The official SDK for this (api, sdk-trace-base, exporter-trace-otlp-http) is 12 packages and 28 MB for one POST with a documented
 * body, and keeps its state in globals, so that two engines could not live in one process. Spans are for looking, not for keeping:
 * what does not fit or is not taken is dropped and counted, and nothing ever waits for it.
 */
export class SpanExporter {
  /** Spans that never arrived. */
  dropped = 0
  sent = 0
  readonly #options: ExporterOptions
  #waiting: Span[] = []
  #callOff: (() => void) | undefined
  #closed = false
  #underWay: Promise<void> | undefined
  /** Ends the request that is under way. */
  #abort: (reason: Error) => void = () => undefined

  constructor(options: ExporterOptions) {
    this.#options = options
  }

  add(spans: readonly Span[]): void {
    if (this.#closed) return
    const room = Math.max(0, limits.waiting - this.#waiting.length)
    this.#waiting.push(...spans.slice(0, room))
    this.dropped += Math.max(0, spans.length - room)
    this.#plan()
  }

  /** Sends what waits, for as long as it is given; the rest counts as dropped. */
  async close(milliseconds: number): Promise<void> {
    this.#closed = true
    this.#callOff?.()
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#abort(new Error('it did not answer before the engine ended'))
    }, milliseconds)
    await this.#underWay
    while (this.#waiting.length > 0 && !late) await this.#send()
    clearTimeout(timer)
    this.dropped += this.#waiting.length
    this.#waiting = []
  }

  #plan(): void {
    if (this.#closed || this.#callOff !== undefined || this.#underWay !== undefined || this.#waiting.length === 0)
      return
    const { clock } = this.#options
    const wait = this.#waiting.length >= limits.together ? 0 : pause
    this.#callOff = clock.at(clock.now() + wait, () => {
      this.#callOff = undefined
      this.#underWay = this.#send().finally(() => {
        this.#underWay = undefined
        this.#plan()
      })
    })
  }

  async #send(): Promise<void> {
    const { url, headers, log = noLog } = this.#options
    const spans = this.#waiting.splice(0, limits.together)
    const ending = new AbortController()
    this.#abort = (reason) => ending.abort(reason)
    const timer = setTimeout(() => ending.abort(new Error(`it did not answer within ${patience / 1000} s`)), patience)
    try {
      const body = JSON.stringify(this.#body(spans))
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers(), 'content-type': 'application/json' },
        body,
        signal: ending.signal,
        redirect: 'error',
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`it answered with ${response.status}`)
      this.sent += spans.length
    } catch (thrown) {
      this.dropped += spans.length
      const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
      log('warn', `the collector of traces does not take spans: ${reasonOf(cause)}`)
    } finally {
      clearTimeout(timer)
    }
  }

  #body(spans: readonly Span[]): unknown {
    const { resource, version } = this.#options
    const scope = { name: 'rulewire', version }
    return {
      resourceSpans: [
        { resource: { attributes: attributesOf(resource) }, scopeSpans: [{ scope, spans: spans.map(spanOf) }] },
      ],
    }
  }
}

/** Numbers of the enumeration SpanKind. */
const kinds = { internal: 1, client: 3, producer: 4, consumer: 5 } as const

function spanOf({ traceId, spanId, parentId, name, kind, start, end, attributes, error }: Span): unknown {
  return {
    traceId,
    spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(end),
    attributes: attributesOf(attributes),
    status: error === undefined ? {} : { code: 2, message: error },
  }
}

function attributesOf(attributes: Span['attributes']): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

/** 64-bit integers are text in this encoding. */
function anyValue(value: string | number | boolean): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
