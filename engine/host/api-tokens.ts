import {
  isAllowed,
  lesserRole,
  makeToken,
  type Principal,
  randomId,
  secretHash,
  shownLength,
  tokenFault,
  usePrecision,
} from '../auth/index.ts'
import { rulewireError } from '../errors.ts'
import type { AuthApi } from '../server/api-auth.ts'
import type { ApiToken, NewToken, TokenRequest } from '../server/protocol-auth.ts'
import type { TokenRecord } from '../store/auth.ts'
import type { EngineStore } from '../store/index.ts'
import { writeAtOnce, writeIfPossible } from './sign-in.ts'

export interface ApiTokensOptions {
  store: EngineStore
  /** UTC milliseconds. */
  now(): number
  /** Somebody may have lost what they were allowed. */
  changed(): void
}

const day = 86_400_000
const usualDays = 90
/** Tokens of one owner. */
const most = 200

type TokensApi = AuthApi['tokens']

/** API tokens: kept as hashes, never more than their owner may do now, gone with their owner (C8). */
export class ApiTokens implements TokensApi {
  readonly #options: ApiTokensOptions

  constructor(options: ApiTokensOptions) {
    this.#options = options
  }

  /** Whose token this is. Notes its use. Throws TOKEN_INVALID. */
  owner(token: string): Principal {
    const fault = tokenFault(token)
    if (fault !== undefined) throw rulewireError('TOKEN_INVALID', { detail: fault })
    const { store, now } = this.#options
    const record = store.auth.tokens.find(secretHash(token))
    const who = record === undefined ? undefined : this.#principal(record)
    if (record === undefined || who === undefined)
      throw rulewireError('TOKEN_INVALID', { detail: 'it is unknown, expired or revoked, or its owner may not log in' })
    if (now() - (record.lastUsed ?? 0) >= usePrecision)
      writeIfPossible(store, () => store.auth.tokens.used(record.id, now()))
    return who
  }

  /** The same one as of now; undefined when it is no longer valid. */
  current(id: string): Principal | undefined {
    const record = this.#options.store.auth.tokens.get(id)
    return record === undefined ? undefined : this.#principal(record)
  }

  list(who: Principal): ApiToken[] {
    return this.#options.store.auth.tokens
      .list()
      .filter((record) => isVisible(record, who))
      .map(shown)
  }

  make(who: Principal, { title, role, days = usualDays }: TokenRequest): NewToken {
    const { store, now, changed } = this.#options
    if (!isAllowed(who.role, role)) throw rulewireError('NOT_ALLOWED', { needed: role, name: who.name, role: who.role })
    const user = who.user ?? null
    const count = store.auth.tokens.list().filter((record) => record.user === user).length
    if (count >= most) throw rulewireError('TOO_MANY_TOKENS', { name: who.name, count })
    const created = now()
    const wanted = days === null ? null : created + days * day
    // What is made with a token does not outlive it: a stolen one must end some day.
    const limit = who.token?.expires ?? null
    const expires = limit === null ? wanted : Math.min(limit, wanted ?? limit)
    const token = makeToken()
    const record: TokenRecord = {
      id: randomId(),
      hash: secretHash(token),
      title,
      user,
      role,
      start: token.slice(0, shownLength),
      created,
      expires,
      lastUsed: null,
    }
    writeAtOnce(store, () => store.auth.tokens.add(record, who.token?.id))
    changed()
    return { ...shown(record), token }
  }

  revoke(who: Principal, id: string): void {
    const { store, changed } = this.#options
    const record = store.auth.tokens.get(id)
    if (record === undefined || !isVisible(record, who))
      throw rulewireError('NOT_FOUND', { what: 'API token', name: id, suggestion: '', list: '/api/v1/tokens' })
    writeAtOnce(store, () => store.auth.tokens.remove(id))
    changed()
  }

  #principal({ id, title, user, role, expires }: TokenRecord): Principal | undefined {
    const { store, now } = this.#options
    if (expires !== null && expires <= now()) return undefined
    const token = { id, title, expires }
    if (user === null) return { name: title, role, kind: 'token', token }
    const owner = store.auth.users.get(user)
    if (owner === undefined || owner.disabled) return undefined
    return { name: user, role: lesserRole(role, owner.role), kind: 'token', user, token }
  }
}

/** Admins see all; others their own, of which a token those that may do no more than it; a token of no user sees itself. */
function isVisible(record: TokenRecord, who: Principal): boolean {
  if (isAllowed(who.role, 'admin') || record.id === who.token?.id) return true
  const own = record.user !== null && record.user === who.user
  return own && (who.token === undefined || isAllowed(who.role, record.role))
}

function shown({ id, title, user, role, start, created, expires, lastUsed }: TokenRecord): ApiToken {
  return { id, title, user, role, start, created, expires, lastUsed }
}
