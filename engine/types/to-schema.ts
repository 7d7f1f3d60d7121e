import { hasKind, type Member, membersOf, type NumberType, type ObjectType, type Type } from './type.ts'
import { sure, without } from './union.ts'

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** The number format of a time in UTC milliseconds. */
export const timeFormat = 'utc-millisec'

/**
 * The JSON Schema (draft 2020-12) of a type. Two types have no JSON: bytes become a string with format `binary`, a
 * function becomes an unrestricted schema with a comment. `missing` shows as a property that is not required.
 */
export function toJsonSchema(type: Type): JsonSchema {
  const schemas = membersOf(without(type, 'missing')).map(schemaOfMember)
  const [first] = schemas
  if (first === undefined) return false
  if (schemas.length === 1) return first
  const names = schemas.map((schema) => (schema === true ? undefined : onlyType(schema)))
  return names.every((name) => name !== undefined) ? { type: names } : { anyOf: schemas }
}

/** The type name of a schema that says nothing else. */
function onlyType(schema: JsonSchema): string | undefined {
  if (typeof schema === 'boolean' || Object.keys(schema).length !== 1) return undefined
  return typeof schema.type === 'string' ? schema.type : undefined
}

function schemaOfMember(type: Member): JsonSchema {
  if (type.kind === 'number') return schemaOfNumber(type)
  if (type.kind === 'string') return type.values ? { enum: type.values } : { type: 'string' }
  if (type.kind === 'object') return schemaOfShape(type)
  if (type.kind === 'array') return schemaOfArray(type.item)
  if (type.kind === 'null' || type.kind === 'boolean') return { type: type.kind }
  if (type.kind === 'bytes') return { type: 'string', format: 'binary' }
  if (type.kind === 'function') return { $comment: 'function' }
  return true
}

function schemaOfNumber(type: NumberType): JsonSchema {
  if (type.values) return { enum: type.values }
  return {
    type: 'number',
    ...(type.format ? { format: timeFormat } : {}),
    ...(type.min === undefined ? {} : { minimum: type.min }),
    ...(type.max === undefined ? {} : { maximum: type.max }),
  }
}

function schemaOfArray(item: Type): JsonSchema {
  const items = toJsonSchema(item)
  return items === true ? { type: 'array' } : { type: 'array', items }
}

function schemaOfShape(shape: ObjectType): JsonSchema {
  const entries = Object.entries(shape.fields)
  const required = entries.filter(([, type]) => !hasKind(type, 'missing')).map(([name]) => name)
  const properties = Object.fromEntries(entries.map(([name, type]) => [name, toJsonSchema(type)]))
  const rest = shape.rest === undefined ? false : toJsonSchema(shape.rest)
  return {
    type: 'object',
    ...(entries.length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
    // Where nothing is said, a misspelled field is looked for; a shape that is open on purpose says so.
    ...(rest === true && (sure(shape) > 0 || entries.length === 0) ? {} : { additionalProperties: rest }),
  }
}
