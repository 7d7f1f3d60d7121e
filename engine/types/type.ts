/**
 * The lattice of structural types. A type is plain, immutable JSON: it is stored, sent to the browser and compared as data.
 *
 * `any` is every value that is there (functions and bytes too); it does not hold `missing`. So a field that may be absent
 * is a union with `missing`, and the top of the lattice is `any | missing`.
 */
export type Type = Simple | NumberType | StringType | ObjectType | ArrayType | UnionType

/** Types without parts. `never` has no value; `missing` is the absence of a value (undefined). */
export interface Simple {
  readonly kind: 'any' | 'never' | 'missing' | 'null' | 'boolean' | 'bytes' | 'function'
}

/** A number: all of them, a few `values` (sorted), or a range of `min` and `max`, both inclusive. `time` is UTC milliseconds. */
export interface NumberType {
  readonly kind: 'number'
  readonly values?: readonly number[]
  readonly min?: number
  readonly max?: number
  readonly format?: 'time'
}

/** A string: all of them, or a few `values` (sorted). */
export interface StringType {
  readonly kind: 'string'
  readonly values?: readonly string[]
}

/**
 * An object. `rest` is the type of every field that is not named: absent in a closed shape, `any` in an open one.
 * A `learned` shape is open, but comes from samples: a field that it does not name deserves a warning. A `described` one is
 * open because its schema does not say: there, only a name that looks like one of its own does.
 */
export interface ObjectType {
  readonly kind: 'object'
  readonly fields: Readonly<Record<string, Type>>
  readonly rest?: Type
  readonly learned?: true
  readonly described?: true
}

/** An array of any length, whose items are all of one type. The empty array is `array(never)`. */
export interface ArrayType {
  readonly kind: 'array'
  readonly item: Type
}

/** Two or more types of different kinds, in the order of `kinds`: at most one object shape, one array, one number and so on. */
export interface UnionType {
  readonly kind: 'union'
  readonly of: readonly Member[]
}

/** A type that is not a union: what a union consists of. */
export type Member = Exclude<Type, UnionType>

/** The order in which a union lists its members. */
export const kinds = [
  'missing',
  'any',
  'never',
  'null',
  'boolean',
  'number',
  'string',
  'bytes',
  'function',
  'object',
  'array',
] as const satisfies readonly Member['kind'][]

/** How many literal values a number or string type lists before it is taken for all numbers or strings. */
export const maxValues = 24

export const ANY: Type = { kind: 'any' }
export const NEVER: Type = { kind: 'never' }
export const MISSING: Type = { kind: 'missing' }
export const NULL: Type = { kind: 'null' }
export const BOOLEAN: Type = { kind: 'boolean' }
export const NUMBER: Type = { kind: 'number' }
export const STRING: Type = { kind: 'string' }
export const BYTES: Type = { kind: 'bytes' }
export const FUNCTION: Type = { kind: 'function' }
/** UTC milliseconds. */
export const TIME: Type = { kind: 'number', format: 'time' }

/** A number that is one of a few values; all numbers if there are more than `maxValues`. */
export function numberOf(...values: number[]): Type {
  if (values.length === 0) return NEVER
  const distinct = [...new Set(values)].sort((a, b) => a - b)
  return distinct.length > maxValues ? NUMBER : { kind: 'number', values: distinct }
}

/** A number from `min` to `max`, both inclusive; either may be undefined. */
export function rangeOf(min: number | undefined, max: number | undefined): NumberType {
  return { kind: 'number', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}

/** A string that is one of a few values; all strings if there are more than `maxValues`. */
export function stringOf(...values: string[]): Type {
  if (values.length === 0) return NEVER
  const distinct = [...new Set(values)].sort()
  return distinct.length > maxValues ? STRING : { kind: 'string', values: distinct }
}

/** An object with exactly these fields. */
export function closedObject(fields: Readonly<Record<string, Type>>): ObjectType {
  return { kind: 'object', fields }
}

/** An object with these fields and possibly others, of type `rest`. */
export function openObject(fields: Readonly<Record<string, Type>>, rest: Type = ANY): ObjectType {
  return { kind: 'object', fields, rest }
}

/** An object with these fields, as learned from samples: others may come, but naming one deserves a warning. */
export function learnedObject(fields: Readonly<Record<string, Type>>): ObjectType {
  return { kind: 'object', fields, rest: ANY, learned: true }
}

/** An object with these fields, of which its schema does not say whether there are others. */
export function describedObject(fields: Readonly<Record<string, Type>>): ObjectType {
  return { kind: 'object', fields, rest: ANY, described: true }
}

/** An array whose items are of type `item`. */
export function arrayOf(item: Type): ArrayType {
  return { kind: 'array', item }
}

/** The members of a union, the type itself if it is none, and nothing for `never`. */
export function membersOf(type: Type): readonly Member[] {
  if (type.kind === 'union') return type.of
  return type.kind === 'never' ? [] : [type]
}

/** The member of this kind, if the type has one. */
export function memberOfKind<K extends Member['kind']>(type: Type, kind: K): Extract<Member, { kind: K }> | undefined {
  return membersOf(type).find((member): member is Extract<Member, { kind: K }> => member.kind === kind)
}

/** Whether a type has a member of this kind. `any` has only itself. */
export function hasKind(type: Type, kind: Member['kind']): boolean {
  return membersOf(type).some((member) => member.kind === kind)
}
