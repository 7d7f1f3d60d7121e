import type { z } from 'zod'
import type { Access, Principal } from '../auth/index.ts'
import type { EngineApi } from './api.ts'
import type { Door } from './door.ts'

export type { Access } from '../auth/index.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** One line of the table of routes. The router makes everything from it: checks, errors, the list of routes. */
export interface Route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
> {
  method: Method
  /** As express reads it: `:name` stands for one level. */
  path: string
  /** One sentence for the list of routes. */
  summary: string
  /** Who may use it: everybody, or who has at least this role. Looked at before anything of the request is read. */
  access: Access
  params?: Params
  query?: Query
  /** A route with a body takes application/json only; one without refuses a body. */
  body?: Body
  /**
   * What the audit log says of it. Each route that is not a GET is written there, under a name made from its path unless one is
   * given here; `false` for one that changes nothing.
   */
  audit?: RouteAudit<NoInfer<Params>, NoInfer<Query>, NoInfer<Body>> | false
  /** Gives the body of a 200, or an {@link Answer}. */
  handle(input: RouteInput<Params, Query, Body>): unknown
}

export interface RouteInput<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
> {
  engine: EngineApi
  /** Who asks; nobody only where `access` is `anyone`. */
  who: Principal
  /** IP address of who asks. */
  address: string
  /** How the server is reached, and the cookie of its sessions. */
  door: Door
  params: z.output<Params>
  query: z.output<Query>
  body: z.output<Body>
}

/** What the audit log says of a use of a route: names and hashes, never what was sent. */
export interface RouteAudit<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodObject> {
  /** Such as `flow.put`. */
  action: string
  /** What it was done to; the values of the path unless given. */
  target?(input: RouteInput<Params, Query, Body>): string
  /** Hash of what it is before; NOT_FOUND when there is nothing yet. */
  before?(input: RouteInput<Params, Query, Body>): string | undefined
  /** Hash of what it is then. @param result what the handler gave: the body of an {@link Answer} */
  after?(input: RouteInput<Params, Query, Body>, result: unknown): string | undefined
}

/** An answer with a status, a media type or headers of its own. */
export class Answer {
  readonly status: number
  readonly body: unknown
  readonly type: 'application/json' | 'text/html' | 'text/plain'
  readonly headers: Readonly<Record<string, string>>
  /** Whom the audit log names, where it is not who asked: somebody who has just logged in. */
  readonly who: Principal | undefined

  constructor(
    status: number,
    body: unknown,
    type: 'application/json' | 'text/html' | 'text/plain' = 'application/json',
    more: { headers?: Readonly<Record<string, string>>; who?: Principal } = {},
  ) {
    this.status = status
    this.body = body
    this.type = type
    this.headers = more.headers ?? {}
    this.who = more.who
  }
}

/** Declares a route; its handler knows the types that its schemas give. */
export function route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
>(declared: Route<Params, Query, Body>): Route {
  return declared
}
