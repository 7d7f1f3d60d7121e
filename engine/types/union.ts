import {
  ANY,
  type ArrayType,
  arrayOf,
  kinds,
  type Member,
  MISSING,
  membersOf,
  NEVER,
  type NumberType,
  numberOf,
  type ObjectType,
  type StringType,
  stringOf,
  type Type,
} from './type.ts'

/** The smallest type of the lattice that holds every value of the given types. Shapes are merged into one, arrays too. */
export function union(...types: Type[]): Type {
  return unionAll(types)
}

/** The union of any number of types, for lists that are too long to be arguments. */
export function unionAll(types: Iterable<Type>): Type {
  const found = new Map<Member['kind'], Member>()
  for (const type of types) {
    for (const member of membersOf(type)) {
      const other = found.get(member.kind)
      found.set(member.kind, other === undefined || other === member ? member : merge(other, member))
    }
  }
  return fromMembers(found)
}

/** Whether two types are the same, field by field; the order of fields does not count. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true
  if (a.kind === 'union' && b.kind === 'union') {
    return a.of.length === b.of.length && a.of.every((member, index) => sameType(member, b.of[index] ?? NEVER))
  }
  if (a.kind === 'array' && b.kind === 'array') return sameType(a.item, b.item)
  if (a.kind === 'object' && b.kind === 'object') return sameShape(a, b)
  return a.kind === b.kind && JSON.stringify(a) === JSON.stringify(b)
}

function sameShape(a: ObjectType, b: ObjectType): boolean {
  const names = Object.keys(a.fields)
  return (
    names.length === Object.keys(b.fields).length &&
    a.learned === b.learned &&
    a.described === b.described &&
    sameType(a.rest ?? NEVER, b.rest ?? NEVER) &&
    names.every((name) => Object.hasOwn(b.fields, name) && sameType(a.fields[name] ?? NEVER, b.fields[name] ?? NEVER))
  )
}

/** The type or nothing: what an optional field has. */
export function optional(type: Type): Type {
  return union(type, MISSING)
}

/** The type without its members of these kinds; `never` if none is left. `any` stays, unless it is named. */
export function without(type: Type, ...unwanted: Member['kind'][]): Type {
  const members = membersOf(type)
  const left = members.filter((member) => !unwanted.includes(member.kind))
  return left.length === members.length ? type : union(...left)
}

/** Only the members of these kinds; `never` if there is none. `any` counts only if it is named. */
export function only(type: Type, ...wanted: Member['kind'][]): Type {
  return union(...membersOf(type).filter((member) => wanted.includes(member.kind)))
}

/** The type of a field: `missing` when the shape is closed and does not name it, `rest | missing` when it is open. */
export function fieldType(shape: ObjectType, name: string): Type {
  const named = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
  if (named !== undefined) return named
  return shape.rest === undefined ? MISSING : optional(shape.rest)
}

/** The shape with the type of one field replaced. */
export function withField(shape: ObjectType, name: string, type: Type): ObjectType {
  return { ...shape, fields: Object.fromEntries([...Object.entries(shape.fields), [name, type]]) }
}

function fromMembers(found: Map<Member['kind'], Member>): Type {
  const missing = found.has('missing')
  if (found.has('any')) return missing ? { kind: 'union', of: [{ kind: 'missing' }, { kind: 'any' }] } : ANY
  const members = kinds.flatMap((kind) => found.get(kind) ?? [])
  const [first, second] = members
  if (first === undefined) return NEVER
  return second === undefined ? first : { kind: 'union', of: members }
}

function merge(a: Member, b: Member): Member {
  if (a.kind === 'number' && b.kind === 'number') return mergeNumbers(a, b)
  if (a.kind === 'string' && b.kind === 'string') return mergeStrings(a, b)
  if (a.kind === 'array' && b.kind === 'array') return mergeArrays(a, b)
  if (a.kind === 'object' && b.kind === 'object') return mergeShapes(a, b)
  return a
}

function mergeNumbers(a: NumberType, b: NumberType): Member {
  if (a.values && b.values) return asMember(numberOf(...a.values, ...b.values), a)
  const min = bound(lowest(a), lowest(b), Math.min)
  const max = bound(highest(a), highest(b), Math.max)
  const time = a.format === 'time' && b.format === 'time'
  return {
    kind: 'number',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(time ? { format: 'time' } : {}),
  }
}

/** The smallest number of the type, undefined when it has no lower bound. */
export function lowest(type: NumberType): number | undefined {
  return type.values?.[0] ?? type.min
}

/** The largest number of the type, undefined when it has no upper bound. */
export function highest(type: NumberType): number | undefined {
  return type.values?.at(-1) ?? type.max
}

function bound(a: number | undefined, b: number | undefined, pick: (a: number, b: number) => number) {
  return a === undefined || b === undefined ? undefined : pick(a, b)
}

function mergeStrings(a: StringType, b: StringType): Member {
  if (!a.values || !b.values) return { kind: 'string' }
  return asMember(stringOf(...a.values, ...b.values), a)
}

function mergeArrays(a: ArrayType, b: ArrayType): Member {
  return arrayOf(union(a.item, b.item))
}

/** One shape for both: a field that only one of them has is optional, or `rest` of the other. */
function mergeShapes(a: ObjectType, b: ObjectType): Member {
  const names = new Set([...Object.keys(a.fields), ...Object.keys(b.fields)])
  const fields = Object.fromEntries([...names].map((name) => [name, union(fieldType(a, name), fieldType(b, name))]))
  if (a.rest === undefined && b.rest === undefined) return { kind: 'object', fields }
  const rest = union(a.rest ?? NEVER, b.rest ?? NEVER)
  return { kind: 'object', fields, rest, ...sureness(Math.min(sure(a), sure(b))) }
}

/** How sure it is that a shape has no other fields than those that it names. */
export function sure({ rest, learned, described }: ObjectType): number {
  return rest === undefined ? 3 : learned ? 2 : described ? 1 : 0
}

/** The mark of an open shape that is so sure. */
export function sureness(level: number): Pick<ObjectType, 'learned' | 'described'> {
  return level >= 2 ? { learned: true } : level === 1 ? { described: true } : {}
}

function asMember(type: Type, fallback: Member): Member {
  return type.kind === 'union' ? fallback : type
}
