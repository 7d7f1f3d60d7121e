import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type RulewireError, rulewireError } from '../errors.ts'
import type { Plan } from '../flow/model.ts'
import type { Log } from '../log.ts'
import type { Batch } from '../run/batch.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { HookAnswer, HookBody, HookCall, HookHead, HooksApi } from '../server/api-hooks.ts'
import { type HookMatch, HookTable, readHookPath } from '../spec/hook.ts'
import { HookGuard } from './hook-guard.ts'

export interface HooksOptions {
  plans: ReadonlyMap<string, Plan>
  nodes: ReadonlyMap<string, NodeRuntime>
  runner: Runner
  clock: Clock
  secret(name: string): string | undefined
  log: Log
}

interface Waiting {
  readonly answer: (answer: HookAnswer) => void
  readonly refuse: (error: RulewireError) => void
}

/** Headers that prove who sends, and are nobody else's business. */
const secretHeaders: readonly string[] = ['authorization', 'proxy-authorization', 'cookie']

/**
 * Leads requests below `/hooks/` to the nodes that want them, and their answers back: an answer is an effect of a node, and
 * leaves when what came with it is committed. Requests under way are not touched by a deploy.
 */
export class Hooks implements HooksApi {
  readonly #options: HooksOptions
  readonly #waiting = new Map<string, Waiting>()
  readonly #guard: HookGuard
  /** By `flow/node`. */
  #table = new HookTable<string>()
  #stopped = false

  constructor(options: HooksOptions) {
    this.#options = options
    this.#guard = new HookGuard(options.clock)
  }

  /** To be called when flows have come or gone. */
  deployed(): void {
    const entries = [...this.#options.plans.values()].flatMap(({ flow, nodes, disabled }) =>
      disabled
        ? []
        : nodes.flatMap(({ id, spec, config }) =>
            (spec.serves?.(config) ?? []).map((hook) => ({ hook, owner: `${flow}/${id}` })),
          ),
    )
    this.#table = new HookTable(entries)
  }

  open(head: HookHead): HookCall {
    if (this.#stopped) throw rulewireError('STOPPING', {})
    if (this.#options.runner.faulted) throw faulted()
    const match = this.#find(head)
    const { hook, owner } = match
    if (hook.auth.kind === 'token') this.#check(head, () => this.#hasToken(match, head))
    const leave = this.#guard.enter(owner, hook)
    let id: string | undefined
    return {
      bodyLimit: hook.bodyLimit,
      run: (body) => {
        if (hook.auth.kind === 'signature') this.#check(head, () => this.#isSigned(match, head, body))
        id = this.#options.runner.nextId()
        return this.#run(id, match, head, body)
      },
      close: () => {
        leave()
        if (id !== undefined) this.#waiting.delete(id)
      },
    }
  }

  /** Sends the answers of a batch. */
  committed(batch: Batch): void {
    if (this.#waiting.size === 0) return
    for (const item of batch.pending) {
      if (item.kind !== 'answer') continue
      const { request, status, headers, body } = item.effect
      this.#waiting.get(request)?.answer({ status, headers, body })
      this.#waiting.delete(request)
    }
  }

  /** Nobody gets an answer any more. */
  close(): void {
    this.#stopped = true
    for (const { refuse } of this.#waiting.values()) refuse(rulewireError('STOPPING', {}))
    this.#waiting.clear()
  }

  #find({ method, path }: HookHead): HookMatch<string> {
    const found = this.#table.find(method, readHookPath(path))
    if ('hook' in found) return found
    if (found.methods.length > 0) throw rulewireError('WRONG_METHOD', { method, methods: found.methods.join(', ') })
    throw rulewireError('HOOK_UNKNOWN', { path: path.slice(0, 200) })
  }

  #run(id: string, { hook, owner, params }: HookMatch<string>, head: HookHead, body: HookBody): Promise<HookAnswer> {
    const { runner, nodes, clock } = this.#options
    // The node of now: a deploy may have come while the body did.
    const target = nodes.get(owner)?.inputs.get(':request')
    if (target === undefined) throw rulewireError('HOOK_UNKNOWN', { path: head.path.slice(0, 200) })
    if (runner.faulted) throw faulted()
    const hidden = hook.auth.kind === 'none' ? secretHeaders : [...secretHeaders, hook.auth.header.toLowerCase()]
    const headers = Object.fromEntries(Object.entries(head.headers).filter(([name]) => !hidden.includes(name)))
    const answered = new Promise<HookAnswer>((resolve, reject) => {
      this.#waiting.set(id, { answer: resolve, refuse: reject })
    })
    const callOff = clock.at(clock.now() + hook.patience, () => {
      this.#waiting.get(id)?.refuse(runner.faulted ? faulted() : rulewireError('HOOK_LATE', {}))
      this.#waiting.delete(id)
    })
    runner.tick()
    try {
      const { method, query } = head
      const path = readHookPath(head.path).join('/')
      const digest = createHash('sha256').update(body).digest('base64')
      runner.command(target, { id, method, path, params, query, headers, body, digest, received: runner.now })
    } catch (thrown) {
      this.#waiting.delete(id)
      callOff()
      throw thrown
    } finally {
      runner.finish()
    }
    return answered.finally(callOff)
  }

  /** Throws HOOK_DENIED unless the request proves itself, and HOOK_BUSY where somebody tries again and again. */
  #check(head: HookHead, proves: () => boolean): void {
    this.#guard.mayTry(head.from)
    if (proves()) return
    this.#guard.failed(head.from)
    this.#options.log('warn', `a request to /hooks/${head.path.slice(0, 200)} from ${head.from} did not prove itself`)
    throw rulewireError('HOOK_DENIED', {})
  }

  #hasToken({ hook: { auth } }: HookMatch<string>, { headers }: HookHead): boolean {
    if (auth.kind === 'none') return true
    const secret = this.#options.secret(auth.secret.$secret)
    const found = headers[auth.header.toLowerCase()]
    return secret !== undefined && secret !== '' && found !== undefined && isSame(withoutScheme(found), secret)
  }

  #isSigned({ hook: { auth } }: HookMatch<string>, { headers }: HookHead, body: HookBody): boolean {
    if (auth.kind === 'none') return true
    const secret = this.#options.secret(auth.secret.$secret)
    const found = headers[auth.header.toLowerCase()]
    if (secret === undefined || secret === '' || found === undefined) return false
    const wanted = createHmac('sha256', secret).update(body).digest()
    const text = found.replace(/^sha256=/i, '')
    const given = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64')
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }
}

/** Digests are compared, so that neither length nor place of a difference can be told from the time it takes. */
function isSame(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

function withoutScheme(header: string): string {
  return header.replace(/^Bearer +/i, '')
}

function faulted(): RulewireError {
  return rulewireError('STORE_FAULT', { detail: 'nothing can be taken now' })
}
