import {
  fieldType,
  memberOfKind,
  membersOf,
  NEVER,
  numberOf,
  sameType,
  stringOf,
  type Type,
  unionAll,
  withField,
} from '../../types/index.ts'

/** The type with a field deep inside changed. It is not exact where an array or `any` is on the way. */
export function refine(
  type: Type,
  names: readonly string[],
  change: (type: Type) => Type,
): { type: Type; exact: boolean } {
  const [name, ...rest] = names
  if (name === undefined) return { type: change(type), exact: true }
  let exact = true
  const parts = membersOf(type).map((member): Type => {
    if (member.kind === 'array' || member.kind === 'any') {
      exact = false
      return member
    }
    if (member.kind !== 'object') return change({ kind: 'missing' }).kind === 'never' ? NEVER : member
    const before = fieldType(member, name)
    const inner = refine(before, rest, change)
    exact &&= inner.exact
    if (inner.type.kind === 'never') return NEVER
    return sameType(inner.type, before) ? member : withField(member, name, inner.type)
  })
  return { type: unionAll(parts), exact }
}

/** What is left of a type when the value counts as true. */
export function truthy(type: Type): Type {
  return unionAll(
    membersOf(type).map((member) => {
      if (member.kind === 'missing' || member.kind === 'null' || member.kind === 'function') return NEVER
      if (member.kind === 'string' && member.values) return stringOf(...member.values.filter((value) => value !== ''))
      if (member.kind === 'number' && member.values) return numberOf(...member.values.filter((value) => value !== 0))
      return member
    }),
  )
}

/** What is left of a type when the value counts as false, or is missing. */
export function falsy(type: Type): Type {
  return unionAll(
    membersOf(type).map((member) => {
      if (member.kind === 'string') return member.values && !member.values.includes('') ? NEVER : stringOf('')
      if (member.kind === 'number' && member.values) return numberOf(...member.values.filter((value) => value === 0))
      return member
    }),
  )
}

/** The type, if only one value has it. */
export function oneValue(type: Type): Type | undefined {
  if (type.kind === 'null') return type
  const literal = type.kind === 'string' || type.kind === 'number' ? type.values?.length : undefined
  return literal === 1 ? type : undefined
}

/** The type without a kind, or without a value where its values are listed. */
export function subtract(type: Type, gone: Type): Type {
  const parts = membersOf(type).map((member): Type => {
    const same = memberOfKind(gone, member.kind)
    if (same === undefined) return member
    if (same.kind === 'number' && member.kind === 'number' && same.values) {
      return member.values ? numberOf(...member.values.filter((value) => !same.values?.includes(value))) : member
    }
    if (same.kind === 'string' && member.kind === 'string' && same.values) {
      return member.values ? stringOf(...member.values.filter((value) => !same.values?.includes(value))) : member
    }
    return NEVER
  })
  return unionAll(parts)
}
