import { messageType, type Type, withField, without } from '../../engine/node.ts'

/** A message type with other types for some fields. A type that has no value stays so. */
export function withFields(message: Type | undefined, fields: Readonly<Record<string, Type>>): Type {
  if (message?.kind === 'never') return message
  let shape = message?.kind === 'object' ? message : messageType()
  for (const [name, type] of Object.entries(fields)) shape = withField(shape, name, type)
  return shape
}

/** What is left of a type when there is a value: a node that gets none sends nothing on. */
export function present(type: Type): Type {
  return without(type, 'missing')
}
