import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { reasonOf, rulewireError } from '../errors.ts'
import { type Log, noLog } from '../log.ts'
import type { TlsFiles } from '../net/tls-files.ts'
import { errorAnswer } from './answer.ts'
import type { EngineApi } from './api.ts'
import { createDoor, type Door } from './door.ts'
import { editorRouter } from './editor.ts'
import type { Entrance, Mode } from './entrance.ts'
import { setHeaders } from './headers.ts'
import { hooksHandler, hooksRoot, setErrorHeaders } from './hooks.ts'
import { defaultLimits, type ServerLimits } from './limits.ts'
import { listen } from './listen.ts'
import { type Live, startLive } from './live.ts'
import { livePass } from './live-pass.ts'
import { checkHost, checkOrigin, type HostRules, hostRules, isLoopback } from './origin.ts'
import { tableRouter, unknownRoute } from './router.ts'
import { apiRoot, livePath, routes, welcomeRoute } from './routes.ts'
import { withOpenMetrics } from './routes-operations.ts'
import { createWebServer, insistOnTls } from './web-server.ts'

export interface ServerOptions {
  engine: EngineApi
  /**
   * Address to listen on. On a loopback one, and without users, no login is needed; on any other one the first admin must be made
   * with the setup token before anything else is answered.
   */
  host: string
  /** 0 lets the system choose. */
  port: number
  log?: Log
  /** Certificate and key: it speaks HTTPS, and `secure` is meant too. */
  tls?: TlsFiles | undefined
  /** Browsers reach it by HTTPS: cookies are only sent there. */
  secure?: boolean
  /** A proxy stands in front, so that others reach it even on a loopback address; X-Forwarded-For tells who asks. */
  behindProxy?: boolean
  /** Everybody who reaches it may do everything. */
  withoutLogin?: boolean
  /** Further names (`rulewire.example`, `rulewire.example:8443`) by which a browser may ask for this server. */
  allowedHosts?: readonly string[]
  /** Directory of the built editor; without it `/` is a short page. */
  editor?: string
  limits?: ServerLimits
  /** Everybody who reaches it may read the metrics. */
  openMetrics?: boolean
}

export interface RunningServer {
  readonly port: number
  /** What the live stream does now. */
  live(): ReturnType<Live['state']>
  /** Whether a login is needed, now. */
  mode(): Mode
  /** Takes no more requests, lets those under way end for up to a second, closes live clients. */
  close(): Promise<void>
}

/** Milliseconds that requests under way get when the server closes. */
const grace = 1_000
/** Methods that change nothing. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Starts the HTTP API, the live stream and the editor's files. Throws PORT_TAKEN or BIND_FAILED. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { engine, limits = defaultLimits, log = noLog } = options
  const live = startLive({ engine, limits: limits.live, log })
  let listening = options.port
  const door = createDoor({ auth: engine.auth, entrance: entranceOf(options), port: () => listening })
  const gate: Gate = { rules: hostRules(options.host, options.port), stopping: false, door }
  const parser = { maxHeaderSize: limits.headers, connectionsCheckingInterval: 1_000 }
  const server = createWebServer(parser, options.tls, log)
  server.headersTimeout = limits.headersTimeout
  server.requestTimeout = limits.requestTimeout
  server.maxConnections = limits.connections
  server.on('request', createApp(options, gate, limits, log))
  server.on('upgrade', (request, socket, head) => upgrade({ request, socket, head, gate, live, log }))
  server.on('clientError', refuseBroken)
  try {
    const port = await listen(server, options)
    gate.rules = hostRules(options.host, port, options.allowedHosts)
    listening = port
    return { port, live: live.state, mode: door.mode, close: () => close(server, live, gate) }
  } catch (thrown) {
    live.close()
    throw thrown
  }
}

/** What every request must pass; the rules are complete once the port is known. */
interface Gate {
  rules: HostRules
  stopping: boolean
  readonly door: Door
}

/** A name that was allowed for others means that others come, by whatever way. */
function entranceOf({ host, allowedHosts = [], ...options }: ServerOptions): Entrance {
  const { behindProxy = false, withoutLogin = false } = options
  const secure = isSecure(options)
  const foreign = allowedHosts.some((name) => !isLoopback(name.replace(/:\d+$/, '')))
  return { exposed: !isLoopback(host) || behindProxy || foreign, secure, behindProxy, withoutLogin }
}

function isSecure({ secure, tls }: Pick<ServerOptions, 'secure' | 'tls'>): boolean {
  return secure ?? tls !== undefined
}

function createApp(options: ServerOptions, gate: Gate, limits: ServerLimits, log: Log): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple')
  app.use((request, response, next) => {
    setHeaders(response)
    if (isSecure(options)) insistOnTls(request, response)
    if (gate.stopping) {
      response.setHeader('Connection', 'close')
      throw rulewireError('STOPPING', {})
    }
    checkHost(gate.rules, request)
    // A hook may change something by any method, and a page of somebody else can send a GET.
    if (!safeMethods.has(request.method) || request.path.startsWith(hooksRoot)) checkOrigin(gate.rules, request)
    next()
  })
  app.use(hooksHandler(options.engine.hooks, gate.door.address))
  const all = options.editor === undefined ? [...routes, welcomeRoute] : routes
  const table = options.openMetrics === true ? withOpenMetrics(all) : all
  app.use(tableRouter(table, { engine: options.engine, door: gate.door, bodyLimit: limits.body }))
  if (options.editor !== undefined) app.use(editorRouter(options.editor))
  app.use(unknownRoute(table, apiRoot, gate.door))
  app.use(answerErrors(log))
  return app
}

function answerErrors(log: Log): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown, request, response, _next) => {
    if (hasGone(thrown, response)) {
      log('debug', `request: ${reasonOf(thrown)}`)
      return response.destroy()
    }
    const { status, body } = errorAnswer(thrown, log)
    if (response.headersSent) return response.destroy()
    try {
      setErrorHeaders(thrown, request, response)
      response.status(status).type('application/json').send(JSON.stringify(body))
    } catch (again) {
      // Nobody is behind this one: what it throws would end the process.
      log('error', `an error could not be answered: ${reasonOf(again)}`, again)
      response.destroy()
    }
  }
}

/** Who asked went away before the end: that is theirs to do, as often as they like, and no fault of ours. */
function hasGone(thrown: unknown, response: ServerResponse): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  // The first is what express says of it; the others may be those of a connection that we opened.
  return code === 'ECONNABORTED' || (response.destroyed && (code === 'ECONNRESET' || code === 'EPIPE'))
}

interface Upgrade {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
  gate: Gate
  live: Live
  log: Log
}

/** Host, origin and session are checked before the upgrade: a page of somebody else never gets a socket (C17). */
function upgrade({ request, socket, head, gate, live, log }: Upgrade): void {
  // Nobody else listens to this socket yet, and an unheard error would end the process.
  socket.on('error', (thrown) => log('debug', `upgrade: ${reasonOf(thrown)}`))
  try {
    if (gate.stopping) throw rulewireError('STOPPING', {})
    checkHost(gate.rules, request)
    checkOrigin(gate.rules, request)
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    if (path !== livePath) {
      throw rulewireError('NOT_FOUND', { what: 'WebSocket', name: path, suggestion: '', list: apiRoot })
    }
    const who = gate.door.identify(request)
    gate.door.admit(who, 'viewer')
    live.accept({ request, socket, head }, livePass(gate.door, who))
  } catch (thrown) {
    const { status, body } = errorAnswer(thrown, log)
    writeRaw(socket, status, body)
  }
}

/** What the parser of HTTP refused never becomes a request; it gets an answer of the same form. */
function refuseBroken(fault: Error & { code?: string }, socket: Duplex): void {
  if (fault.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const [status, detail] = brokenStatus[fault.code ?? ''] ?? [400, 'This is not a request of HTTP/1.1.']
  const { code, message: text, hint } = rulewireError('BAD_REQUEST', { detail, wanted: 'Mend it and send it again.' })
  writeRaw(socket, status, { code, text, hint })
}

const brokenStatus: Readonly<Record<string, [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time.'],
}

function writeRaw(socket: Duplex, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

async function close(server: Server, live: Live, gate: Gate): Promise<void> {
  gate.stopping = true
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  live.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => {
    server.closeAllConnections()
    live.cut()
  }, grace)
  await closed
  clearTimeout(timer)
}
