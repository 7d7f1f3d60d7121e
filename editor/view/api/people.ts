import type {
  AuditList,
  LoginRequest,
  NewToken,
  PasswordRequest,
  SessionAnswer,
  SetupRequest,
  TokenList,
  TokenRequest,
  User,
  UserChange,
  UserList,
  UserRequest,
} from '../../../engine/server/protocol-auth.ts'
import type { BrokerUser, BrokerUserChange } from '../../../engine/server/protocol-broker-users.ts'
import type { SecretInfo } from '../../../engine/server/protocol-secrets.ts'
import { type Call, queryOf } from './call.ts'

export interface AuditQuery {
  who?: string | undefined
  action?: string | undefined
  target?: string | undefined
  outcome?: string | undefined
  /** UTC milliseconds. */
  from?: number | undefined
  to?: number | undefined
  /** An id: only older ones. */
  before?: number | undefined
  limit?: number | undefined
}

/** Logins, users, tokens, secrets, and the log of what was done. */
export interface PeopleClient {
  session(): Promise<SessionAnswer>
  setup(request: SetupRequest): Promise<SessionAnswer>
  login(request: LoginRequest): Promise<SessionAnswer>
  logout(everywhere: boolean): Promise<SessionAnswer>
  password(request: PasswordRequest): Promise<SessionAnswer>
  users(): Promise<UserList>
  addUser(user: UserRequest): Promise<User>
  changeUser(name: string, change: UserChange): Promise<User>
  deleteUser(name: string): Promise<void>
  tokens(): Promise<TokenList>
  makeToken(token: TokenRequest): Promise<NewToken>
  revokeToken(id: string): Promise<void>
  audit(query: AuditQuery): Promise<AuditList>
  secrets(): Promise<SecretInfo[]>
  setSecret(name: string, value: string): Promise<void>
  removeSecret(name: string, force: boolean): Promise<void>
  brokerUsers(): Promise<BrokerUser[]>
  putBrokerUser(name: string, change: BrokerUserChange): Promise<BrokerUser>
  removeBrokerUser(name: string): Promise<void>
  rotateKey(): Promise<{ rotated: number }>
}

export function peopleClient(call: Call): PeopleClient {
  const named = (list: string, name: string) => `${list}/${encodeURIComponent(name)}`
  return {
    session: () => call('GET', 'session'),
    setup: (request) => call('POST', 'setup', request),
    login: (request) => call('POST', 'login', request),
    logout: (everywhere) => call('POST', 'logout', everywhere ? { everywhere } : {}),
    password: (request) => call('POST', 'password', request),
    users: () => call('GET', 'users'),
    addUser: (user) => call('POST', 'users', user),
    changeUser: (name, change) => call('PUT', named('users', name), change),
    deleteUser: (name) => call('DELETE', named('users', name)),
    tokens: () => call('GET', 'tokens'),
    makeToken: (token) => call('POST', 'tokens', token),
    revokeToken: (id) => call('DELETE', named('tokens', id)),
    audit: (query) => call('GET', `audit${queryOf({ ...query })}`),
    secrets: () => call('GET', 'secrets'),
    setSecret: (name, value) => call('PUT', named('secrets', name), { value }),
    removeSecret: (name, force) => call('POST', `${named('secrets', name)}/remove`, { force }),
    brokerUsers: () => call('GET', 'broker-users'),
    putBrokerUser: (name, change) => call('PUT', named('broker-users', name), change),
    removeBrokerUser: (name) => call('DELETE', named('broker-users', name)),
    rotateKey: () => call('POST', 'secrets/rotate-key', {}),
  }
}
