import { reasonOf, rulewireError, suggestion } from '../errors.ts'
import { secretVariable } from '../flow/index.ts'
import type { Log } from '../log.ts'
import { open, type SecretKey, seal } from '../secrets/seal.ts'
import type { SecretInfo } from '../server/protocol-secrets.ts'
import type { SealedSecret, SecretStore } from '../store/secrets.ts'
import { addOwnKey, type KeyRing, type KeySources, readKeyRing, writeOwnKeys } from './secret-key.ts'

export interface SecretsOptions {
  readonly store: SecretStore
  readonly sources: KeySources
  /** Secrets from elsewhere, which go before stored ones: the environment unless a test gives others. */
  readonly given: ((name: string) => string | undefined) | undefined
  /** UTC milliseconds. */
  now(): number
  readonly log: Log
}

/** Who uses which secret: `cold-chain/notify`, `broker plant`, by the name of the secret. */
export type SecretUsers = () => ReadonlyMap<string, readonly string[]>

const longestValue = 65_536
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
/** Variables that hold the key are no secrets of flows: a flow could send them away. */
const keyVariables: ReadonlySet<string> = new Set([secretVariable('key'), secretVariable('key-file')])

/**
 * Secrets: encrypted in the database, or in the environment, which goes first. Values leave only by {@link value}, to what sends
 * them; lists, logs and errors hold names.
 */
export class Secrets {
  readonly #options: SecretsOptions
  #ring: KeyRing
  #sealed = new Map<string, SealedSecret>()
  /** Opened values; the errors of those that cannot be opened. */
  readonly #opened = new Map<string, { value: string } | { fault: string }>()
  /** Set once there are flows. */
  users: SecretUsers = () => new Map()
  /** Called with the name of a secret that has changed. */
  changed: (name: string) => void = () => undefined

  constructor(options: SecretsOptions) {
    this.#options = options
    this.#ring = readKeyRing(options.sources, options.log)
    this.#load()
    this.#finishRotation()
    const locked = [...this.#sealed.keys()].flatMap((name) => this.fault(name) ?? [])
    if (this.#ring.fault !== undefined) {
      const { place, fault } = this.#ring
      const { message, hint } = rulewireError('SECRET_KEY', { place, detail: fault })
      options.log('error', `${message} ${hint}`)
    } else if (locked.length > 0) {
      options.log('error', `${locked.length} of ${this.#sealed.size} secrets cannot be read: ${locked[0]}`)
    }
  }

  /** Whether it is set, readable or not. */
  has(name: string): boolean {
    return this.#given(name) !== undefined || this.#sealed.has(name)
  }

  /** Why it cannot be read although it is set. */
  fault(name: string): string | undefined {
    if (this.#given(name) !== undefined) return undefined
    const opened = this.#open(name)
    return opened !== undefined && 'fault' in opened ? opened.fault : undefined
  }

  /** The value, for what sends it; undefined when it is not set. Throws SECRET_LOCKED when it cannot be read. */
  value(name: string): string | undefined {
    const given = this.#given(name)
    if (given !== undefined) return given
    const opened = this.#open(name)
    if (opened === undefined) return undefined
    if ('value' in opened) return opened.value
    throw rulewireError('SECRET_LOCKED', { name, detail: opened.fault })
  }

  /** The value, or undefined when it is not set or cannot be read. */
  readonly valueOrNone = (name: string): string | undefined =>
    this.fault(name) === undefined ? this.value(name) : undefined

  list(): SecretInfo[] {
    const users = this.users()
    const named = [...this.#sealed.keys(), ...[...users.keys()].filter((name) => this.has(name))]
    return [...new Set(named)].sort().map((name) => this.#info(name, users))
  }

  /** Stores a value. Throws SECRET_NAME, SECRET_VALUE, and SECRET_KEY when there is no key to encrypt it with. */
  set(name: string, value: string): SecretInfo {
    if (!namePattern.test(name)) throw rulewireError('SECRET_NAME', { name: name.slice(0, 80) })
    const size = Buffer.byteLength(value)
    if (size === 0) throw rulewireError('SECRET_VALUE', { name, detail: 'it is empty' })
    if (size > longestValue) throw rulewireError('SECRET_VALUE', { name, detail: `it has ${size} bytes` })
    const key = this.#writingKey()
    this.#put([{ name, keyId: key.id, sealed: seal(key, name, value), changed: this.#options.now() }])
    this.#options.log('info', `the secret ${name} is set`)
    this.changed(name)
    return this.#info(name, this.users())
  }

  /** Throws NOT_FOUND, and SECRET_IN_USE unless it is forced. */
  remove(name: string, force: boolean): void {
    if (!this.#sealed.has(name)) {
      const near = suggestion(name, this.#sealed.keys())
      throw rulewireError('NOT_FOUND', { what: 'stored secret', name, suggestion: near, list: '/api/v1/secrets' })
    }
    const users = this.users().get(name) ?? []
    if (users.length > 0 && !force && this.#given(name) === undefined) {
      throw rulewireError('SECRET_IN_USE', { name, users: users.join(', ') })
    }
    this.#options.store.delete(name)
    this.#sealed.delete(name)
    this.#opened.delete(name)
    this.#options.log('info', `the secret ${name} is removed`)
    this.changed(name)
  }

  /**
   * Encrypts everything anew: with a new key where the file is ours, else with the first of the keys that were given. Should the
   * process end meanwhile, the next start reads both keys and finishes. Throws SECRET_KEY, and SECRET_LOCKED when a secret
   * cannot be read, because it would be lost.
   */
  rotate(): { rotated: number } {
    const { sources, log } = this.#options
    if (this.#ring.fault !== undefined) this.#writingKey()
    for (const name of this.#sealed.keys()) {
      const opened = this.#open(name)
      if (opened !== undefined && 'fault' in opened)
        throw rulewireError('SECRET_LOCKED', { name, detail: opened.fault })
    }
    if (this.#ring.own) this.#ring = addOwnKey(sources, this.#ring)
    const rotated = this.#sealWithFirst()
    if (this.#ring.own) this.#ring = writeOwnKeys(sources, this.#ring.keys.slice(0, 1))
    log('info', `the key for secrets is ${this.#ring.keys[0]?.id ?? ''} now; encrypted anew: ${rotated}`)
    return { rotated }
  }

  #given(name: string): string | undefined {
    const { given, sources } = this.#options
    const variable = secretVariable(name)
    const value = given === undefined ? (keyVariables.has(variable) ? undefined : sources.env[variable]) : given(name)
    return value === '' ? undefined : value
  }

  #open(name: string): { value: string } | { fault: string } | undefined {
    const known = this.#opened.get(name)
    if (known !== undefined) return known
    const sealed = this.#sealed.get(name)
    if (sealed === undefined) return undefined
    const opened = this.#openSealed(sealed)
    this.#opened.set(name, opened)
    return opened
  }

  #openSealed({ name, keyId, sealed }: SealedSecret): { value: string } | { fault: string } {
    const { keys, place, fault } = this.#ring
    const key = keys.find(({ id }) => id === keyId)
    if (key === undefined) {
      if (fault !== undefined) return { fault: `the key ${place} cannot be used, ${fault}` }
      const found =
        keys.length === 0 ? `there is no key ${place}` : `${place} holds ${keys.map(({ id }) => id).join(', ')}`
      return { fault: `it was stored with the key ${keyId}, and ${found}` }
    }
    try {
      return { value: open(key, name, sealed) }
    } catch (thrown) {
      return { fault: `it was changed on the disk, or moved from another name (${reasonOf(thrown)})` }
    }
  }

  /** Makes the first key when it is needed. Throws SECRET_KEY. */
  #writingKey(): SecretKey {
    const { place, fault } = this.#ring
    if (fault !== undefined) throw rulewireError('SECRET_KEY', { place, detail: fault })
    if (this.#ring.keys.length === 0) {
      this.#ring = addOwnKey(this.#options.sources, this.#ring)
      const file = this.#ring.place
      this.#options.log(
        'info',
        `${file} is made, the key for secrets: keep a copy of it apart from backups of the data`,
      )
    }
    const [first] = this.#ring.keys
    if (first === undefined) throw rulewireError('SECRET_KEY', { place, detail: 'it is empty' })
    return first
  }

  #sealWithFirst(): number {
    const [first] = this.#ring.keys
    if (first === undefined) return 0
    const again = [...this.#sealed.values()].flatMap((sealed) => {
      const opened = this.#open(sealed.name)
      if (sealed.keyId === first.id || opened === undefined || 'fault' in opened) return []
      return [{ ...sealed, keyId: first.id, sealed: seal(first, sealed.name, opened.value) }]
    })
    this.#put(again)
    return again.length
  }

  /** Two keys in our own file: an earlier run ended in the middle of {@link rotate}. */
  #finishRotation(): void {
    if (!this.#ring.own || this.#ring.keys.length < 2) return
    this.#sealWithFirst()
    const [first, ...others] = this.#ring.keys
    const needed = others.filter(({ id }) => [...this.#sealed.values()].some(({ keyId }) => keyId === id))
    if (first !== undefined) this.#ring = writeOwnKeys(this.#options.sources, [first, ...needed])
  }

  #load(): void {
    this.#sealed = new Map(this.#options.store.all().map((sealed) => [sealed.name, sealed]))
  }

  #put(secrets: readonly SealedSecret[]): void {
    this.#options.store.put(secrets)
    for (const sealed of secrets) {
      this.#sealed.set(sealed.name, sealed)
      this.#opened.delete(sealed.name)
    }
  }

  #info(name: string, users: ReadonlyMap<string, readonly string[]>): SecretInfo {
    const stored = this.#sealed.get(name)
    const given = this.#given(name) !== undefined
    const fault = this.fault(name)
    return {
      name,
      source: given ? 'environment' : 'stored',
      stored: stored !== undefined,
      ...(stored === undefined ? {} : { changed: stored.changed }),
      ...(fault === undefined ? {} : { fault }),
      users: [...(users.get(name) ?? [])],
    }
  }
}
