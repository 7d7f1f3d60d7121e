import { rulewireError } from '../errors.ts'
import type { SecretReference } from './fields.ts'

/** A route below `/hooks/` that a source wants. */
export interface Hook {
  readonly method: HookMethod
  /** Levels between "/"; `{name}` stands for one of them. Its own check is {@link hookPathFault}. */
  readonly path: string
  readonly auth: HookAuth
  /** Bytes of a body. */
  readonly bodyLimit: number
  /** Requests at the same time. */
  readonly concurrency: number
  /** Requests a minute. */
  readonly rate: number
  /** Milliseconds after which nobody waits for an answer any more. */
  readonly patience: number
}

export type HookMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Who may send: everybody; who has the secret in a header (`Bearer` may stand in front of it); or who signs the body with it:
 * HMAC-SHA256 as hexadecimal digits or base64, `sha256=` may stand in front.
 */
export type HookAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'token' | 'signature'; readonly header: string; readonly secret: SecretReference }

/** A request that has come, before a node has decoded its body. */
export interface HookRequest {
  /** What an answer names. */
  readonly id: string
  readonly method: string
  /** The levels below `/hooks/`, decoded. */
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | readonly string[]>>
  /** By name in lower case, without those that prove who sends. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Tells two bodies apart. */
  readonly digest: string
  /** UTC milliseconds. */
  readonly received: number
}

/** Answers a request once what its cause did is committed. An answer to a request that nobody waits for any more goes nowhere. */
export interface AnswerEffect {
  kind: 'answer'
  /** Id of the request. */
  request: string
  status: number
  headers: Readonly<Record<string, string>>
  body: string | Uint8Array
}

/** A hook in a table, with what it belongs to. */
export interface HookEntry<Owner> {
  readonly hook: Hook
  readonly owner: Owner
}

/** Levels that a path of a hook may have. */
const mostLevels = 16

/** Why a text is no path of a hook, or undefined when it is one. */
export function hookPathFault(text: string): string | undefined {
  if (text.length > 512) return 'it is longer than 512 characters'
  const levels = text.split('/')
  if (levels.length > mostLevels) return `it has more than ${mostLevels} levels`
  const names = new Set<string>()
  for (const level of levels) {
    const name = parameterOf(level)
    if (name === undefined && !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(level)) {
      return `"${level}" is no level; use a-z, 0-9, ".", "_" and "-" between "/", or {name} as a whole level`
    }
    if (name !== undefined && names.has(name)) return `{${name}} stands twice`
    if (name !== undefined) names.add(name)
  }
  return undefined
}

/** A path without the names of its parameters: two hooks of one shape and method would take each other's requests. */
export function hookShape({ method, path }: Pick<Hook, 'method' | 'path'>): string {
  return `${method} ${path.replace(/\{\w+\}/g, '{}')}`
}

/**
 * The levels of the path of a request, which stands behind `/hooks/` as it was sent. Throws BAD_REQUEST where a level holds
 * what none may.
 */
export function readHookPath(raw: string): string[] {
  return raw.split('/').map((level) => {
    const text = decoded(level)
    const fault =
      text === undefined
        ? 'is not percent-encoded UTF-8'
        : /[/\0]/.test(text)
          ? 'holds a "/" or a NUL'
          : text === '.' || text === '..'
            ? 'leads elsewhere'
            : undefined
    if (fault === undefined) return text ?? ''
    const detail = `The level "${level.slice(0, 60)}" of the path ${fault}.`
    throw rulewireError('BAD_REQUEST', { detail, wanted: 'Write another path.' })
  })
}

/** Finds the hook of a request. Where several match, the one with the first written level wins over `{name}`. */
export class HookTable<Owner> {
  readonly #root: Level<Owner> = makeLevel()

  constructor(entries: Iterable<HookEntry<Owner>> = []) {
    for (const entry of entries) this.#add(entry)
  }

  /** The hook with its parameters; else the methods that the path has, none when there is no such path. */
  find(method: string, levels: readonly string[]): HookMatch<Owner> | { methods: HookMethod[] } {
    const methods = new Set<HookMethod>()
    const entry = search(this.#root, levels, 0, (ends) => {
      for (const known of ends.keys()) methods.add(known)
      return ends.get(method as HookMethod) // a method that nobody has finds nothing
    })
    if (entry === undefined) return { methods: [...methods] }
    const names = entry.hook.path.split('/').map(parameterOf)
    const params = names.flatMap((name, index) => (name === undefined ? [] : [[name, levels[index] ?? '']]))
    return { ...entry, params: Object.fromEntries(params) }
  }

  #add(entry: HookEntry<Owner>): void {
    let level = this.#root
    for (const text of entry.hook.path.split('/')) {
      const name = parameterOf(text) === undefined ? text : parameter
      const next = level.below.get(name) ?? makeLevel()
      level.below.set(name, next)
      level = next
    }
    if (!level.ends.has(entry.hook.method)) level.ends.set(entry.hook.method, entry)
  }
}

export interface HookMatch<Owner> extends HookEntry<Owner> {
  readonly params: Readonly<Record<string, string>>
}

interface Level<Owner> {
  readonly below: Map<string, Level<Owner>>
  readonly ends: Map<HookMethod, HookEntry<Owner>>
}

/** Key of the level that any text matches; no written level is empty. */
const parameter = ''

function makeLevel<Owner>(): Level<Owner> {
  return { below: new Map(), ends: new Map() }
}

function search<Owner>(
  level: Level<Owner>,
  levels: readonly string[],
  index: number,
  take: (ends: Level<Owner>['ends']) => HookEntry<Owner> | undefined,
): HookEntry<Owner> | undefined {
  if (index === levels.length) return take(level.ends)
  const text = levels[index] ?? ''
  if (text === '') return undefined
  for (const name of [text, parameter]) {
    const next = level.below.get(name)
    const found = next === undefined ? undefined : search(next, levels, index + 1, take)
    if (found !== undefined) return found
  }
  return undefined
}

function parameterOf(level: string): string | undefined {
  return /^\{([A-Za-z_]\w*)\}$/.exec(level)?.[1]
}

function decoded(level: string): string | undefined {
  try {
    return decodeURIComponent(level)
  } catch (thrown) {
    if (thrown instanceof URIError) return undefined
    throw thrown
  }
}
