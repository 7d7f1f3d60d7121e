import { reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'
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
/** Refusals that are remembered for that. */
const remembered = 1000
/** Entries between two rounds of clearing up. */
const clearEvery = 100
const longestTarget = 300

/** The audit log: who did what to what, and when (C26). */
export class AuditDesk implements AuditApi {
  readonly #options: AuditOptions
  /** The entry of each refusal that was written lately. */
  readonly #refusals = new Map<string, { id: number; time: number }>()
  #added = 0

  constructor(options: AuditOptions) {
    this.#options = options
  }

  note(act: Act): void {
    const { log } = this.#options
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
    return { ...audit.list(request), actions: audit.actions() }
  }

  #automatic(name: string, action: string, target: string): void {
    const who = { name, role: 'admin', kind: 'console' } as const
    this.note({ who, address: null, action, target, outcome: 'done' })
  }

  /** Somebody who tries again and again fills no table. */
  #refused(act: Act): void {
    const { store, now } = this.#options
    const { who, address, action, target, outcome, code } = act
    const key = JSON.stringify([who.kind, who.name, who.token?.id, address, action, target, outcome, code])
    const known = this.#refusals.get(key)
    if (known !== undefined && now() - known.time < sameFor && store.audit.repeat(known.id)) return
    this.#refusals.delete(key)
    this.#refusals.set(key, { id: this.#add(act), time: now() })
    if (this.#refusals.size <= remembered) return
    const [oldest] = this.#refusals.keys()
    if (oldest !== undefined) this.#refusals.delete(oldest)
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
