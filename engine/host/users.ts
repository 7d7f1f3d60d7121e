import { checkPassword, type HashMethod, hashPassword, isUserName, type SessionLimits } from '../auth/index.ts'
import { rulewireError, suggestion } from '../errors.ts'
import type { AuthApi } from '../server/api-auth.ts'
import type { User, UserChange, UserRequest } from '../server/protocol-auth.ts'
import type { UserRecord } from '../store/auth.ts'
import type { EngineStore } from '../store/index.ts'
import { writeAtOnce } from './sign-in.ts'
import type { Turns } from './turns.ts'

export interface UsersOptions {
  store: EngineStore
  limits: SessionLimits
  method: HashMethod
  turns: Turns
  /** UTC milliseconds. */
  now(): number
  /** Somebody may have lost what they were allowed. */
  changed(): void
}

type UsersApi = AuthApi['users']

/** The users of an engine. There is always an admin who can log in, once there are users. */
export class Users implements UsersApi {
  readonly #options: UsersOptions

  constructor(options: UsersOptions) {
    this.#options = options
  }

  list(): User[] {
    return this.#options.store.auth.users.list().map((user) => this.#shown(user))
  }

  has(name: string): boolean {
    return this.#options.store.auth.users.get(name) !== undefined
  }

  get(name: string): User {
    return this.#shown(this.#record(name))
  }

  async add({ name, role, password }: UserRequest): Promise<User> {
    const { store, now, changed } = this.#options
    const { users } = store.auth
    if (!isUserName(name)) throw rulewireError('USER_NAME', { name: name.slice(0, 64) })
    const refuse = () => {
      if (users.get(name) !== undefined) throw rulewireError('USER_EXISTS', { name })
      if (users.count() === 0 && role !== 'admin') throw rulewireError('FIRST_USER_ADMIN', { role })
    }
    refuse()
    const hash = await this.#hash(password)
    // Somebody else may have made it meanwhile.
    refuse()
    const time = now()
    const user = { name, role, disabled: false, password: hash, created: time, passwordChanged: time, lastLogin: null }
    writeAtOnce(store, () => users.add(user))
    changed()
    return this.#shown(user)
  }

  async change(name: string, change: UserChange): Promise<User> {
    const { store, now, changed } = this.#options
    this.#guardAdmins(this.#record(name), change)
    const hash = change.password === undefined ? undefined : await this.#hash(change.password)
    const user = this.#record(name)
    this.#guardAdmins(user, change)
    const written = {
      ...user,
      role: change.role ?? user.role,
      disabled: change.disabled ?? user.disabled,
      ...(hash === undefined ? {} : { password: hash, passwordChanged: now() }),
    }
    writeAtOnce(store, () => {
      store.auth.users.write(written)
      if (hash !== undefined || written.disabled) store.auth.sessions.removeOf(name)
    })
    changed()
    return this.#shown(written)
  }

  remove(name: string): void {
    const { store, changed } = this.#options
    this.#guardAdmins(this.#record(name), { disabled: true })
    writeAtOnce(store, () => store.auth.users.remove(name))
    changed()
  }

  /** Throws LAST_ADMIN when nobody would be left who can manage users. */
  #guardAdmins(user: UserRecord, { role = user.role, disabled = user.disabled }: UserChange): void {
    const stays = role === 'admin' && !disabled
    if (user.role !== 'admin' || user.disabled || stays) return
    if (this.#options.store.auth.users.admins() <= 1) throw rulewireError('LAST_ADMIN', { name: user.name })
  }

  async #hash(password: string): Promise<string> {
    checkPassword(password)
    const { turns, method } = this.#options
    return turns.run(() => hashPassword(password, method))
  }

  #record(name: string): UserRecord {
    const { users } = this.#options.store.auth
    const found = users.get(name)
    if (found !== undefined) return found
    const near = suggestion(
      name,
      users.list().map((user) => user.name),
    )
    throw rulewireError('NOT_FOUND', { what: 'user', name, suggestion: near, list: '/api/v1/users' })
  }

  #shown({ name, role, disabled, created, passwordChanged, lastLogin }: UserRecord): User {
    const { store, limits, now } = this.#options
    const time = now()
    return {
      name,
      role,
      disabled,
      created,
      passwordChanged,
      lastLogin,
      sessions: store.auth.sessions.countOf(name, time - limits.life, time - limits.idle),
      tokens: store.auth.tokens.countOf(name, time),
    }
  }
}
