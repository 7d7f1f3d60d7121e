import type { Principal, Role } from '../auth/index.ts'
import type {
  ApiToken,
  AuditEntry,
  AuditList,
  NewToken,
  TokenRequest,
  User,
  UserChange,
  UserRequest,
} from './protocol-auth.ts'

/** Who may do what: users, sessions, API tokens. Whether a login is needed at all is the server's matter. */
export interface AuthApi {
  hasUsers(): boolean
  /** Whose session this is, by the id of its cookie; undefined when there is none or it has ended. Notes its use. */
  ofSession(id: string): Principal | undefined
  /** Whose API token this is. Notes its use. Throws TOKEN_INVALID. */
  ofToken(token: string): Principal
  /** The same one as of now, with the role of now; undefined when the session or token has ended. Not for those without a login. */
  current(who: Principal): Principal | undefined
  /** When a session ends, UTC milliseconds: unless it is used, and at the latest. */
  ends(who: Principal): { idle: number; expires: number } | undefined
  /** Throws LOGIN_FAILED, LOGIN_LIMITED and LOGIN_BUSY. */
  login(attempt: { name: string; password: string; address: string }): Promise<BegunSession>
  /** Makes the first admin. Throws SETUP_DONE, SETUP_TOKEN_WRONG, LOGIN_LIMITED, USER_NAME, PASSWORD_LENGTH. */
  setup(attempt: { token: string; name: string; password: string; address: string }): Promise<BegunSession>
  /** Ends the session, or all of that user. */
  logout(who: Principal, everywhere: boolean): void
  /** Ends the other sessions. Throws NO_PASSWORD, LOGIN_FAILED, LOGIN_LIMITED, PASSWORD_LENGTH. */
  changePassword(who: Principal, change: { current: string; password: string; address: string }): Promise<BegunSession>
  readonly users: {
    list(): User[]
    has(name: string): boolean
    /** Throws NOT_FOUND. */
    get(name: string): User
    /** Throws USER_EXISTS, USER_NAME, PASSWORD_LENGTH, FIRST_USER_ADMIN. */
    add(request: UserRequest): Promise<User>
    /** Throws NOT_FOUND, LAST_ADMIN, PASSWORD_LENGTH. */
    change(name: string, change: UserChange): Promise<User>
    /** Throws NOT_FOUND and LAST_ADMIN. */
    remove(name: string): void
  }
  readonly tokens: {
    /** Those that this one may see. */
    list(who: Principal): ApiToken[]
    /** Throws NOT_ALLOWED when the role is above that of the maker, and TOO_MANY_TOKENS. */
    make(who: Principal, request: TokenRequest): NewToken
    /** Throws NOT_FOUND, also for one that this one may not see. */
    revoke(who: Principal, id: string): void
  }
  /** Makes a new setup token and writes it to a file; undefined when there are users. */
  openSetup(): { token: string; file: string | undefined } | undefined
  /** Calls back when somebody may have lost what they were allowed; returns how to end it. */
  onChange(listener: () => void): () => void
}

/** A session that has just begun. */
export interface BegunSession {
  /** For the cookie; nobody else ever sees it. */
  id: string
  who: Principal
}

/** What stands in the audit log for one act. */
export interface Act {
  who: Principal
  address: string | null
  action: string
  target: string
  outcome: AuditEntry['outcome']
  code?: string | undefined
  before?: string | undefined
  after?: string | undefined
}

export interface AuditRequest {
  who?: string | undefined
  action?: string | undefined
  /** Begins with this. */
  target?: string | undefined
  outcome?: AuditEntry['outcome'] | undefined
  from?: number | undefined
  to?: number | undefined
  before?: number | undefined
  limit?: number | undefined
}

export interface AuditApi {
  /** Writes it down; what cannot be written goes to the log. Never throws. */
  note(act: Act): void
  list(request: AuditRequest): AuditList
}

export type { Principal, Role }
