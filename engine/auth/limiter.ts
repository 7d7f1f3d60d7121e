import { placeOf } from '../net/address.ts'
import { type FailureRule, Failures } from './failures.ts'

export interface LimiterOptions {
  /** UTC milliseconds. */
  now(): number
}

/** A name waits a minute at most, so that a stranger cannot keep its owner out for long; an address waits longer. */
const rules = {
  name: { free: 5, longest: 60_000 },
  address: { free: 20, longest: 900_000 },
} as const satisfies Record<string, FailureRule>

const forgottenAfter = 3_600_000

/**
 * Limits logins by name and by address (C11). An attempt counts as failed from its beginning until it succeeds, so that many at
 * once do not slip through.
 */
export class LoginLimiter {
  readonly #failures: Failures

  constructor({ now }: LimiterOptions) {
    this.#failures = new Failures({ now, forgottenAfter })
  }

  /** Milliseconds until the next attempt is possible, or 0: then this one is noted and must be made. */
  begin(name: string, address: string): number {
    const [byName, byAddress] = [nameKey(name), addressKey(address)]
    const wait = Math.max(this.#failures.wait(byName), this.#failures.wait(byAddress))
    if (wait > 0) return wait
    this.#failures.add(byName, rules.name)
    this.#failures.add(byAddress, rules.address)
    return 0
  }

  /** The attempt was right: the name begins anew, and the address gets this attempt back and no more. */
  succeeded(name: string, address: string): void {
    this.#failures.forget(nameKey(name))
    this.#failures.takeBack(addressKey(address))
  }
}

function nameKey(name: string): string {
  return `name ${name.slice(0, 64)}`
}

function addressKey(address: string): string {
  return `address ${placeOf(address)}`
}
