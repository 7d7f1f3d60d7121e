import {
  fieldType,
  type Member,
  MISSING,
  membersOf,
  nearest,
  type ObjectType,
  type Type,
  unionAll,
} from '../../types/index.ts'
import type { Node } from './ast.ts'
import { describe, listOf, suggestion } from './describe.ts'
import { type Inference, warn } from './inference.ts'
import { isMarked, isOnly, itemsOf, type Known, known, TOP, unwrap } from './known.ts'
import { type Scope, typeIn } from './scope.ts'

/** Where a name stands: its scope, and the texts of the path with it and before it. */
export interface NamePlace {
  readonly scope: Scope
  readonly path: () => string
  readonly owner: () => string
}

/** The field of this name; over an array, the fields of its items. Names that no shape has are reported. */
export function lookUpName(inference: Inference, step: Node, place: NamePlace): Known {
  const context = typeIn(place.scope, place.scope.context)
  const name = String(step.value)
  report(inference, context, step, place)
  return { ...known(nameIn(context, name)), marked: isMarked(place.scope.context) }
}

/** The type of a field of a value of this type, by the rules of a path step. */
export function nameIn(type: Type, name: string): Type {
  return unionAll(membersOf(type).map((member) => nameInMember(member, name)))
}

function nameInMember(member: Member, name: string): Type {
  if (member.kind === 'object') return fieldType(member, name)
  if (member.kind === 'any') return TOP
  if (member.kind !== 'array') return MISSING
  const found = itemsOf(nameIn(member.item, name))
  return unwrap({ item: found.item, none: true, many: true }).type
}

function report(inference: Inference, context: Type, step: Node, place: NamePlace): void {
  const name = String(step.value)
  const shapes = shapesIn(context)
  for (const shape of shapes) {
    if (Object.hasOwn(shape.fields, name) || (shape.rest !== undefined && !shape.learned && !shape.described)) continue
    const names = Object.keys(shape.fields)
    if (shape.described && nearest(name, names) === undefined) continue
    const fields = names.length === 0 ? 'There are no fields here.' : `The fields are ${listOf(names)}.`
    warn(inference, 'UNKNOWN_FIELD', step.position, { path: place.path(), suggestion: suggestion(name, names), fields })
  }
  if (shapes.length === 0 && isOnly(context, 'null', 'boolean', 'number', 'string', 'bytes', 'function', 'missing')) {
    if (isOnly(context, 'missing')) return
    const owner = place.owner() || 'the value'
    warn(inference, 'NO_FIELDS', step.position, { path: place.path(), name, owner, found: describe(context) })
  }
}

function shapesIn(type: Type): ObjectType[] {
  return membersOf(type).flatMap((member) =>
    member.kind === 'object' ? member : member.kind === 'array' ? shapesIn(member.item) : [],
  )
}
