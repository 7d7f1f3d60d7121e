import {
  arrayOf,
  type Member,
  MISSING,
  membersOf,
  NULL,
  optional,
  type Type,
  union,
  unionAll,
  without,
} from '../../types/index.ts'
import { mayMiss } from './known.ts'

/** What is left of a result when it becomes plain data: a function is left out, in an array it becomes null. */
export function plain(type: Type): Type {
  return unionAll(membersOf(type).map(plainMember))
}

function plainMember(member: Member): Type {
  if (member.kind === 'function') return MISSING
  if (member.kind === 'array') return arrayOf(plainItem(member.item))
  if (member.kind !== 'object') return member
  const fields = Object.entries(member.fields).map(([name, field]) => [name, plain(field)] as const)
  const shape: Type = { ...member, fields: Object.fromEntries(fields) }
  return member.rest ? { ...shape, rest: without(plain(member.rest), 'missing') } : shape
}

function plainItem(item: Type): Type {
  const holed = membersOf(item).some((member) => member.kind === 'function')
  const rest = plain(without(item, 'function'))
  const whole = mayMiss(item) ? optional(rest) : rest
  return holed ? union(whole, NULL) : whole
}
