import { rulewireError } from '../errors.ts'
import { placeOf } from '../net/address.ts'
import type { Clock } from '../run/ports.ts'
import type { Hook } from '../spec/hook.ts'

/** Requests that fail to prove themselves, from one address or network of IPv6 within a minute, before it has to wait. */
const mostFailures = 10
/** Addresses that are remembered; the oldest go. */
const mostAddresses = 1000
const oneMinute = 60_000

/** What a hook may still take: tokens that come back with time. */
interface Load {
  inside: number
  tokens: number
  /** UTC milliseconds. */
  filled: number
}

/** Limits of hooks: requests at the same time, requests a minute, and wrong secrets from one address. */
export class HookGuard {
  readonly #clock: Pick<Clock, 'now'>
  readonly #loads = new Map<string, Load>()
  readonly #failures = new Map<string, { count: number; since: number }>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Lets a request in; the result lets it out, once. Throws HOOK_BUSY. */
  enter(owner: string, { concurrency, rate }: Pick<Hook, 'concurrency' | 'rate'>): () => void {
    const now = this.#clock.now()
    // A sixth of a minute's worth may come at once.
    const most = Math.max(1, rate / 6)
    const load = this.#loads.get(owner) ?? { inside: 0, tokens: most, filled: now }
    this.#loads.set(owner, load)
    const gained = (Math.max(0, now - load.filled) * rate) / oneMinute
    load.tokens = Math.min(most, load.tokens + gained)
    load.filled = now
    if (load.inside >= concurrency) {
      throw rulewireError('HOOK_BUSY', { detail: `${concurrency} requests are under way`, seconds: 1 })
    }
    if (load.tokens < 1) {
      const seconds = Math.max(1, Math.ceil(((1 - load.tokens) * 60) / rate))
      throw rulewireError('HOOK_BUSY', { detail: `it takes ${rate} requests a minute`, seconds })
    }
    load.tokens--
    load.inside++
    let inside = true
    return () => {
      if (inside) load.inside--
      inside = false
    }
  }

  /** Throws HOOK_BUSY for an address that has failed too often of late. */
  mayTry(address: string): void {
    const place = placeOf(address)
    const known = this.#failures.get(place)
    if (known === undefined || known.count < mostFailures) return
    const left = known.since + oneMinute - this.#clock.now()
    if (left <= 0) this.#failures.delete(place)
    else {
      const detail = `there were ${mostFailures} requests without the right secret`
      throw rulewireError('HOOK_BUSY', { detail, seconds: Math.ceil(left / 1000) })
    }
  }

  failed(address: string): void {
    const now = this.#clock.now()
    const place = placeOf(address)
    const known = this.#failures.get(place)
    if (known !== undefined && now - known.since < oneMinute) {
      known.count++
      return
    }
    this.#failures.delete(place)
    this.#failures.set(place, { count: 1, since: now })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > mostAddresses && oldest !== undefined) this.#failures.delete(oldest)
  }
}
