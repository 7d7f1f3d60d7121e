/**
 * What the routes for logins, users, API tokens and the audit log carry. Times are UTC milliseconds.
 *
 * A browser has a cookie that no script can read, and sends nothing else. A program sends `Authorization: Bearer rw_...`; a
 * token in the query is refused with TOKEN_IN_QUERY. POST and PUT take application/json, with `{}` where there is nothing to
 * say. The files of the editor load without a login; everything below /api/v1 except /session, /login and /setup asks for one.
 *
 * Refusals that a screen meets everywhere:
 * - 401 LOGIN_NEEDED: no session, or it has ended (expired, logged out elsewhere, disabled, deleted): show the login.
 * - 401 SETUP_NEEDED: there is no user yet, and this address is not only this machine's: show the setup.
 * - 401 TOKEN_INVALID: an API token that is unknown, expired or revoked.
 * - 403 NOT_ALLOWED: the role is too low; the text names the one that is needed.
 * - 429 LOGIN_LIMITED: too many failed logins; the text says for how long, and `Retry-After` in seconds.
 *
 * The live stream answers the upgrade with the same codes, as a 401 before the socket opens. A socket whose session or token
 * ends is closed within a second with code 4401: ask GET /session what to show.
 */
import type { Role } from '../auth/roles.ts'

export type { Role } from '../auth/roles.ts'

/** Who asks. */
export interface Who {
  /** The user's name; of a token its owner's, or its title when it has none; "local" without a login. */
  name: string
  role: Role
  /** `local`: without a login. `user`: with a session. `token`: with an API token. */
  kind: 'local' | 'user' | 'token'
}

/** GET /api/v1/session, open to anyone; also the answer of /login, /setup, /password and /logout. */
export interface SessionAnswer {
  /**
   * `single-user`: no login; who reaches the server is a local admin. `setup`: the first admin must be made with the setup
   * token. `login`: there are users.
   */
  mode: 'single-user' | 'setup' | 'login'
  /** Null: nobody; then show the login (`login`) or the setup (`setup`). */
  who: Who | null
  /** When this session ends at the latest, and when it ends if nothing is asked until then; absent without a session. */
  expires?: number
  idle?: number
  /** True in `single-user` when others than this machine can reach the server (--without-login): show a warning. */
  open?: true
  /** Characters that a password must have. */
  passwordLength: { least: number; most: number }
}

/**
 * POST /api/v1/setup: makes the first admin and logs in. 403 SETUP_TOKEN_WRONG; 409 SETUP_DONE when there are users;
 * 400 USER_NAME and PASSWORD_LENGTH (400 BAD_REQUEST when a field is missing); 429 LOGIN_LIMITED.
 */
export interface SetupRequest {
  /** As the console and the file `setup-token` in the data directory show it. */
  token: string
  name: string
  password: string
}

/** POST /api/v1/login. 401 LOGIN_FAILED without saying whether name or password was wrong; 429 LOGIN_LIMITED. */
export interface LoginRequest {
  name: string
  password: string
}

/** POST /api/v1/logout {} ends this session; { everywhere: true } all sessions of the user. Answered with a SessionAnswer. */
export interface LogoutRequest {
  everywhere?: boolean | undefined
}

/**
 * POST /api/v1/password: the own password. Other sessions of the user end, this one goes on under a new cookie.
 * 401 LOGIN_FAILED when `current` is wrong; 409 NO_PASSWORD for a token or without a login.
 */
export interface PasswordRequest {
  current: string
  password: string
}

/** GET /api/v1/users (admin) -> UserList. */
export interface UserList {
  items: User[]
}

export interface User {
  /** 1 to 32 of a-z, 0-9, ".", "_" and "-", beginning with a letter or digit. Never changes. */
  name: string
  role: Role
  disabled: boolean
  created: number
  passwordChanged: number
  /** Null: never. */
  lastLogin: number | null
  /** Sessions that have not ended. */
  sessions: number
  /** API tokens that are valid. */
  tokens: number
}

/**
 * POST /api/v1/users (admin) -> User. 400 USER_NAME and PASSWORD_LENGTH; 409 USER_EXISTS; 409 FIRST_USER_ADMIN when there is no user yet and the role is not
 * admin. The first user ends the single-user mode: from then on everybody must log in, also who made it.
 */
export interface UserRequest {
  name: string
  role: Role
  password: string
}

/**
 * PUT /api/v1/users/:name (admin) -> User. What is absent stays. A new password or `disabled: true` ends the user's sessions.
 * 409 LAST_ADMIN when no enabled admin would be left. DELETE /api/v1/users/:name (admin) -> { deleted: name } removes the user
 * with sessions and tokens.
 */
export interface UserChange {
  role?: Role | undefined
  disabled?: boolean | undefined
  password?: string | undefined
}

/** GET /api/v1/tokens (viewer): the own ones; for an admin those of all. */
export interface TokenList {
  items: ApiToken[]
}

export interface ApiToken {
  /** Names it in DELETE /api/v1/tokens/:id -> { revoked: id }: own ones, or any for an admin. */
  id: string
  title: string
  /** Whose it is; null: made without a login, belongs to no user. It may never do more than its owner may now. */
  user: string | null
  role: Role
  /** How the token begins, so that people can tell them apart. */
  start: string
  created: number
  /** Null: never. */
  expires: number | null
  /** Null: never. Exact to a minute. */
  lastUsed: number | null
}

/** POST /api/v1/tokens (viewer) -> NewToken. 403 NOT_ALLOWED when the role is above that of the maker. */
export interface TokenRequest {
  /** What it is for; 1 to 64 characters. */
  title: string
  role: Role
  /** Days until it expires, 1 to 3650; null: never. 90 unless said. */
  days?: number | null | undefined
}

export interface NewToken extends ApiToken {
  /** The token itself: shown once, never again. */
  token: string
}

/** GET /api/v1/audit?who=&action=&target=&outcome=&from=&to=&before=&limit= (admin): newest first. `from`, `to` are times, `before` an id. */
export interface AuditList {
  items: AuditEntry[]
  /** All that fit the filter, without `before`. */
  total: number
  /** All actions that exist, for a choice in the filter. */
  actions: string[]
}

/** One thing that somebody did, or tried to do. */
export interface AuditEntry {
  id: number
  time: number
  /** Name of the user, title of a token without owner, "local", or "-" when nobody is logged in (a failed login: the name that was tried is `target`). */
  who: string
  /** `console`: not over the network: the command line on the data directory (`who` is "console"), a changed file ("file"), or the engine itself ("engine"). */
  kind: Who['kind'] | 'nobody' | 'console'
  /** Title of the token, when it was one. */
  token: string | null
  /** IP address; null for the command line on the data directory. */
  address: string | null
  /** Such as `flow.put`, `alarm.ack`, `user.add`, `login`. */
  action: string
  /** What it was done to: a flow, `flow/node key`, a user, a topic; empty when there is nothing. */
  target: string
  /** `refused`: not allowed or wrong. `failed`: allowed, and it did not work. */
  outcome: 'done' | 'refused' | 'failed'
  /** Of the error, when it is not `done`. */
  code: string | null
  /** Hashes of what it was before and after, where there is such a thing: never the thing itself. */
  before: string | null
  after: string | null
  /** Further repeats of the same failed login that were not written by themselves. */
  repeats: number
}
