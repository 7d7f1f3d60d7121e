import { isObject } from './path.ts'

/**
 * A field of a form, read from the JSON Schema of a node's config. Each kind has one editor in the view; what no kind
 * fits is edited as JSON, so that every node has a whole form.
 */
export type Field =
  | TextField
  | NumberField
  | ChoiceField
  | SimpleField
  | ListField
  | RecordField
  | GroupField
  | VariantField

interface Base {
  readonly path: readonly (string | number)[]
  readonly title: string
  readonly help: string
  readonly required: boolean
  /** What holds when nothing is written. */
  readonly standard: unknown
  readonly examples: readonly string[]
}

export interface TextField extends Base {
  readonly kind: 'text' | 'duration' | 'topic' | 'expression' | 'secret' | 'broker'
  readonly multiline: boolean
  /** Of an expression: what it must give. */
  readonly result: string
}

export interface NumberField extends Base {
  readonly kind: 'number'
  readonly integer: boolean
  readonly min: number | undefined
  readonly max: number | undefined
}

export interface ChoiceField extends Base {
  readonly kind: 'choice'
  readonly choices: readonly (string | number | boolean | null)[]
}

export interface SimpleField extends Base {
  readonly kind: 'boolean' | 'json'
}

export interface ListField extends Base {
  readonly kind: 'list'
  readonly item: Field
}

/** Any names, each with a value of one kind. */
export interface RecordField extends Base {
  readonly kind: 'record'
  readonly value: Field
}

/** Fixed fields under one heading. */
export interface GroupField extends Base {
  readonly kind: 'group'
  readonly fields: readonly Field[]
}

/** One of several kinds: the one that fits the value is shown, and one can switch. */
export interface VariantField extends Base {
  readonly kind: 'variant'
  readonly variants: readonly { readonly label: string; readonly field: Field }[]
}

type Schema = Readonly<Record<string, unknown>>

/** The fields of a node's config, in the order of its schema. */
export function fieldsOf(schema: Schema): readonly Field[] {
  const root = read(schema, { path: [], name: '', required: true, root: schema })
  return root.kind === 'group' ? root.fields : [root]
}

/** The variant whose kind a value has; the first when it has none. */
export function variantOf(field: VariantField, value: unknown): number {
  return Math.max(
    0,
    field.variants.findIndex((variant) => accepts(variant.field, value)),
  )
}

/** What a new value of a field starts with. */
export function blank(field: Field): unknown {
  if (field.standard !== undefined) return field.standard
  switch (field.kind) {
    case 'number':
      return field.min ?? 0
    case 'boolean':
      return false
    case 'choice':
      return field.choices[0]
    case 'list':
      return []
    case 'record':
      return {}
    case 'group':
      return Object.fromEntries(
        field.fields
          .filter((inner) => inner.required && inner.standard === undefined)
          .map((inner) => [inner.path.at(-1), blank(inner)]),
      )
    case 'variant':
      return field.variants[0] === undefined ? '' : blank(field.variants[0].field)
    case 'json':
      return null
    default:
      return ''
  }
}

/** The config that a new node starts with: its required fields, empty, so that the form and the check say what is wanted. */
export function blankConfig(schema: Schema): Record<string, unknown> {
  const entries = fieldsOf(schema)
    .filter((field) => field.required && field.standard === undefined)
    .map((field) => [String(field.path.at(-1)), blank(field)] as const)
  return Object.fromEntries(entries)
}

interface Place {
  path: readonly (string | number)[]
  name: string
  required: boolean
  root: Schema
}

function read(given: Schema, place: Place): Field {
  const schema = resolve(given, place.root)
  const base: Base = {
    path: place.path,
    title: text(schema.title) || spaced(place.name),
    help: text(schema.description),
    required: place.required,
    standard: schema.default,
    examples: Array.isArray(schema.examples)
      ? schema.examples.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
      : [],
  }
  return special(schema, base, place) ?? byType(schema, base, place)
}

/** zod writes a union of plain types as `type: ["number", "string"]`. */
function severalTypes(schema: Schema): unknown {
  return Array.isArray(schema.type) ? schema.type.map((type: unknown) => ({ type })) : undefined
}

/** Kinds that `format` names, and choices. */
function special(schema: Schema, base: Base, place: Place): Field | undefined {
  const textual = { multiline: false, result: text(schema.result) || 'any' }
  if (schema.format === 'jsonata') return { ...base, ...textual, kind: 'expression' }
  if (schema.format === 'duration') return { ...base, ...textual, kind: 'duration' }
  if (schema.format === 'topic-filter' || schema.format === 'topic') return { ...base, ...textual, kind: 'topic' }
  if (schema.format === 'secret') return { ...base, ...textual, kind: 'secret' }
  if (schema.format === 'broker') return { ...base, ...textual, kind: 'broker' }
  if (schema.const !== undefined) return { ...base, kind: 'choice', choices: [scalar(schema.const)] }
  if (Array.isArray(schema.enum)) return { ...base, kind: 'choice', choices: schema.enum.map(scalar) }
  const options = schema.anyOf ?? schema.oneOf ?? severalTypes(schema)
  if (!Array.isArray(options)) return undefined
  const inner = options.filter(isObject)
  if (inner.every((option) => option.const !== undefined))
    return { ...base, kind: 'choice', choices: inner.map((option) => scalar(option.const)) }
  const fields = inner.map((option) => read(option, place))
  return {
    ...base,
    kind: 'variant',
    variants: fields.map((field, index) => ({
      label: text(inner[index]?.title) || variantLabel(field),
      field: { ...field, title: base.title, help: field.help || base.help },
    })),
  }
}

function byType(schema: Schema, base: Base, place: Place): Field {
  switch (schema.type) {
    case 'string':
      return { ...base, kind: 'text', multiline: schema.format === 'text' || schema.multiline === true, result: '' }
    case 'number':
    case 'integer':
      return {
        ...base,
        kind: 'number',
        integer: schema.type === 'integer',
        min: limit(schema, 'minimum', 'exclusiveMinimum'),
        max: limit(schema, 'maximum', 'exclusiveMaximum'),
      }
    case 'boolean':
      return { ...base, kind: 'boolean' }
    case 'array':
      return isObject(schema.items)
        ? { ...base, kind: 'list', item: read(schema.items, inside(place, 0)) }
        : { ...base, kind: 'json' }
    case 'object':
      return readObject(schema, base, place)
    default:
      return { ...base, kind: 'json' }
  }
}

function readObject(schema: Schema, base: Base, place: Place): Field {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required : []
  const entries = Object.entries(properties).filter((entry): entry is [string, Schema] => isObject(entry[1]))
  if (entries.length > 0) {
    const fields = entries.map(([name, inner]) =>
      read(inner, { ...place, path: [...place.path, name], name, required: required.includes(name) }),
    )
    return { ...base, kind: 'group', fields }
  }
  if (isObject(schema.additionalProperties) && Object.keys(schema.additionalProperties).length > 0) {
    return { ...base, kind: 'record', value: read(schema.additionalProperties, inside(place, '')) }
  }
  return { ...base, kind: 'json' }
}

/** The path of items is filled in when they are shown; here it only has the right length. */
function inside(place: Place, step: string | number): Place {
  return { ...place, path: [...place.path, step], name: '', required: true }
}

/** The same field at another path: items of lists and records are read once and shown many times. */
export function fieldAt(field: Field, path: readonly (string | number)[]): Field {
  const moved = { ...field, path }
  const under = (inner: Field): Field => fieldAt(inner, [...path, ...inner.path.slice(field.path.length)])
  switch (moved.kind) {
    case 'list':
      return { ...moved, item: under(moved.item) }
    case 'record':
      return { ...moved, value: under(moved.value) }
    case 'group':
      return { ...moved, fields: moved.fields.map(under) }
    case 'variant':
      return {
        ...moved,
        variants: moved.variants.map((variant) => ({ ...variant, field: fieldAt(variant.field, path) })),
      }
    default:
      return moved
  }
}

function accepts(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'choice':
      return field.choices.some((choice) => choice === value)
    case 'list':
      return Array.isArray(value)
    case 'record':
      return isObject(value)
    case 'group':
      return (
        isObject(value) &&
        field.fields.every(
          (inner) =>
            inner.kind !== 'choice' ||
            inner.choices.length > 1 ||
            inner.choices[0] === value[String(inner.path.at(-1))],
        )
      )
    case 'variant':
      return field.variants.some((variant) => accepts(variant.field, value))
    case 'secret':
      return typeof value === 'string' || (isObject(value) && '$secret' in value)
    case 'json':
      return true
    default:
      return typeof value === 'string'
  }
}

function resolve(schema: Schema, root: Schema): Schema {
  const reference = text(schema.$ref)
  const parts = reference.startsWith('#/') ? reference.slice(2).split('/') : []
  let target: unknown = root
  for (const part of parts) target = isObject(target) ? target[part] : undefined
  return parts.length > 0 && isObject(target) ? { ...target, ...schema } : schema
}

function limit(schema: Schema, ...names: string[]): number | undefined {
  const value = names.map((name) => schema[name]).find((found) => typeof found === 'number')
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}

function scalar(value: unknown): string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null
    ? value
    : String(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** `onDelay` as people read it: "On delay". */
function spaced(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[-_]+/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function variantLabel(field: Field): string {
  return field.kind === 'choice' && field.choices.length === 1 ? String(field.choices[0]) : field.kind
}
