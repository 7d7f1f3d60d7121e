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
  /**
   * An array in it, however deep, may bear a mark that path steps heed: a sequence of one item that `[]` kept becomes the
   * item, and one that `.[a, b]` constructed is not flattened.
   */
  readonly marked?: boolean
  /** It is surely an array that `.[a, b]` constructed. */
  readonly constructed?: boolean
  /** Its array is a sequence that a tail call left as it is: it may have no or one value until it is unwrapped. */
  readonly sequence?: boolean
  /** The root input: an array there is one value, while a path goes over the items of any other array. */
  readonly wrapped?: boolean
  /** The context of a `[…]` that starts a path: `*` sees an array around it. */
  readonly boxed?: boolean
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
  | { readonly kind: 'regex'; readonly source: string }

/** A sequence before it is unwrapped: none, one or many values of type `item`. */
export interface Stream {
  /** Type of one value, without `missing`. */
  readonly item: Type
  readonly none: boolean
  readonly many: boolean
  /** It may be an empty array of the input, which stays one. */
  readonly empty?: boolean
  /** A filter that is true of nothing has left places without a value in it. */
  readonly holes?: boolean
  readonly marked?: boolean
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
  const constructed = first.constructed === true && second.constructed === true
  return {
    ...known(union(first.type, second.type)),
    marked: isMarked(first, second),
    constructed,
    sequence: first.sequence === true || second.sequence === true,
    ...(spread ? { spread } : {}),
  }
}

/** What one value of a sequence is, its places without a value counted. */
export function placeType(stream: Stream): Type {
  return stream.holes ? optional(stream.item) : stream.item
}

/** Whether an array in one of these values may bear a mark. */
export function isMarked(...values: readonly (Known | Stream)[]): boolean {
  return values.some((value) => value.marked === true || ('constructed' in value && value.constructed === true))
}

/** What a sequence gives at the end of an evaluation: nothing, the one value, or an array. `keep` is what `[]` does. */
export function unwrap(stream: Stream, keep = false): Known {
  const { item, none, many, spread } = stream
  if (stream.holes) return unwrap({ ...stream, item: union(item, MISSING), holes: false }, keep)
  if (item.kind === 'never') return known(stream.empty ? union(MISSING, arrayOf(NEVER)) : MISSING)
  const absent = none ? MISSING : NEVER
  if (keep) return { ...known(union(absent, arrayOf(item))), marked: true }
  const marked = stream.marked === true
  if (!many) return { ...known(union(absent, item)), marked }
  return { ...known(union(absent, item, arrayOf(item))), marked, ...(spread ? { spread } : {}) }
}

/** One value with `[]`: an array around what is no array, and around a constructed one. */
export function keptSingle(value: Known): Known {
  const array = memberOfKind(value.type, 'array')
  const one = without(value.type, 'array', 'missing')
  const around = array && isMarked(value) ? arrayOf(array) : NEVER
  const asIs = array && !value.constructed ? array : NEVER
  const wrapped = one.kind === 'never' ? NEVER : arrayOf(one)
  return { ...known(union(mayMiss(value.type) ? MISSING : NEVER, wrapped, around, asIs)), marked: true }
}

/** The values that a path step or a filter meets in a value: those of an array, or itself. `any` may be an array. */
export function itemsOf(type: Type): Stream {
  const array = memberOfKind(type, 'array')
  const item = union(without(type, 'array', 'missing'), array?.item ?? NEVER)
  const many = mayBeArray(type)
  const holes = array !== undefined && mayMiss(array.item)
  return {
    item: without(item, 'missing'),
    none: many || mayMiss(type),
    many,
    empty: array?.item.kind === 'never',
    holes,
  }
}

/** Whether a value may be an array. */
export function mayBeArray(type: Type): boolean {
  return membersOf(type).some((member) => member.kind === 'array' || member.kind === 'any')
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
