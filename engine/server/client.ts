import type { WebSocket } from 'ws'
import { z } from 'zod'
import { RulewireError, reasonOf, rulewireError } from '../errors.ts'
import type { Log } from '../log.ts'
import { compileFilter } from '../spec/topics.ts'
import { errorAnswer } from './answer.ts'
import type { Changed, EngineApi, TopicWatch } from './api.ts'
import { parseJson } from './json.ts'
import type { LiveLimits } from './limits.ts'
import type { LivePass } from './live-pass.ts'
import { checked, idText } from './problems.ts'
import type { LiveFrame } from './protocol.ts'
import { createView, type Snapshot } from './view.ts'

/** One client of the live stream. */
export interface LiveClient {
  /** Whether it watches anything. */
  readonly watching: boolean
  /** The next tick: sends what changed, or skips it while too much waits for the client. */
  tick(snapshot: Snapshot): void
  /** Flows, brokers or alarms changed: the list goes out with the next tick. */
  changed(what: Changed): void
  /** Ends a client whose session or token has ended. */
  checkPass(): void
  /** Pings; ends a client that did not answer the last one. */
  ping(): void
  /** Frames that were skipped because the client reads too slowly. */
  skipped(): number
  /** Bytes that wait for it in this process. */
  waiting(): number
  close(code: number, reason: string): void
  cut(): void
}

export interface LiveClientOptions {
  socket: WebSocket
  engine: EngineApi
  pass: LivePass
  limits: LiveLimits
  log: Log
  /** Milliseconds. */
  now(): number
  onWatch(): void
}

/**
 * Takes over a socket that was let in. What waits for a client is bounded: frames are made only when few bytes wait, and from
 * what is true then; what a client missed meanwhile is never kept.
 */
export function serveClient(options: LiveClientOptions): LiveClient {
  const { socket, engine, pass, limits } = options
  const view = createView(limits.frame)
  const pending = new Set<Changed>()
  const allow = rateLimit(limits.rate, options.now)
  let topics: TopicWatch | undefined
  let watching = false
  let answered = true
  let skipped = 0
  /** Why no topics come, as the client was told. */
  let trouble: string | undefined

  const send = (frame: LiveFrame) => socket.send(JSON.stringify(frame))
  const fail = (thrown: unknown) => send({ type: 'error', error: errorAnswer(thrown, options.log).body })

  const watch = (request: WatchRequest) => {
    topics?.end()
    topics = undefined
    trouble = undefined
    view.watch(request.flows ?? [])
    watching = request.flows !== undefined || request.topics !== undefined
    if (!watching) return pending.clear()
    pending.add('flows').add('brokers').add('alarms')
    if (request.topics !== undefined && request.topics.length > 0) {
      topics = watchTopics(engine, request, limits.topics)
    }
  }

  /** Who does not leave is put out: nothing more goes to somebody whose session has ended. */
  const expel = () => {
    watching = false
    socket.close(loginNeeded, 'login needed')
    setTimeout(() => socket.terminate(), expelGrace).unref()
  }

  socket.on('message', (data, binary) => {
    if (!allow()) {
      fail(rulewireError('TOO_MANY_MESSAGES', { limit: limits.rate }))
      return socket.close(1008, 'too many messages')
    }
    if (binary) return socket.close(1003, 'text only')
    try {
      pass.check('watch')
      watch(readRequest(data, limits))
      options.onWatch()
    } catch (thrown) {
      fail(thrown)
      if (thrown instanceof RulewireError && thrown.status === 401) expel()
    }
  })
  socket.on('pong', () => {
    answered = true
  })
  socket.on('error', (thrown) => options.log('debug', `live client: ${reasonOf(thrown)}`))
  socket.on('close', () => topics?.end())

  return {
    get watching() {
      return watching
    },
    tick: (snapshot) => {
      if (!watching || socket.readyState !== socket.OPEN) return
      if (socket.bufferedAmount > limits.buffered) {
        skipped++
        return
      }
      if (pending.delete('flows')) send({ type: 'flows', flows: engine.flows.list() })
      if (pending.delete('brokers')) send({ type: 'brokers', brokers: engine.brokers() })
      if (pending.delete('alarms')) send({ type: 'alarms', counts: engine.alarms.counts() })
      const frame = view.frame(snapshot)
      if (frame !== undefined) send(frame)
      const seen = topics?.take()
      if (seen !== undefined && (Object.keys(seen.values).length > 0 || seen.detail !== trouble)) {
        trouble = seen.detail
        send({ type: 'topics', ...seen })
      }
    },
    changed: (what) => {
      if (watching) pending.add(what)
    },
    checkPass: () => {
      if (socket.readyState === socket.OPEN && !pass.isValid()) expel()
    },
    ping: () => {
      if (!answered) return socket.terminate()
      answered = false
      socket.ping()
    },
    skipped: () => skipped,
    waiting: () => socket.bufferedAmount,
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
  }
}

/** Close code for a client whose session or token has ended; 4000 to 4999 are for applications. */
const loginNeeded = 4401
/** Milliseconds that it gets to close by itself. */
const expelGrace = 300

interface WatchRequest {
  flows?: string[] | undefined
  topics?: string[] | undefined
  broker?: string | undefined
}

function readRequest(data: unknown, limits: LiveLimits): WatchRequest {
  const bytes = data instanceof Uint8Array ? data : Buffer.from(String(data))
  const schema = z.strictObject({
    type: z.literal('watch'),
    flows: z.array(idText()).max(limits.flows).optional(),
    topics: z.array(z.string()).max(limits.filters).optional(),
    broker: idText().optional(),
  })
  return checked(schema, parseJson(bytes), 'body')
}

function watchTopics(engine: EngineApi, request: WatchRequest, limit: number): TopicWatch {
  const filters = (request.topics ?? []).map((filter) => compileFilter(filter).filter)
  if (engine.watchTopics === undefined) throw notWatchable()
  return engine.watchTopics({ filters, limit, ...(request.broker === undefined ? {} : { broker: request.broker }) })
}

function notWatchable(): RulewireError {
  return rulewireError('NOT_WATCHABLE', {})
}

/** Whether one more message is allowed: `rate` at once, and as many again in each second. */
function rateLimit(rate: number, now: () => number): () => boolean {
  let tokens = rate
  let last = now()
  return () => {
    const time = now()
    tokens = Math.min(rate, tokens + (Math.max(0, time - last) / 1000) * rate)
    last = time
    if (tokens < 1) return false
    tokens--
    return true
  }
}
