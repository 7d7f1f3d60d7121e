import { hasNumber } from './fits.ts'
import {
  arrayOf,
  type Member,
  membersOf,
  NEVER,
  type NumberType,
  numberOf,
  type ObjectType,
  rangeOf,
  type StringType,
  stringOf,
  type Type,
} from './type.ts'
import { fieldType, highest, lowest, sure, sureness, union } from './union.ts'

/** The values that belong to both types. A shape whose needed field has no common value is `never`. */
export function intersect(a: Type, b: Type): Type {
  if (a === b) return a
  const common: Type[] = []
  for (const left of membersOf(a)) for (const right of membersOf(b)) common.push(meet(left, right))
  return union(...common)
}

function meet(a: Member, b: Member): Type {
  if (a.kind === 'any') return b.kind === 'missing' ? NEVER : b
  if (b.kind === 'any') return a.kind === 'missing' ? NEVER : a
  if (a.kind === 'number' && b.kind === 'number') return meetNumbers(a, b)
  if (a.kind === 'string' && b.kind === 'string') return meetStrings(a, b)
  if (a.kind === 'array' && b.kind === 'array') return arrayOf(intersect(a.item, b.item))
  if (a.kind === 'object' && b.kind === 'object') return meetShapes(a, b)
  return a.kind === b.kind ? a : NEVER
}

function meetNumbers(a: NumberType, b: NumberType): Type {
  if (a.values) return numberOf(...a.values.filter((value) => hasNumber(b, value)))
  if (b.values) return numberOf(...b.values.filter((value) => hasNumber(a, value)))
  const min = tighter(lowest(a), lowest(b), Math.max)
  const max = tighter(highest(a), highest(b), Math.min)
  if (min !== undefined && max !== undefined && min > max) return NEVER
  return { ...rangeOf(min, max), ...(a.format || b.format ? { format: 'time' } : {}) }
}

function tighter(a: number | undefined, b: number | undefined, pick: (a: number, b: number) => number) {
  return a === undefined ? b : b === undefined ? a : pick(a, b)
}

function meetStrings(a: StringType, b: StringType): Type {
  if (!a.values) return b
  const wanted = b.values
  return wanted ? stringOf(...a.values.filter((value) => wanted.includes(value))) : a
}

function meetShapes(a: ObjectType, b: ObjectType): Type {
  const names = [...new Set([...Object.keys(a.fields), ...Object.keys(b.fields)])]
  const fields = names.map((name) => [name, intersect(fieldType(a, name), fieldType(b, name))] as const)
  if (fields.some(([, type]) => type.kind === 'never')) return NEVER
  const shape = { kind: 'object', fields: Object.fromEntries(fields) } as const
  if (a.rest === undefined || b.rest === undefined) return shape
  return { ...shape, rest: intersect(a.rest, b.rest), ...sureness(Math.max(sure(a), sure(b))) }
}
