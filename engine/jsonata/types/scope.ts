import type { Type } from '../../types/index.ts'
import type { Known } from './known.ts'

/** What conditions found out, by the origin of a value and a path inside it. */
export type Facts = ReadonlyMap<symbol, ReadonlyMap<string, Type>>

/** Where an expression stands. */
export interface Scope {
  readonly frame: Frame
  /** What `$` is. */
  readonly context: Known
  readonly facts: Facts
}

/** The variables of a block, a function call or a path. They may be bound again, as in JSONata. */
export interface Frame {
  readonly variables: Map<string, Known>
  readonly parent: Frame | undefined
  /** How many undecided branches were open when it was made: a later binding inside one more is not certain. */
  readonly branches: number
}

export const noFacts: Facts = new Map()

/** The path under which facts about the value itself are kept. */
export const itself = ''

/** The key of a path of names; names cannot hold this separator by accident. */
export function pathKey(names: readonly string[]): string {
  return names.join('\u0000')
}

/** The variable of this name in the nearest frame that has one. */
export function lookUp(frame: Frame, name: string): Known | undefined {
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    const found = at.variables.get(name)
    if (found) return found
  }
  return undefined
}

/** The names of all variables in reach, the nearest first. */
export function variableNames(frame: Frame): string[] {
  const names: string[] = []
  for (let at: Frame | undefined = frame; at; at = at.parent) names.push(...at.variables.keys())
  return names
}

/** The scope with another `$`. */
export function within(scope: Scope, context: Known): Scope {
  return { ...scope, context }
}

/** What is known of a value or a path inside it, beyond its type. */
export function factAbout(scope: Scope, origin: symbol, path: string): Type | undefined {
  return scope.facts.get(origin)?.get(path)
}

/** The scope with one more fact. */
export function withFact(scope: Scope, origin: symbol, path: string, type: Type): Scope {
  const about = new Map(scope.facts.get(origin)).set(path, type)
  return { ...scope, facts: new Map(scope.facts).set(origin, about) }
}

/** The type of a value with what conditions found out about it. */
export function typeIn(scope: Scope, value: Known): Type {
  return factAbout(scope, value.origin, itself) ?? value.type
}
