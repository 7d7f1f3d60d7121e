import {
  ANY,
  arrayOf,
  BOOLEAN,
  MISSING,
  memberOfKind,
  membersOf,
  NEVER,
  NUMBER,
  STRING,
  stringOf,
  TIME,
  type Type,
  union,
} from '../../types/index.ts'
import type { Node } from './ast.ts'
import { arrayResult } from './builtins-arrays.ts'
import { objectResult } from './builtins-objects.ts'
import type { Inference } from './inference.ts'
import { isOnly, type Known, known, mayMiss, type Stream, TOP } from './known.ts'
import { foundType } from './match.ts'

/** A call of a built-in function: its arguments in the places of its parameters. */
export interface BuiltinCall {
  readonly inference: Inference
  readonly args: readonly Known[]
  /** The nodes of the arguments, where there are any. */
  readonly nodes: readonly (Node | undefined)[]
  /** What a function value gives for these arguments. */
  readonly apply: (called: Known, args: readonly Known[]) => Type
  /** The types of what an array constructor lists. */
  readonly itemTypes: (node: Node) => Type[]
}

/** Functions that give one type for a value and nothing for nothing. */
const simple: Readonly<Record<string, Type>> = {
  string: STRING,
  substring: STRING,
  substringBefore: STRING,
  substringAfter: STRING,
  lowercase: STRING,
  uppercase: STRING,
  length: NUMBER,
  trim: STRING,
  pad: STRING,
  replace: STRING,
  split: arrayOf(STRING),
  join: STRING,
  formatNumber: STRING,
  formatBase: STRING,
  formatInteger: STRING,
  parseInteger: NUMBER,
  number: NUMBER,
  floor: NUMBER,
  ceil: NUMBER,
  round: NUMBER,
  abs: NUMBER,
  sqrt: NUMBER,
  power: NUMBER,
  boolean: BOOLEAN,
  not: BOOLEAN,
  sum: NUMBER,
  base64encode: STRING,
  base64decode: STRING,
  encodeUrlComponent: STRING,
  encodeUrl: STRING,
  decodeUrlComponent: STRING,
  decodeUrl: STRING,
  fromMillis: STRING,
}

/** Functions that always give a value of one type. */
const constant: Readonly<Record<string, Type>> = {
  count: NUMBER,
  random: NUMBER,
  exists: BOOLEAN,
  now: STRING,
  millis: TIME,
  error: NEVER,
  assert: MISSING,
  eval: TOP,
}

/** What a built-in function gives; a sequence still to be unwrapped where the library gives one. */
export function builtinResult(name: string, at: BuiltinCall): Known | Stream {
  const fixed = Object.hasOwn(constant, name) ? constant[name] : undefined
  if (fixed) return known(fixed)
  const plain = Object.hasOwn(simple, name) ? simple[name] : undefined
  if (plain) return known(lifted(typeAt(at, 0), plain))
  return textResult(name, at) ?? arrayResult(name, at) ?? objectResult(name, at) ?? known(TOP)
}

/** The type of an argument; `missing` if it is left out. */
export function typeAt(at: BuiltinCall, index: number): Type {
  return at.args[index]?.type ?? MISSING
}

/** The result, or nothing where the argument is absent. */
export function lifted(argument: Type, result: Type): Type {
  if (isOnly(argument, 'missing')) return MISSING
  return mayMiss(argument) ? union(result, MISSING) : result
}

function textResult(name: string, at: BuiltinCall): Known | Stream | undefined {
  const text = typeAt(at, 0)
  if (name === 'contains') return known(lifted(union(text, missingOf(typeAt(at, 1))), BOOLEAN))
  if (name === 'toMillis') return known(isOnly(typeAt(at, 1), 'missing') ? lifted(text, TIME) : union(TIME, MISSING))
  if (name === 'type') return known(lifted(text, kindNames(text)))
  if (name !== 'match') return undefined
  const matcher = at.args[1]?.function
  return { item: matcher?.kind === 'regex' ? foundType(matcher.source) : ANY, none: true, many: true }
}

function missingOf(type: Type): Type {
  return mayMiss(type) ? MISSING : NEVER
}

/** What `$type` names. Bytes are an object to it. */
function kindNames(type: Type): Type {
  if (memberOfKind(type, 'any')) return stringOf('null', 'number', 'string', 'boolean', 'array', 'object', 'function')
  const names = membersOf(type).filter((member) => member.kind !== 'missing')
  return stringOf(...names.map((member) => (member.kind === 'bytes' ? 'object' : member.kind)))
}
