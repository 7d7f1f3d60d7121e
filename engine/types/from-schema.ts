import { intersect } from './intersect.ts'
import { nearest } from './nearest.ts'
import { timeFormat } from './to-schema.ts'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  BYTES,
  NEVER,
  NULL,
  NUMBER,
  type ObjectType,
  rangeOf,
  STRING,
  TIME,
  type Type,
} from './type.ts'
import { optional, union, unionAll } from './union.ts'
import { typeOfLiteral } from './value.ts'

/** A place in a schema that is wrong (`problems`) or says more than a type can hold (`notes`). */
export interface SchemaNote {
  /** Where in the schema, as a JSON Pointer; empty for the root. */
  readonly pointer: string
  readonly text: string
  readonly hint: string
}

export interface SchemaResult {
  /** The type; `any` where the schema is wrong. It holds every value that the schema allows. */
  readonly type: Type
  readonly problems: readonly SchemaNote[]
  readonly notes: readonly SchemaNote[]
}

/** Nesting deeper than this is `any`. */
const maxSchemaDepth = 64
/** A reference inside itself is followed this often, then it is `any`. */
const maxRecursion = 2
/** Schemas that are looked at in all; references can multiply. */
const maxSchemas = 2000
/** Problems and notes that are kept of each. */
const maxNotes = 100

/**
 * The type that a JSON Schema (draft 4 to 2020-12) describes. All problems are collected; keywords that a type cannot
 * express are left out with a note. Local references are followed. It does not throw.
 */
export function fromJsonSchema(schema: unknown): SchemaResult {
  const reader: Reader = { root: schema, problems: [], notes: [], seen: 0 }
  const type = read(schema, { reader, pointer: '', depth: 0, references: [] })
  return { type, problems: distinct(reader.problems), notes: distinct(reader.notes) }
}

interface Reader {
  readonly root: unknown
  readonly problems: SchemaNote[]
  readonly notes: SchemaNote[]
  seen: number
}

interface Place {
  readonly reader: Reader
  readonly pointer: string
  readonly depth: number
  /** The references that led here. */
  readonly references: readonly string[]
}

type Keywords = Record<string, unknown>

/** Keywords that say nothing about the values. */
const annotations = new Set(
  '$schema $id id $comment $defs definitions $anchor title description default examples example deprecated readOnly writeOnly'.split(
    ' ',
  ),
)
const understood = new Set(
  'type enum const properties required additionalProperties patternProperties items prefixItems minimum maximum exclusiveMinimum exclusiveMaximum anyOf oneOf allOf $ref nullable format'.split(
    ' ',
  ),
)
const typeNames = ['null', 'boolean', 'number', 'integer', 'string', 'object', 'array']

function read(schema: unknown, place: Place): Type {
  const { reader } = place
  if (schema === true) return ANY
  if (schema === false) return NEVER
  if (!isKeywords(schema)) return problem(place, `This is ${show(schema)}`, 'A schema is true, false or an object.')
  reader.seen += 1
  if (place.depth > maxSchemaDepth || reader.seen > maxSchemas) {
    return noted(place, 'The schema is too deep or too large here', 'It is taken for any value from here on.')
  }
  for (const keyword of Object.keys(schema)) noteKeyword(keyword, place)
  const parts = [readReference(schema, place), readKinds(schema, place), readValues(schema, place)]
  for (const keyword of ['anyOf', 'oneOf'] as const) parts.push(readChoice(schema, keyword, place))
  parts.push(...readList(schema, 'allOf', place))
  const type = parts.reduce<Type>((all, part) => (part === undefined ? all : intersect(all, part)), ANY)
  return schema.nullable === true ? union(type, NULL) : type
}

function noteKeyword(keyword: string, place: Place): void {
  if (annotations.has(keyword) || understood.has(keyword)) return
  const hint = nearest(keyword, [...understood])
  const text = hint ? `"${keyword}" is left out; did you mean "${hint}"?` : `"${keyword}" is left out`
  noted(inside(place, keyword), text, 'A type cannot express it; values are not checked for it.')
}

function readReference(schema: Keywords, place: Place): Type | undefined {
  const reference = schema.$ref
  if (reference === undefined) return undefined
  const at = inside(place, '$ref')
  if (typeof reference !== 'string' || !reference.startsWith('#')) {
    return problem(
      at,
      `${show(reference)} is not in this schema`,
      'Only references such as "#/$defs/name" are followed.',
    )
  }
  let target: unknown = place.reader.root
  for (const step of pointerSteps(reference)) {
    target =
      (Array.isArray(target) || isKeywords(target)) && Object.hasOwn(target, step)
        ? Reflect.get(target, step)
        : undefined
  }
  if (target === undefined)
    return problem(at, `There is nothing at "${reference}"`, 'Point to a schema in this document.')
  const references = [...place.references, reference]
  if (references.filter((other) => other === reference).length > maxRecursion) {
    return noted(
      { ...place, pointer: reference.slice(1) },
      'The schema refers to itself',
      'Values further inside are taken for any value.',
    )
  }
  return read(target, { ...at, references })
}

function pointerSteps(reference: string): string[] {
  const steps = reference.slice(1).split('/').slice(1)
  return steps.map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'))
}

/** The kinds that `type` names or, without it, the one that the other keywords speak of. */
function readKinds(schema: Keywords, place: Place): Type | undefined {
  const named = schema.type
  if (named === undefined) return readImplied(schema, place)
  const names = Array.isArray(named) ? named : [named]
  if (names.length === 0)
    return problem(inside(place, 'type'), 'It names no type', `Write one of ${typeNames.join(', ')}.`)
  return unionAll(names.map((name) => readKind(name, schema, place)))
}

function readImplied(schema: Keywords, place: Place): Type | undefined {
  const has = (...keywords: string[]) => keywords.some((keyword) => keyword in schema)
  const implied = [
    has('properties', 'required', 'additionalProperties', 'patternProperties') ? 'object' : undefined,
    has('items', 'prefixItems') ? 'array' : undefined,
    has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum') ? 'number' : undefined,
  ].filter((name) => name !== undefined)
  if (implied.length === 0) return undefined
  noted(place, `There is no "type"; it is taken for ${implied.join(' or ')}`, `Add "type": "${implied[0]}".`)
  return unionAll(implied.map((name) => readKind(name, schema, place)))
}

function readKind(name: unknown, schema: Keywords, place: Place): Type {
  if (name === 'null') return NULL
  if (name === 'boolean') return BOOLEAN
  if (name === 'string') return schema.format === 'binary' ? BYTES : STRING
  if (name === 'number' || name === 'integer') return readNumber(schema, place)
  if (name === 'object') return readShape(schema, place)
  if (name === 'array') return arrayOf(readItems(schema, place))
  const meant = typeof name === 'string' ? nearest(name, typeNames) : undefined
  const text = `${show(name)} is no type${meant ? `; did you mean "${meant}"?` : ''}`
  return problem(inside(place, 'type'), text, `Write one of ${typeNames.join(', ')}.`)
}

function readNumber(schema: Keywords, place: Place): Type {
  const min = readBound(schema, ['minimum', 'exclusiveMinimum'], place)
  const max = readBound(schema, ['maximum', 'exclusiveMaximum'], place)
  if (min === undefined && max === undefined) return schema.format === timeFormat ? TIME : NUMBER
  const range = rangeOf(min, max)
  return schema.format === timeFormat ? { ...range, format: 'time' } : range
}

/** A bound, taken as inclusive: a little too wide for an exclusive one. Draft 4 wrote `true` there. */
function readBound(schema: Keywords, keywords: readonly string[], place: Place): number | undefined {
  for (const keyword of keywords) {
    const value = schema[keyword]
    if (typeof value === 'number') return value
    if (value !== undefined && typeof value !== 'boolean')
      problem(inside(place, keyword), `It is ${show(value)}`, 'Write a number.')
  }
  return undefined
}

function readShape(schema: Keywords, place: Place): ObjectType {
  const { properties = {}, required = [] } = schema
  if (!isKeywords(properties)) {
    problem(inside(place, 'properties'), `It is ${show(properties)}`, 'Write an object: a schema for each name.')
  }
  if (!Array.isArray(required)) problem(inside(place, 'required'), `It is ${show(required)}`, 'Write a list of names.')
  const needed = new Set<unknown>(Array.isArray(required) ? required : [])
  const described = isKeywords(properties) ? properties : {}
  const rest = readRest(schema, place)
  const names = new Set([...Object.keys(described), ...[...needed].filter((name) => typeof name === 'string')])
  const fields = [...names].map((name) => {
    const at = inside(inside(place, 'properties'), name)
    const type = Object.hasOwn(described, name) ? read(described[name], at) : (rest ?? NEVER)
    return [name, needed.has(name) ? type : optional(type)] as const
  })
  const shape = { kind: 'object', fields: Object.fromEntries(fields) } as const
  if (rest === undefined) return shape
  const silent = schema.additionalProperties === undefined && schema.patternProperties === undefined
  return silent && isKeywords(schema.properties) ? { ...shape, rest, described: true } : { ...shape, rest }
}

function readRest(schema: Keywords, place: Place): Type | undefined {
  const { additionalProperties, patternProperties } = schema
  const others =
    additionalProperties === undefined ? ANY : read(additionalProperties, inside(place, 'additionalProperties'))
  const at = inside(place, 'patternProperties')
  const patterns = isKeywords(patternProperties)
    ? Object.entries(patternProperties).map(([pattern, schema]) => read(schema, inside(at, pattern)))
    : []
  const rest = unionAll([others, ...patterns])
  return rest.kind === 'never' ? undefined : rest
}

function readItems(schema: Keywords, place: Place): Type {
  const { items, prefixItems } = schema
  const first = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : []
  const at = inside(place, Array.isArray(prefixItems) ? 'prefixItems' : 'items')
  const types = first.map((schema, index) => read(schema, inside(at, String(index))))
  const others = Array.isArray(items) ? schema.additionalItems : items
  if (first.length > 0) noted(at, 'The places of a tuple are taken together', 'Every item may be any of them.')
  return unionAll([...types, others === undefined ? ANY : read(others, inside(place, 'items'))])
}

function readValues(schema: Keywords, place: Place): Type | undefined {
  if (Object.hasOwn(schema, 'const')) return typeOfLiteral(schema.const)
  const values = schema.enum
  if (values === undefined) return undefined
  if (Array.isArray(values)) return unionAll(values.map(typeOfLiteral))
  return problem(inside(place, 'enum'), `It is ${show(values)}`, 'Write a list of values.')
}

function readChoice(schema: Keywords, keyword: 'anyOf' | 'oneOf', place: Place): Type | undefined {
  const choices = readList(schema, keyword, place)
  return choices.length === 0 ? undefined : unionAll(choices)
}

function readList(schema: Keywords, keyword: 'anyOf' | 'oneOf' | 'allOf', place: Place): Type[] {
  const list = schema[keyword]
  if (list === undefined) return []
  const at = inside(place, keyword)
  if (Array.isArray(list)) return list.map((schema, index) => read(schema, inside(at, String(index))))
  problem(at, `It is ${show(list)}`, 'Write a list of schemas.')
  return []
}

function inside(place: Place, step: string): Place {
  const escaped = step.replace(/~/g, '~0').replace(/\//g, '~1')
  return { ...place, pointer: `${place.pointer}/${escaped}`, depth: place.depth + 1 }
}

function problem(place: Place, text: string, hint: string): Type {
  place.reader.problems.push({ pointer: place.pointer, text: `${text}.`.replace(/\?\.$/, '?'), hint })
  return ANY
}

function noted(place: Place, text: string, hint: string): Type {
  place.reader.notes.push({ pointer: place.pointer, text: `${text}.`.replace(/\?\.$/, '?'), hint })
  return ANY
}

/** A schema that several references lead to is read several times, but reported once. */
function distinct(notes: readonly SchemaNote[]): SchemaNote[] {
  const known = new Map(notes.map((note) => [`${note.pointer} ${note.text}`, note]))
  return [...known.values()].slice(0, maxNotes)
}

function isKeywords(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  const text = value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
