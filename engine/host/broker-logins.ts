import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type FailureRule, Failures } from '../auth/index.ts'
import { placeOf } from '../net/address.ts'
import { Guesses } from './guesses.ts'
import { Turns } from './turns.ts'

/** Hashing of passwords, beside the event loop. */
export interface PasswordHashing {
  hash(password: string): Promise<string>
  isPassword(password: string, stored: string): Promise<boolean>
  /** A hash that belongs to no password: what an unknown name is compared with, so that it takes as long. */
  decoy(): string
}

/** What a password is compared with. */
export type Wanted = { readonly hash: string } | { readonly text: string } | undefined

interface Attempt {
  readonly name: string
  readonly address: string
  readonly password: Uint8Array | undefined
  readonly wanted: Wanted
}

/** `wait`: nothing was compared, because too many attempts failed or wait; a sentence's end. */
export type LoginResult = 'right' | 'wrong' | { readonly wait: string }

/** Passwords that are hashed: each takes memory and a thread for a moment. */
const hashingTurns = { atOnce: 2, waiting: 500 }
const longestPassword = 1024
/** Failures that cost nothing, and the longest wait in milliseconds after more: of a name from one place, and of a place. */
const rules = {
  name: { free: 5, longest: 60_000 },
  place: { free: 50, longest: 5000 },
} as const satisfies Record<string, FailureRule>
/** After that time without a failure all is forgotten, milliseconds. */
const forgottenAfter = 600_000

/**
 * Checks passwords of MQTT clients (C11, C43). One that was right is known again without hashing (by a keyed digest that only this
 * process can make), because a thousand devices come back at once after a break. Who fails has to wait longer and longer; a device
 * with a wrong password keeps no other out that comes from the same address, but where somebody guesses, the right one waits too.
 */
export class Logins {
  readonly #hashing: PasswordHashing
  readonly #key = randomBytes(32)
  readonly #right = new Map<string, { hash: string; digest: Buffer }>()
  /** The same login of several clients at once is hashed once. */
  readonly #underWay = new Map<string, Promise<LoginResult>>()
  readonly #failures: Failures
  readonly #guesses: Guesses
  readonly #turns = new Turns(hashingTurns)
  #decoy: string | undefined

  /** @param now UTC milliseconds */
  constructor(hashing: PasswordHashing, now: () => number) {
    this.#hashing = hashing
    this.#failures = new Failures({ now, forgottenAfter })
    this.#guesses = new Guesses({ now, forgottenAfter })
  }

  async check({ name, address, password, wanted }: Attempt): Promise<LoginResult> {
    if (password === undefined || password.length > longestPassword) return 'wrong'
    const digest = this.#digest(password)
    const known = this.#right.get(name)
    const guessing = this.#guesses.isGuessing(nameKey(name, address))
    if (known !== undefined && !guessing && wanted !== undefined && 'hash' in wanted) {
      if (known.hash === wanted.hash && timingSafeEqual(known.digest, digest)) return 'right'
    }
    const key = JSON.stringify([name, placeOf(address), digest.toString('hex')])
    const same = this.#underWay.get(key)
    if (same !== undefined) return same
    const checked = this.#check({ name, address, password, wanted }, digest)
    this.#underWay.set(key, checked)
    try {
      return await checked
    } finally {
      this.#underWay.delete(key)
    }
  }

  /** The password of a user has changed. */
  forget(name: string): void {
    this.#right.delete(name)
  }

  async #check({ name, address, password, wanted }: Attempt, digest: Buffer): Promise<LoginResult> {
    const [byName, byPlace] = [nameKey(name, address), JSON.stringify([placeOf(address)])]
    const wait = Math.max(this.#failures.wait(byName), this.#failures.wait(byPlace))
    if (wait > 0) this.#guesses.note(byName, digest.toString('base64'))
    if (wait > 0) return { wait: `too many logins failed; the next one is possible in ${Math.ceil(wait / 1000)} s` }
    if (this.#turns.full) return { wait: `${hashingTurns.waiting} logins wait already` }
    // Counted from the beginning, so that many at once do not slip through. A place is not: all its devices may come back at once.
    this.#failures.add(byName, rules.name)
    if (await this.#isRight(password ?? Buffer.alloc(0), wanted)) {
      this.#failures.forget(byName)
      this.#guesses.forget(byName)
      if (wanted !== undefined && 'hash' in wanted) this.#right.set(name, { hash: wanted.hash, digest })
      return 'right'
    }
    this.#failures.add(byPlace, rules.place)
    this.#guesses.note(byName, digest.toString('base64'))
    return 'wrong'
  }

  async #isRight(password: Uint8Array, wanted: Wanted): Promise<boolean> {
    if (wanted !== undefined && 'text' in wanted) {
      // Digests have one length, and where they differ says nothing.
      if (timingSafeEqual(this.#digest(password), this.#digest(Buffer.from(wanted.text)))) return true
    }
    // A name that nobody has takes as long, and so does a wrong password of one that needs no hash.
    this.#decoy ??= this.#hashing.decoy()
    const hash = wanted !== undefined && 'hash' in wanted ? wanted.hash : this.#decoy
    const right = await this.#turns.run(() => this.#hashing.isPassword(Buffer.from(password).toString('utf8'), hash))
    return right && hash !== this.#decoy
  }

  #digest(password: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(password).digest()
  }
}

/** A name from one place. */
function nameKey(name: string, address: string): string {
  return JSON.stringify([placeOf(address), name.slice(0, 64)])
}
