import {
  bestMethod,
  decoyHash,
  defaultSessionLimits,
  type HashMethod,
  hashPassword,
  isOutdated,
  isPassword,
  LoginLimiter,
  type Principal,
  randomSecret,
  type SessionLimits,
  secretHash,
  sessionEnds,
  usePrecision,
} from '../auth/index.ts'
import { rulewireError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { AuthApi, BegunSession } from '../server/api-auth.ts'
import type { SessionRecord, UserRecord } from '../store/auth.ts'
import type { EngineStore } from '../store/index.ts'
import { ApiTokens } from './api-tokens.ts'
import { SetupToken } from './setup-token.ts'
import { writeAtOnce, writeIfPossible } from './sign-in.ts'
import { Turns } from './turns.ts'
import { Users } from './users.ts'

export interface AuthOptions {
  store: EngineStore
  /** The data directory, for the file of the setup token. */
  data: string
  limits?: Partial<SessionLimits> | undefined
  /** For tests: how passwords are hashed. */
  method?: HashMethod | undefined
  /** UTC milliseconds. */
  now(): number
  log: Log
}

/** Password hashes: each takes 64 MiB and a thread of four. */
const hashing = { atOnce: 2, waiting: 16 }

/** Who may do what: logins, sessions, users and API tokens of one engine. */
export class AuthDesk implements AuthApi {
  readonly users: Users
  readonly tokens: ApiTokens
  readonly #store: EngineStore
  readonly #limits: SessionLimits
  readonly #method: HashMethod
  readonly #now: () => number
  readonly #setup: SetupToken
  readonly #limiter: LoginLimiter
  readonly #turns = new Turns(hashing)
  readonly #listeners = new Set<() => void>()
  readonly #decoy: string

  constructor({ store, data, limits, method = bestMethod, now, log }: AuthOptions) {
    this.#store = store
    this.#limits = { ...defaultSessionLimits, ...limits }
    this.#method = method
    this.#now = now
    this.#decoy = decoyHash(method)
    this.#limiter = new LoginLimiter({ now })
    this.#setup = new SetupToken(data, log)
    const shared = { store, now, changed: () => this.#changed() }
    this.users = new Users({ ...shared, limits: this.#limits, method, turns: this.#turns })
    this.tokens = new ApiTokens(shared)
    if (this.hasUsers()) this.#setup.close()
  }

  hasUsers(): boolean {
    return this.#store.auth.users.count() > 0
  }

  ofSession(id: string): Principal | undefined {
    const hash = secretHash(id)
    const session = this.#session(hash)
    const who = session === undefined ? undefined : this.#principal(session)
    if (session === undefined || who === undefined) return undefined
    const now = this.#now()
    if (now - session.seen >= usePrecision)
      writeIfPossible(this.#store, () => this.#store.auth.sessions.seen(hash, now))
    return who
  }

  ofToken(token: string): Principal {
    return this.tokens.owner(token)
  }

  current(who: Principal): Principal | undefined {
    if (who.token !== undefined) return this.tokens.current(who.token.id)
    const session = who.session === undefined ? undefined : this.#session(who.session)
    return session === undefined ? undefined : this.#principal(session)
  }

  ends(who: Principal): { idle: number; expires: number } | undefined {
    const session = who.session === undefined ? undefined : this.#session(who.session)
    return session === undefined ? undefined : sessionEnds(session, this.#limits)
  }

  async login({ name, password, address }: Parameters<AuthApi['login']>[0]): Promise<BegunSession> {
    const user = await this.#verify(name, password, address)
    await this.#rehash(user, password)
    return this.#begin(name)
  }

  async setup({ token, name, password, address }: Parameters<AuthApi['setup']>[0]): Promise<BegunSession> {
    if (this.hasUsers()) throw rulewireError('SETUP_DONE', {})
    this.#mayTry('', address)
    if (!this.#setup.take(token)) throw rulewireError('SETUP_TOKEN_WRONG', {})
    this.#limiter.succeeded('', address)
    try {
      await this.users.add({ name, role: 'admin', password })
    } catch (thrown) {
      if (!this.hasUsers()) this.#setup.giveBack(token)
      throw thrown
    }
    return this.#begin(name)
  }

  logout(who: Principal, everywhere: boolean): void {
    const { sessions } = this.#store.auth
    writeAtOnce(this.#store, () => {
      if (everywhere && who.user !== undefined) sessions.removeOf(who.user)
      else if (who.session !== undefined) sessions.remove(who.session)
    })
    this.#changed()
  }

  async changePassword(
    who: Principal,
    { current, password, address }: Parameters<AuthApi['changePassword']>[1],
  ): Promise<BegunSession> {
    if (who.kind !== 'user' || who.user === undefined) throw rulewireError('NO_PASSWORD', { name: who.name })
    await this.#verify(who.user, current, address)
    // Ends all sessions, this one too: it goes on under a new id.
    await this.users.change(who.user, { password })
    return this.#begin(who.user)
  }

  openSetup(): { token: string; file: string | undefined } | undefined {
    return this.hasUsers() ? undefined : this.#setup.open()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The user of a name and password. Each way to fail takes as long and says the same (C11). */
  async #verify(name: string, password: string, address: string): Promise<UserRecord> {
    this.#mayTry(name, address)
    const known = this.#store.auth.users.get(name)
    const right = await this.#turns.run(() => isPassword(password, known?.password ?? this.#decoy))
    // Read anew: while the password was hashed, an admin may have changed the user.
    const user = this.#store.auth.users.get(name)
    if (!right || user === undefined || user.disabled || user.password !== known?.password)
      throw rulewireError('LOGIN_FAILED', {})
    this.#limiter.succeeded(name, address)
    return user
  }

  #mayTry(name: string, address: string): void {
    const wait = this.#limiter.begin(name, address)
    if (wait > 0) throw rulewireError('LOGIN_LIMITED', { seconds: Math.ceil(wait / 1000) })
  }

  /** A hash of an older method is made anew, now that the password is known. */
  async #rehash(user: UserRecord, password: string): Promise<void> {
    if (!isOutdated(user.password, this.#method)) return
    const hash = await this.#turns.run(() => hashPassword(password, this.#method))
    const now = this.#store.auth.users.get(user.name)
    if (now?.password !== user.password) return
    writeAtOnce(this.#store, () => this.#store.auth.users.write({ ...now, password: hash }))
  }

  #begin(name: string): BegunSession {
    const { users, sessions } = this.#store.auth
    const now = this.#now()
    const id = randomSecret()
    const hash = secretHash(id)
    writeAtOnce(this.#store, () => {
      sessions.clear(now - this.#limits.life, now - this.#limits.idle)
      sessions.add({ hash, user: name, created: now, seen: now })
      sessions.trimOf(name, this.#limits.perUser)
      const user = users.get(name)
      if (user !== undefined) users.write({ ...user, lastLogin: now })
    })
    this.#changed()
    const who = this.current({ name, role: 'nobody', kind: 'user', session: hash })
    if (who === undefined) throw rulewireError('LOGIN_FAILED', {})
    return { id, who }
  }

  /** A session that has not ended. */
  #session(hash: string): SessionRecord | undefined {
    const session = this.#store.auth.sessions.get(hash)
    return session !== undefined && this.#now() < sessionEnds(session, this.#limits).idle ? session : undefined
  }

  #principal({ hash, user: name }: SessionRecord): Principal | undefined {
    const user = this.#store.auth.users.get(name)
    if (user === undefined || user.disabled) return undefined
    return { name, role: user.role, kind: 'user', user: name, session: hash }
  }

  #changed(): void {
    if (this.hasUsers()) this.#setup.close()
    for (const listener of this.#listeners) listener()
  }
}
