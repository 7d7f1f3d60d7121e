import { reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { placeOf } from '../net/address.ts'
import type { Act, AuditApi, AuditRequest } from '../server/api-auth.ts'
import type { AuditList } from '../server/protocol-auth.ts'
import type { DeployOrigin } from '../store/deploys.ts'
import type { EngineStore } from '../store/index.ts'

export interface AuditOptions {
  store: EngineStore
  /** Entries that are kept; the oldest go. */
  limit?: number | undefined
  /** UTC milliseconds. */
  now(): number
  log: Log
}

const defaultLimit = 100_000
/** Of those, entries of who was not logged in. */
const strangerShare = 0.05
/** The same refusal within this time is counted at the entry that is there, milliseconds. */
const sameFor = 600_000
/** Their counts are written at most this often, milliseconds: a stranger must not make the engine write at will. */
const countEvery = 10_000
/** Refusals that are remembered for that. */
const remembered = 1000
/** Entries between two rounds of clearing up. */
const clearEvery = 100
const longestTarget = 300

interface Refusal {
  readonly id: number
  readonly time: number
  /** When its count was written last; UTC milliseconds. */
  counted: number
  /** How often it came since then. */
  repeats: number
}

/** The audit log: who did what to what, and when (C26). */
export class AuditDesk implements AuditApi {
  readonly #options: AuditOptions
  /** The entry of each refusal that was written lately. */
  readonly #refusals = new Map<string, Refusal>()
  #added = 0

  constructor(options: AuditOptions) {
    this.#options = options
  }

  note(act: Act): void {
    const { log } = this.#options
    // A logout of who was not logged in; a login is an act of who is logged in then.
    if (act.outcome === 'done' && act.who.kind === 'nobody') return
    try {
      if (act.outcome === 'done') this.#add(act)
      else this.#refused(act)
    } catch (thrown) {
      const { who, action, target, outcome } = act
      const what = `${who.name} ${action} ${target} (${outcome})`
      log('error', `the audit log could not be written: ${reasonOf(thrown)}; what it misses: ${what}`)
    }
  }

  /** A version of a flow began to run that nobody deployed over the API. */
  fresh(flow: string, origin: DeployOrigin): void {
    const automatic = { file: 'flow.put', return: 'flow.restore' } as const
    if (origin === 'deploy' || origin === 'restore') return
    this.#automatic(origin === 'file' ? 'file' : 'engine', automatic[origin], flow)
  }

  /** The file of a flow was taken away by somebody else. */
  gone(flow: string): void {
    this.#automatic('file', 'flow.delete', flow)
  }

  list(request: AuditRequest): AuditList {
    const { audit } = this.#options.store
    for (const refusal of this.#refusals.values()) this.#count(refusal)
    return { ...audit.list(request), actions: audit.actions() }
  }

  #automatic(name: string, action: string, target: string): void {
    const who = { name, role: 'admin', kind: 'console' } as const
    this.note({ who, address: null, action, target, outcome: 'done' })
  }

  /** Somebody who tries again and again fills no table. */
  #refused(act: Act): void {
    const { who, address, action, target, outcome, code } = act
    const from = address === null ? null : placeOf(address)
    const key = JSON.stringify([who.kind, who.name, who.token?.id, from, action, target, outcome, code])
    const time = this.#options.now()
    const known = this.#refusals.get(key)
    if (known !== undefined && time - known.time < sameFor) {
      known.repeats++
      if (time - known.counted < countEvery || this.#count(known)) return
    } else if (known !== undefined) this.#count(known)
    this.#refusals.delete(key)
    this.#refusals.set(key, { id: this.#add(act), time, counted: time, repeats: 0 })
    if (this.#refusals.size <= remembered) return
    const [oldest] = this.#refusals
    if (oldest === undefined) return
    this.#count(oldest[1])
    this.#refusals.delete(oldest[0])
  }

  /** Writes how often a refusal was repeated; false when its entry is gone. A count that cannot be written now is kept. */
  #count(refusal: Refusal): boolean {
    const { store, now, log } = this.#options
    const { id, repeats } = refusal
    if (repeats === 0) return true
    refusal.counted = now()
    try {
      const found = store.audit.repeat(id, repeats)
      refusal.repeats = 0
      return found
    } catch (thrown) {
      log('warn', `the audit log could not be written: ${reasonOf(thrown)}`)
      return true
    }
  }

  #add({ who, address, action, target, outcome, code, before, after }: Act): number {
    const { store, now } = this.#options
    const id = store.audit.add({
      time: now(),
      who: who.name,
      kind: who.kind,
      token: who.token?.title ?? null,
      address,
      action,
      target: target.length > longestTarget ? `${target.slice(0, longestTarget)}…` : target,
      outcome,
      code: code ?? null,
      before: before ?? null,
      after: after ?? null,
    })
    if (++this.#added % clearEvery === 0) this.#trim()
    return id
  }

  #trim(): void {
    const { store, limit = defaultLimit } = this.#options
    store.audit.trim(limit, Math.ceil(limit * strangerShare))
  }
}
