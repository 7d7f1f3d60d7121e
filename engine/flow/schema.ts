import { z } from 'zod'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { flowSchemaFields, nodeEntrySchema, wireEntrySchema } from './document.ts'
import { fieldSchema } from './fieldschema.ts'

/**
 * JSON Schema (2020-12) of flow files: the frame, and the config of each node type by its `type`. Editors complete and check
 * with it; our own check says more and is what counts.
 */
export function flowSchema(specs: ReadonlyMap<string, AnyNodeSpec>): Record<string, unknown> {
  const all = [...specs.values()].sort((one, other) => (one.type < other.type ? -1 : 1))
  const frame = fieldSchema(z.strictObject(flowSchemaFields))
  const node = fieldSchema(nodeEntrySchema)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Flow of Rulewire',
    ...frame,
    properties: {
      ...frame.properties,
      history: withoutOwnWords(frame.properties?.history),
      guard: withoutOwnWords(frame.properties?.guard),
      nodes: { ...frame.properties?.nodes, items: { $ref: '#/$defs/node' } },
      wires: { ...frame.properties?.wires, items: { $ref: '#/$defs/wire' } },
    },
    $defs: {
      node: {
        ...node,
        properties: { ...node.properties, type: { ...node.properties?.type, enum: all.map((spec) => spec.type) } },
        allOf: all.map((spec) => nodeRule(spec)),
      },
      wire: fieldSchema(wireEntrySchema),
      ...Object.fromEntries(all.map((spec) => [`config-${spec.type}`, configSchema(spec)])),
    },
  }
}

/** For nodes of this type: which config they have, and whether they need one. */
function nodeRule(spec: AnyNodeSpec): unknown {
  const needed = (fieldSchema(spec.config).required ?? []).length > 0
  return {
    if: { properties: { type: { const: spec.type } }, required: ['type'] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: {
      properties: { config: { $ref: `#/$defs/config-${spec.type}` } },
      ...(needed ? { required: ['config'] } : {}),
    },
  }
}

function configSchema(spec: AnyNodeSpec): unknown {
  return withoutOwnWords({ title: spec.title, description: spec.summary, ...fieldSchema(spec.config) })
}

/** Formats that mean the same to everybody. "duration" is not among them: ISO 8601 writes PT5M where flows have 5m. */
const commonFormats = ['date', 'date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'time', 'uri', 'uuid']

/** What expression fields tell beside their format. */
const ownWords = ['result', 'variables']
/** Keywords whose values are data, not schemas. */
const data = ['examples', 'default', 'const', 'enum']

/** A schema without the words that only our forms know: strict validators refuse them. */
function withoutOwnWords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutOwnWords)
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = Object.entries(schema).filter(
    ([word, value]) => !ownWords.includes(word) && (word !== 'format' || commonFormats.includes(value)),
  )
  return Object.fromEntries(
    kept.map(([word, value]) => {
      if (data.includes(word)) return [word, value]
      if (word !== 'properties') return [word, withoutOwnWords(value)]
      return [word, Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutOwnWords(field)]))]
    }),
  )
}
