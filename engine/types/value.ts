import { hasNumber } from './fits.ts'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  BYTES,
  closedObject,
  FUNCTION,
  type Member,
  MISSING,
  membersOf,
  NULL,
  NUMBER,
  numberOf,
  type ObjectType,
  STRING,
  stringOf,
  type Type,
} from './type.ts'
import { fieldType, unionAll } from './union.ts'

/** Values nested deeper than this are `any`. */
export const maxDepth = 64

/** Whether a value belongs to a type. `undefined` is the value of `missing`; a field that is `undefined` is absent. */
export function member(value: unknown, type: Type): boolean {
  return membersOf(type).some((part) => inMember(value, part))
}

/** The closest type of one value: closed shapes, no literal values. Bounded by `maxDepth`. */
export function typeOfValue(value: unknown): Type {
  return typeAt(value, 0)
}

/** The type that only one value has, as far as the lattice goes: exact for a string, a number, null and closed shapes. */
export function typeOfLiteral(value: unknown): Type {
  if (typeof value === 'number') return numberOf(value)
  if (typeof value === 'string') return stringOf(value)
  if (!isPlainObject(value)) return typeOfValue(value)
  return closedObject(Object.fromEntries(Object.entries(value).map(([name, item]) => [name, typeOfLiteral(item)])))
}

/** The kind of a value; `any` stands for what no other kind describes, such as a symbol. */
export function kindOf(value: unknown): Exclude<Member['kind'], 'never'> {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  const kind = typeof value
  if (kind === 'boolean' || kind === 'number' || kind === 'string' || kind === 'function') return kind
  if (kind !== 'object') return 'any'
  if (Array.isArray(value)) return 'array'
  return value instanceof Uint8Array ? 'bytes' : 'object'
}

function inMember(value: unknown, type: Member): boolean {
  if (type.kind === 'any') return value !== undefined
  if (type.kind === 'number') return typeof value === 'number' && hasNumber(type, value)
  if (type.kind === 'string') return typeof value === 'string' && (type.values?.includes(value) ?? true)
  if (type.kind === 'array') return Array.isArray(value) && value.every((item) => member(item, type.item))
  if (type.kind === 'object') return isPlainObject(value) && inShape(value, type)
  return kindOf(value) === type.kind
}

function inShape(value: object, shape: ObjectType): boolean {
  const present = new Map<string, unknown>(Object.entries(value))
  for (const name of Object.keys(shape.fields)) {
    if (!member(present.get(name), fieldType(shape, name))) return false
    present.delete(name)
  }
  for (const [name, other] of present) if (!member(other, fieldType(shape, name))) return false
  return true
}

function isPlainObject(value: unknown): value is object {
  return kindOf(value) === 'object'
}

function typeAt(value: unknown, depth: number): Type {
  if (depth > maxDepth) return ANY
  if (Array.isArray(value)) return arrayOf(unionAll(value.map((item) => typeAt(item, depth + 1))))
  if (isPlainObject(value)) {
    const fields = Object.entries(value).map(([name, item]) => [name, typeAt(item, depth + 1)] as const)
    return closedObject(Object.fromEntries(fields))
  }
  return leaves[kindOf(value)] ?? ANY
}

const leaves: Partial<Record<Member['kind'], Type>> = {
  missing: MISSING,
  null: NULL,
  boolean: BOOLEAN,
  number: NUMBER,
  string: STRING,
  bytes: BYTES,
  function: FUNCTION,
}
