import type { IncomingMessage } from 'node:http'
import express, { type Request, type RequestHandler, type Response, type Router } from 'express'
import { z } from 'zod'
import { nobody, type Principal } from '../auth/index.ts'
import { rulewireError, suggestion } from '../errors.ts'
import type { EngineApi } from './api.ts'
import { audited, noteRefusal } from './audit.ts'
import { readBody } from './body.ts'
import type { Door } from './door.ts'
import { parseJson } from './json.ts'
import { checked } from './problems.ts'
import { Answer, type Route } from './route.ts'

const nothing = z.strictObject({})
/** Bytes of a body that a stranger may send: the longest login, and some. Many at once must not fill the memory. */
const strangerBody = 32_768

/**
 * Answers the routes of the table and no others, each for those only who may use it: an unknown method is refused here, an
 * unknown path falls through.
 */
export function tableRouter(routes: readonly Route[], { engine, door, bodyLimit }: TableOptions): Router {
  const router = express.Router({ caseSensitive: true, strict: true })
  const callers: Callers = new WeakMap()
  const bodies: Bodies = new WeakMap()
  const readAll = bodyReader(bodies, bodyLimit)
  const readShort = bodyReader(bodies, Math.min(bodyLimit, strangerBody))
  for (const path of pathsInOrder(routes)) {
    for (const route of routes.filter((entry) => entry.path === path)) {
      const before =
        route.body === undefined ? [refuseBody] : [requireJson, route.access === 'anyone' ? readShort : readAll]
      const admitted = admit(route, { engine, door, callers })
      router[lowerCase(route.method)](path, admitted, ...before, handler(route, { engine, door, callers, bodies }))
    }
    router.all(path, wrongMethod(routes, path))
  }
  return router
}

export interface TableOptions {
  engine: EngineApi
  door: Door
  /** Bytes of a body. */
  bodyLimit: number
}

/** Who sent a request that is under way. */
type Callers = WeakMap<Request, Principal>
/** What it sent. */
type Bodies = WeakMap<Request, Uint8Array>

interface Served {
  engine: EngineApi
  door: Door
  callers: Callers
}

/** Throws NOT_FOUND with the nearest path. For everything that is in no table; what is there and what is not is told to viewers only. */
export function unknownRoute(routes: readonly Route[], root: string, door: Door): RequestHandler {
  return (request) => {
    if (request.path.startsWith(`${root}/`)) door.admit(door.identify(request), 'viewer')
    const near = suggestion(
      request.path,
      routes.map((route) => route.path),
    )
    throw rulewireError('NOT_FOUND', {
      what: 'route',
      name: `${request.method} ${request.path}`,
      suggestion: near,
      list: root,
    })
  }
}

/** Fixed paths stand before those with parameters, which would take their names for values. */
function pathsInOrder(routes: readonly Route[]): string[] {
  const paths = [...new Set(routes.map((route) => route.path))]
  return [...paths.filter((path) => !path.includes(':')), ...paths.filter((path) => path.includes(':'))]
}

/** Stands before everything else of a route, so that a stranger's body is not even read. */
function admit(route: Route, { engine, door, callers }: Served): RequestHandler {
  return (request, _response, next) => {
    const who = door.identify(request)
    try {
      door.admit(who, route.access)
    } catch (thrown) {
      noteRefusal(route, { who, address: door.address(request), path: request.path }, thrown, engine.audit)
      throw thrown
    }
    callers.set(request, who)
    next()
  }
}

function handler(route: Route, { engine, door, callers, bodies }: Served & { bodies: Bodies }): RequestHandler {
  return async (request, response) => {
    const who = callers.get(request) ?? nobody
    const address = door.address(request)
    const params = checked(route.params ?? nothing, request.params, 'path')
    const query = checked(route.query ?? nothing, request.query, 'query')
    const body =
      route.body === undefined ? {} : checked(route.body, parseJson(bodies.get(request) ?? new Uint8Array()), 'body')
    send(response, await audited(route, { engine, who, address, door, params, query, body }, engine.audit))
  }
}

function send(response: Response, result: unknown): void {
  const answer = result instanceof Answer ? result : new Answer(200, result)
  response.status(answer.status).type(answer.type)
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
  response.send(answer.type === 'application/json' ? JSON.stringify(answer.body) : String(answer.body))
}

function requireJson(request: IncomingMessage, _: unknown, next: () => void): void {
  const found = request.headers['content-type'] ?? 'nothing'
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(found)) {
    throw rulewireError('WRONG_MEDIA_TYPE', { found })
  }
  next()
}

function bodyReader(bodies: Bodies, limit: number): RequestHandler {
  return async (request, _response, next) => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding.toLowerCase() !== 'identity') throw rulewireError('WRONG_MEDIA_TYPE', { found: 'compressed' })
    bodies.set(request, await readBody(request, limit))
    next()
  }
}

function refuseBody(request: IncomingMessage, _: unknown, next: () => void): void {
  const length = request.headers['content-length'] ?? '0'
  if (length !== '0' || request.headers['transfer-encoding'] !== undefined) {
    throw rulewireError('BAD_REQUEST', { detail: 'This route takes no body.', wanted: 'Send it without one.' })
  }
  next()
}

function wrongMethod(routes: readonly Route[], path: string): RequestHandler {
  const methods = routes.filter((route) => route.path === path).map((route) => route.method as string)
  if (methods.includes('GET')) methods.push('HEAD')
  return (request, response) => {
    response.setHeader('Allow', methods.join(', '))
    throw rulewireError('WRONG_METHOD', { method: request.method, methods: methods.join(', ') })
  }
}

function lowerCase(method: Route['method']): 'get' | 'put' | 'post' | 'delete' {
  const names = { GET: 'get', PUT: 'put', POST: 'post', DELETE: 'delete' } as const
  return names[method]
}
