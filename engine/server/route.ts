import type { z } from 'zod'
import type { EngineApi } from './api.ts'

/** Who may use a route, once there are logins: everybody, or who has at least this role. */
export type Access = 'anyone' | 'viewer' | 'operator' | 'editor' | 'admin'

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
  access: Access
  params?: Params
  query?: Query
  /** A route with a body takes application/json only; one without refuses a body. */
  body?: Body
  /** Gives the body of a 200, or an {@link Answer}. */
  handle(input: RouteInput<Params, Query, Body>): unknown
}

export interface RouteInput<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodObject> {
  engine: EngineApi
  params: z.output<Params>
  query: z.output<Query>
  body: z.output<Body>
}

/** An answer with a status or a media type of its own. */
export class Answer {
  readonly status: number
  readonly body: unknown
  readonly type: 'application/json' | 'text/html'

  constructor(status: number, body: unknown, type: 'application/json' | 'text/html' = 'application/json') {
    this.status = status
    this.body = body
    this.type = type
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
