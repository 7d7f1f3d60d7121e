import { isIPv6 } from 'node:net'

export interface LimiterOptions {
  /** UTC milliseconds. */
  now(): number
}

/** Failures that cost nothing, the longest wait in milliseconds, and after how long without a failure all is forgotten. */
interface Rule {
  readonly free: number
  readonly longest: number
}

/** A name waits a minute at most, so that a stranger cannot keep its owner out for long; an address waits longer. */
const rules = {
  name: { free: 5, longest: 60_000 },
  address: { free: 20, longest: 900_000 },
} as const satisfies Record<string, Rule>

const forgotten = 3_600_000
/** Names and addresses that are remembered; of more, those that failed longest ago go. */
const remembered = 10_000

interface Failures {
  count: number
  /** UTC milliseconds; no attempt before. */
  until: number
  last: number
}

/**
 * Limits logins by name and by address (C11): after a few failures each further one doubles the wait. An attempt counts as failed
 * from its beginning until it succeeds, so that many at once do not slip through.
 */
export class LoginLimiter {
  readonly #now: () => number
  readonly #failures = new Map<string, Failures>()

  constructor(options: LimiterOptions) {
    this.#now = options.now
  }

  /** Milliseconds until the next attempt is possible, or 0: then this one is noted and must be made. */
  begin(name: string, address: string): number {
    const now = this.#now()
    const keys = keysOf(name, address)
    const wait = Math.max(...keys.map(({ key }) => (this.#known(key, now)?.until ?? 0) - now))
    if (wait > 0) return wait
    for (const { key, rule } of keys) this.#fail(key, rule, now)
    return 0
  }

  /** The attempt was right: the name begins anew, and the address gets this attempt back and no more. */
  succeeded(name: string, address: string): void {
    const [byName, byAddress] = keysOf(name, address)
    if (byName !== undefined) this.#failures.delete(byName.key)
    const failures = byAddress === undefined ? undefined : this.#failures.get(byAddress.key)
    if (failures === undefined) return
    failures.count--
    failures.until = 0
    if (failures.count <= 0 && byAddress !== undefined) this.#failures.delete(byAddress.key)
  }

  #known(key: string, now: number): Failures | undefined {
    const found = this.#failures.get(key)
    if (found === undefined || now - found.last < forgotten) return found
    this.#failures.delete(key)
    return undefined
  }

  #fail(key: string, rule: Rule, now: number): void {
    const { count } = this.#known(key, now) ?? { count: 0 }
    const over = count + 1 - rule.free
    const wait = over <= 0 ? 0 : Math.min(rule.longest, 1000 * 2 ** Math.min(over, 20))
    // Written anew, so that the map is in the order of the last failure.
    this.#failures.delete(key)
    this.#failures.set(key, { count: count + 1, until: now + wait, last: now })
    if (this.#failures.size <= remembered) return
    const [oldest] = this.#failures.keys()
    if (oldest !== undefined) this.#failures.delete(oldest)
  }
}

function keysOf(name: string, address: string): { key: string; rule: Rule }[] {
  return [
    { key: `name ${name.slice(0, 64)}`, rule: rules.name },
    { key: `address ${networkOf(address)}`, rule: rules.address },
  ]
}

/** Of IPv6 the first 64 bits, because one household has all the others. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const groups = head.split(':').filter((group) => group !== '')
  const behind = (tail ?? '').split(':').filter((group) => group !== '')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length)
  return [...groups, ...Array.from({ length: missing }, () => '0'), ...behind].slice(0, 4).join(':')
}
