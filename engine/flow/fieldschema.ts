import { z } from 'zod'
import type { Path } from './path.ts'

/** The part of JSON Schema that zod prints for configs, with what `meta` adds. */
export interface FieldSchema {
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  /** Beside the formats of JSON Schema: jsonata, duration, topic-filter, secret. */
  readonly format?: string
  /** With format jsonata: what the expression must give. */
  readonly result?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | FieldSchema
  /** False after the places of a tuple. */
  readonly items?: FieldSchema | boolean
  readonly anyOf?: readonly FieldSchema[]
  readonly oneOf?: readonly FieldSchema[]
}

/** JSON Schema of what a config may hold as it is written in a file: before durations and expressions are read. */
export function fieldSchema(schema: z.ZodType): FieldSchema {
  const { $schema, ...printed } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // zod leaves the examples of a field out when it is transformed; they are written for the file, so they belong here
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.examples
      if (Array.isArray(examples)) jsonSchema.examples = examples
    },
  })
  // zod's own type is the whole of JSON Schema; what we read of it is checked where it is read
  return printed as FieldSchema
}

/** The schema of the field at a path; undefined when there is none. Where it may be one of several, the first that has the field. */
export function fieldAt(schema: FieldSchema | undefined, path: Path): FieldSchema | undefined {
  const [step, ...rest] = path
  if (schema === undefined || step === undefined) return schema
  for (const choice of [schema, ...choices(schema)]) {
    const inner = typeof step === 'number' ? itemOf(choice) : namedField(choice, step)
    const found = fieldAt(inner, rest)
    if (found !== undefined) return found
  }
  return undefined
}

/** The names that an object may hold, over all its choices. */
export function fieldNames(schema: FieldSchema | undefined): string[] {
  if (schema === undefined) return []
  const names = [schema, ...choices(schema)].flatMap((choice) => Object.keys(choice.properties ?? {}))
  return [...new Set(names)]
}

/** What to write there, in words: `a number from 1 to 9`, `one of "low", "high"`. */
export function kindText(schema: FieldSchema | undefined): string {
  if (schema === undefined) return 'a value'
  const special = formatText(schema)
  if (special !== undefined) return special
  const values = listedValues(schema)
  if (values !== undefined) return values.length === 1 ? shown(values[0]) : `one of ${values.map(shown).join(', ')}`
  const several = choices(schema)
  if (several.length > 0) return [...new Set(several.map(kindText))].join(' or ')
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  return types.map((type) => typeText(type, schema)).join(' or ') || 'a value'
}

/** A value that may stand there: an example, the default, the first of the choices. Undefined when the schema tells none. */
export function exampleOf(schema: FieldSchema | undefined): unknown {
  if (schema === undefined) return undefined
  if (schema.examples !== undefined && schema.examples.length > 0) return schema.examples[0]
  if (schema.default !== undefined) return schema.default
  if (schema.format === 'duration') return '5m'
  return listedValues(schema)?.[0]
}

/** The values of an enumeration, however it is written; undefined when it is none. */
export function listedValues(schema: FieldSchema): readonly unknown[] | undefined {
  if (schema.enum !== undefined) return schema.enum
  if ('const' in schema) return [schema.const]
  const several = choices(schema)
  const constants = several.flatMap((choice) => ('const' in choice ? [choice.const] : (choice.enum ?? [])))
  const all = several.every((choice) => 'const' in choice || choice.enum !== undefined)
  return several.length > 0 && all ? constants : undefined
}

function choices(schema: FieldSchema): readonly FieldSchema[] {
  return schema.anyOf ?? schema.oneOf ?? []
}

/** Schema of the items of a list; undefined when it says nothing of them. */
export function itemOf(schema: FieldSchema): FieldSchema | undefined {
  return typeof schema.items === 'object' ? schema.items : undefined
}

function namedField(schema: FieldSchema, name: string): FieldSchema | undefined {
  const { properties, additionalProperties } = schema
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

function formatText(schema: FieldSchema): string | undefined {
  switch (schema.format) {
    case 'jsonata':
      if (schema.result === 'boolean') return 'a JSONata expression that is true or false'
      if (schema.result === undefined || schema.result === 'any') return 'a JSONata expression'
      return `a JSONata expression that gives ${resultTexts[schema.result] ?? schema.result}`
    case 'duration':
      return 'a duration'
    case 'topic-filter':
      return 'a topic filter'
    case 'topic-template':
      return 'a topic'
    case 'broker':
      return 'the name of a broker connection'
    case 'secret':
      return 'text, or { "$secret": "name" }'
    default:
      return undefined
  }
}

const resultTexts: Readonly<Record<string, string>> = {
  number: 'a number',
  string: 'text',
  object: 'an object',
  array: 'a list',
}

function typeText(type: string, schema: FieldSchema): string {
  if (type === 'string') return 'text'
  if (type === 'boolean') return 'true or false'
  if (type === 'array') return 'a list'
  if (type === 'integer') return `a whole number${rangeText(schema)}`
  if (type === 'number') return `a number${rangeText(schema)}`
  if (type !== 'object') return type
  const names = Object.keys(schema.properties ?? {})
  return names.length === 0 ? 'an object' : `an object with ${names.map((name) => `"${name}"`).join(', ')}`
}

function rangeText(schema: FieldSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`
  const parts = [
    low === undefined ? '' : ` of at least ${low}`,
    exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`,
    high === undefined ? '' : ` of at most ${high}`,
    exclusiveMaximum === undefined ? '' : ` below ${exclusiveMaximum}`,
  ]
  return parts.filter((part) => part !== '').join(' and')
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
