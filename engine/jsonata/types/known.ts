import {
  ANY,
  arrayOf,
  type Member,
  MISSING,
  memberOfKind,
  membersOf,
  NEVER,
  optional,
  type Type,
  union,
  without,
} from '../../types/index.ts'
import type { Node } from './ast.ts'
import type { Scope } from './scope.ts'

/** What is known of the value of an expression. */
export interface Known {
  readonly type: Type
  /** Identity of the value: what a condition finds out is remembered for it. */
  readonly origin: symbol
  /** Its array may be a sequence of one item that `[]` kept; a later path step may turn it into that item. */
  readonly kept?: boolean
  /** Its array is one that a path does not flatten (`.[a, b]`): surely, or perhaps. */
  readonly constructed?: 'surely' | 'perhaps'
  /** The root input: an array there is one value, while a path goes over the items of any other array. */
  readonly wrapped?: boolean
  readonly function?: FunctionValue
  /** Where a step over an array made it one value or many. */
  readonly spread?: { readonly position: number }
}

export type FunctionValue =
  | { readonly kind: 'lambda'; readonly node: Node; readonly scope: Scope }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'partial'; readonly of: Known; readonly holes: readonly (Known | undefined)[] }
  | { readonly kind: 'chain'; readonly first: Known; readonly second: Known }
  | { readonly kind: 'transform'; readonly node: Node; readonly scope: Scope }
  | { readonly kind: 'regex' }

/** A sequence before it is unwrapped: none, one or many values of type `item`. */
export interface Stream {
  /** Type of one value, without `missing`. */
  readonly item: Type
  readonly none: boolean
  readonly many: boolean
  readonly spread?: NonNullable<Known['spread']>
}

/** Anything, or nothing: what is known of an expression that nobody can type. */
export const TOP: Type = optional(ANY)

/** A fresh value of this type. */
export function known(type: Type): Known {
  return { type, origin: Symbol() }
}

/** What one of several expressions gives. Only what holds for each of them stays known. */
export function eitherOf(first: Known, second: Known): Known {
  if (first === second || second.type.kind === 'never') return first
  if (first.type.kind === 'never') return second
  const spread = first.spread ?? second.spread
  const constructed = first.constructed && second.constructed === first.constructed ? first.constructed : 'perhaps'
  return {
    ...known(union(first.type, second.type)),
    kept: first.kept || second.kept || false,
    ...(first.constructed || second.constructed ? { constructed } : {}),
    ...(spread ? { spread } : {}),
  }
}

/** What a sequence gives at the end of an evaluation: nothing, the one value, or an array. `keep` is what `[]` does. */
export function unwrap(stream: Stream, keep = false): Known {
  const { item, none, many, spread } = stream
  if (item.kind === 'never') return known(MISSING)
  const absent = none ? MISSING : NEVER
  if (keep) return { ...known(union(absent, arrayOf(item))), kept: true }
  if (!many) return known(union(absent, item))
  return { ...known(union(absent, item, arrayOf(item))), ...(spread ? { spread } : {}) }
}

/** The values that a path step or a filter meets in a value: those of an array, or itself. */
export function itemsOf(type: Type): Stream {
  const array = memberOfKind(type, 'array')
  const item = union(without(type, 'array', 'missing'), array?.item ?? NEVER)
  return { item: without(item, 'missing'), none: array !== undefined || mayMiss(type), many: array !== undefined }
}

/** Whether the value may be absent. */
export function mayMiss(type: Type): boolean {
  return membersOf(type).some((member) => member.kind === 'missing')
}

/** Whether nothing but members of these kinds is possible, and at least one of them. */
export function isOnly(type: Type, ...kinds: Member['kind'][]): boolean {
  const members = membersOf(type)
  return members.length > 0 && members.every((member) => kinds.includes(member.kind))
}
