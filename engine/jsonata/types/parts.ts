import {
  ANY,
  arrayOf,
  type Member,
  MISSING,
  membersOf,
  NEVER,
  type Type,
  union,
  unionAll,
  without,
} from '../../types/index.ts'
import { itemsOf, type Known, known, mayMiss, type Stream, unwrap } from './known.ts'

/** `*`: the values of all fields, arrays among them taken apart to the ground. The library leaves an array then. */
export function wildcard(context: Type): Known {
  const values = membersOf(context).flatMap(valuesOf)
  const item = without(unionAll(values.map(flat)), 'missing')
  const array = values.some((value) => itemsOf(value).many || value.kind === 'any') ? arrayOf(item) : NEVER
  return known(union(unwrap({ item, none: true, many: true }).type, array, MISSING))
}

/** `**`: the value itself, its fields, their fields and so on; arrays among them taken apart. */
export function descendants(context: Type): Stream {
  const found: Type[] = []
  collect(context, found)
  return {
    item: without(unionAll(found), 'missing', 'array'),
    none: mayMiss(context) || itemsOf(context).many,
    many: true,
  }
}

function valuesOf(member: Member): Type[] {
  if (member.kind === 'any') return [ANY]
  if (member.kind === 'array') return [member.item]
  return member.kind === 'object' ? [...Object.values(member.fields), member.rest ?? NEVER] : []
}

/** What is left of a type when its arrays are flattened to the ground. */
function flat(type: Type): Type {
  return unionAll(membersOf(type).map((member) => (member.kind === 'array' ? flat(member.item) : member)))
}

function collect(type: Type, found: Type[]): void {
  for (const member of membersOf(type)) {
    if (member.kind === 'array') collect(member.item, found)
    else found.push(member)
    if (member.kind !== 'object') continue
    for (const field of Object.values(member.fields)) collect(field, found)
    if (member.rest) collect(member.rest, found)
  }
}
