import { rulewireError, suggestion } from '../errors.ts'
import type { Log } from '../log.ts'
import { type AclRule, type Rights, rightsOf, ruleFilterFault } from '../mqtt/broker/acl.ts'
import type { BrokerUsers, Login, LoginAnswer, SessionOwners } from '../mqtt/broker/users.ts'
import type { BrokerUser, BrokerUserChange } from '../server/protocol-broker-users.ts'
import { BoundedCache } from '../spec/cache.ts'
import type { BrokerUserStore, StoredBrokerUser } from '../store/broker-users.ts'
import { Logins, type PasswordHashing, type Wanted } from './broker-logins.ts'

/** A user of the config file. */
export interface FixedBrokerUser {
  /** Read at each login; undefined: only a client certificate lets it in. */
  readonly password?: (() => string | undefined) | undefined
  readonly disabled?: boolean | undefined
  readonly rules: readonly AclRule[]
}

export interface BrokerUserDeskOptions {
  readonly store: BrokerUserStore
  readonly fixed: ReadonlyMap<string, FixedBrokerUser>
  /** Who comes without a login, or with a name that nobody has, may do everything. */
  readonly anonymous: boolean
  readonly hashing: PasswordHashing
  /** UTC milliseconds. */
  now(): number
  readonly log: Log
}

/** The broker, once it runs. */
interface Changed {
  clients(): { user?: string }[]
  userChanged(user: string, gone: boolean): void
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/
const passwordLength = { least: 8, most: 1024 }
/** Clients whose rights are kept ready. */
const readyRights = 5000
const everything: Rights = { mayPublish: () => true, maySubscribe: () => true }

/**
 * Users of the embedded broker and what they may do (C43). They stand in the database, or in the config file, which goes first.
 * Whatever no rule allows is denied. A change ends the connections of its user, so that it holds at once.
 */
export class BrokerUserDesk implements BrokerUsers {
  readonly #options: BrokerUserDeskOptions
  readonly #logins: Logins
  readonly #users: Map<string, StoredBrokerUser>
  readonly #owners: Map<string, string>
  readonly #rights = new BoundedCache<string, Rights>(readyRights)
  readonly owners: SessionOwners
  /** Told about changes. */
  broker: Changed | undefined

  constructor(options: BrokerUserDeskOptions) {
    const { store, hashing, now } = options
    this.#options = options
    this.#logins = new Logins(hashing, now)
    this.#users = new Map(store.all().map((user) => [user.name, user]))
    this.#owners = store.owners()
    this.owners = {
      of: (clientId) => {
        const owner = this.#owners.get(clientId)
        return owner === undefined || this.#has(owner) ? owner : null
      },
      set: (clientId, user) => {
        if (this.#owners.get(clientId) === user) return
        store.setOwner(clientId, user)
        if (user === undefined) this.#owners.delete(clientId)
        else this.#owners.set(clientId, user)
      },
      keepOnly: (clientIds) => {
        for (const clientId of [...this.#owners.keys()]) {
          if (clientIds.has(clientId)) continue
          store.setOwner(clientId, undefined)
          this.#owners.delete(clientId)
        }
      },
    }
  }

  /** Whether anybody could log in. */
  get any(): boolean {
    return this.#users.size + this.#options.fixed.size > 0
  }

  async authenticate({ name, password, certificate, address }: Login): Promise<LoginAnswer> {
    const { anonymous } = this.#options
    if (certificate !== undefined) return this.#isEnabled(certificate) ? { user: certificate } : false
    if (name === undefined) return anonymous ? { user: undefined } : false
    if (anonymous && !this.#has(name)) return { user: undefined }
    const result = await this.#logins.check({ name, address, password, wanted: this.#wanted(name) })
    if (typeof result === 'object') return { later: result.wait }
    // Looked at after the wait: it may have been disabled meanwhile.
    return result === 'right' && this.#isEnabled(name) ? { user: name } : false
  }

  mayPublish(user: string | undefined, topic: string, clientId: string): boolean {
    return this.#rightsOf(user, clientId).mayPublish(topic)
  }

  maySubscribe(user: string | undefined, filter: string, clientId: string): boolean {
    return this.#rightsOf(user, clientId).maySubscribe(filter)
  }

  list(): BrokerUser[] {
    const names = new Set([...this.#options.fixed.keys(), ...this.#users.keys()])
    return [...names].sort().map((name) => this.#describe(name))
  }

  /** Adds or changes a user. Throws BROKER_USER, ACL_RULE, PASSWORD_LENGTH. */
  async put(name: string, { password, disabled, rules }: BrokerUserChange): Promise<BrokerUser> {
    const { store, fixed, hashing, now, log } = this.#options
    if (!namePattern.test(name)) {
      throw rulewireError('BROKER_USER', {
        name: name.slice(0, 80),
        detail: 'it holds other signs than letters, digits and ._@-',
      })
    }
    if (fixed.has(name))
      throw rulewireError('BROKER_USER', { name, detail: 'it stands in the config file; change it there' })
    for (const { filter } of rules ?? []) {
      const fault = ruleFilterFault(filter)
      if (fault !== undefined) throw rulewireError('ACL_RULE', { filter: filter.slice(0, 200), detail: fault })
    }
    if (typeof password === 'string') {
      const length = [...password].length
      const { least, most } = passwordLength
      if (length < least || length > most) throw rulewireError('PASSWORD_LENGTH', { length, least, most })
    }
    const hash = typeof password === 'string' ? await hashing.hash(password) : password
    const known = this.#users.get(name)
    const user: StoredBrokerUser = {
      name,
      password: hash === undefined ? (known?.password ?? null) : hash,
      disabled: disabled ?? known?.disabled ?? false,
      rules: rules ?? known?.rules ?? [],
      changed: now(),
    }
    store.put(user)
    this.#users.set(name, user)
    log('info', `the broker's user ${name} is ${known === undefined ? 'added' : 'changed'}`)
    this.#changed(name, false)
    return this.#describe(name)
  }

  /** Throws NOT_FOUND, and BROKER_USER for one of the config file. */
  remove(name: string): void {
    const { store, fixed, log } = this.#options
    if (fixed.has(name))
      throw rulewireError('BROKER_USER', { name, detail: 'it stands in the config file; remove it there' })
    if (!this.#users.has(name)) {
      const near = suggestion(name, this.#users.keys())
      throw rulewireError('NOT_FOUND', {
        what: 'user of the broker',
        name,
        suggestion: near,
        list: '/api/v1/broker-users',
      })
    }
    store.delete(name)
    // The broker asks whose a session is, so the user goes from here after that.
    this.#changed(name, true)
    this.#users.delete(name)
    this.#rights.clear()
    log('info', `the broker's user ${name} is removed`)
  }

  #changed(name: string, gone: boolean): void {
    this.#rights.clear()
    this.#logins.forget(name)
    this.broker?.userChanged(name, gone)
  }

  #wanted(name: string): Wanted {
    const written = this.#options.fixed.get(name)
    if (written !== undefined) {
      const text = written.password?.()
      return text === undefined || text === '' ? undefined : { text }
    }
    const hash = this.#users.get(name)?.password
    return typeof hash === 'string' ? { hash } : undefined
  }

  #has(name: string): boolean {
    return this.#users.has(name) || this.#options.fixed.has(name)
  }

  #isEnabled(name: string): boolean {
    const user = this.#options.fixed.get(name) ?? this.#users.get(name)
    return user !== undefined && user.disabled !== true
  }

  #rightsOf(user: string | undefined, clientId: string): Rights {
    if (user === undefined) return this.#options.anonymous ? everything : rightsOf([], { user, clientId })
    const key = `${user}\0${clientId}`
    const known = this.#rights.get(key)
    if (known !== undefined) return known
    const made = rightsOf(this.#isEnabled(user) ? this.#rulesOf(user) : [], { user, clientId })
    this.#rights.set(key, made)
    return made
  }

  #rulesOf(name: string): readonly AclRule[] {
    // What `put` stored was checked.
    return this.#options.fixed.get(name)?.rules ?? ((this.#users.get(name)?.rules ?? []) as AclRule[])
  }

  #describe(name: string): BrokerUser {
    const written = this.#options.fixed.get(name)
    const stored = this.#users.get(name)
    return {
      name,
      password: written === undefined ? typeof stored?.password === 'string' : written.password !== undefined,
      disabled: !this.#isEnabled(name),
      rules: this.#rulesOf(name).map((rule) => ({ ...rule })),
      fixed: written !== undefined,
      ...(written !== undefined || stored === undefined ? {} : { changed: stored.changed }),
      clients: this.broker?.clients().filter(({ user }) => user === name).length ?? 0,
    }
  }
}
