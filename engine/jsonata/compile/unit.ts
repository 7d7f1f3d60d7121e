import type { Node } from '../ast.ts'
import { Callable } from '../callable.ts'
import type { Run, Scope } from '../frame.ts'
import { Frame, UNBOUND } from '../frame.ts'
import type { BuiltIn } from '../functions/table.ts'
import type { State } from '../state.ts'
import type { Facts } from './facts.ts'

/** What all parts of one compilation share. */
export interface Unit {
  readonly facts: Facts
  /** Frames hold their variables by name, because $eval may ask for any of them. */
  readonly dynamic: boolean
  /** The built-in of that name, unless the bindings of the evaluation have something else under it. */
  builtIn(name: string): BuiltIn | undefined
  compile(node: Node, scope: Scope): Run
}

/** Gives the frame for a new scope; what to call at run time. */
export function frameOpener(scope: Scope, unit: Unit): (parent: Frame) => Frame {
  if (unit.dynamic) return (parent) => new Frame(parent, [], Object.create(null))
  return (parent) => new Frame(parent, scope.unbound())
}

/** The value of a variable that no frame holds: `$$`, what the caller bound, or a built-in. */
export function outerVariable(name: string, unit: Unit): (state: State) => unknown {
  if (name === '$') return (state) => state.root
  const builtIn = unit.builtIn(name)
  // Text of $eval is compiled without knowing the bindings.
  if (builtIn !== undefined && unit.dynamic) {
    return (state) => (state.isBound(name) ? state.bound(name) : state.native(builtIn))
  }
  if (builtIn !== undefined) return (state) => state.native(builtIn)
  return (state) => state.bound(name)
}

interface Candidate {
  readonly hops: number
  /** Undefined: the frame knows its names only at run time. */
  readonly slot: number | undefined
}

/** Reads a variable, without looking at what kind of value it holds. */
export function readVariable(name: string, scope: Scope, unit: Unit): Run {
  const outer = outerVariable(name, unit)
  if (unit.dynamic) return (_input, frame, state) => readNamed(name, frame, state, outer)
  const candidates = findCandidates(name, scope)
  const [first, second] = candidates
  if (first === undefined) return (_input, _frame, state) => outer(state)
  if (first.slot !== undefined && second === undefined) return readSlot(first.hops, first.slot, outer)
  return (_input, frame, state) => {
    for (const candidate of candidates) {
      const value = readCandidate(candidate, name, frame)
      if (value !== UNBOUND) return value
    }
    return outer(state)
  }
}

function readNamed(name: string, start: Frame, state: State, outer: (state: State) => unknown): unknown {
  let frame: Frame | undefined = start
  while (frame !== undefined) {
    if (frame.names !== undefined && name in frame.names) return frame.names[name]
    frame = frame.parent
  }
  return outer(state)
}

function findCandidates(name: string, start: Scope): Candidate[] {
  const candidates: Candidate[] = []
  let scope: Scope | undefined = start
  for (let hops = 0; scope !== undefined; hops++) {
    const slot = scope.slots.get(name)
    if (slot !== undefined) candidates.push({ hops, slot })
    if (scope.named) candidates.push({ hops, slot: undefined })
    scope = scope.parent
  }
  return candidates
}

function readSlot(hops: number, slot: number, outer: (state: State) => unknown): Run {
  if (hops === 0) {
    return (_input, frame, state) => {
      const value = frame.values[slot]
      return value === UNBOUND ? outer(state) : value
    }
  }
  return (_input, frame, state) => {
    const value = ancestor(frame, hops).values[slot]
    return value === UNBOUND ? outer(state) : value
  }
}

function readCandidate(candidate: Candidate, name: string, start: Frame): unknown {
  const frame = ancestor(start, candidate.hops)
  if (candidate.slot !== undefined) return frame.values[candidate.slot]
  return frame.names !== undefined && name in frame.names ? frame.names[name] : UNBOUND
}

function ancestor(start: Frame, hops: number): Frame {
  let frame = start
  for (let hop = 0; hop < hops; hop++) frame = frame.parent ?? frame
  return frame
}

/** Binds a variable in the innermost frame. */
export function writeVariable(name: string, scope: Scope, unit: Unit): (frame: Frame, value: unknown) => void {
  const slot = scope.slots.get(name)
  if (unit.dynamic || slot === undefined) {
    return (frame, value) => {
      if (frame.names !== undefined) frame.names[name] = value
    }
  }
  return (frame, value) => {
    frame.values[slot] = value
  }
}

/**
 * Makes something when it is first asked for. What is compiled for two kinds of input is compiled so, because nodes inside
 * one another would double the work with every level otherwise.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** True for a value that a call site can call. */
export function isFunction(value: unknown): boolean {
  return Callable.is(value) || typeof value === 'function'
}
