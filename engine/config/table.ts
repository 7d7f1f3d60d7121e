import { type FieldSchema, fieldAt, fieldSchema } from '../flow/fieldschema.ts'
import type { CommandLine } from './fields.ts'
import { settingsSchema } from './settings.ts'

/** A setting of the table, as everything is derived from it. */
export interface Setting {
  /** Where it stands in the file. */
  readonly path: readonly string[]
  readonly schema: FieldSchema
}

/** A setting that is also an option of the command line. */
export interface CommandLineSetting extends Setting {
  readonly line: CommandLine
}

/** What the file may hold, as JSON Schema with our own words in it. */
export function settingsShape(): FieldSchema {
  return fieldSchema(settingsSchema)
}

/** All settings in the order of the table; what has a structure of its own, such as the connections, is one of them. */
export function settingsTable(shape: FieldSchema = settingsShape(), path: readonly string[] = []): Setting[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, schema]) => {
    const own = [...path, name]
    return schema.properties === undefined ? [{ path: own, schema }] : settingsTable(schema, own)
  })
}

/** The settings that may be written as options. */
export function commandLineSettings(): CommandLineSetting[] {
  return settingsTable().flatMap(({ path, schema }) =>
    linesOf(schema).map((line) => {
      const below = line.below ?? []
      return { path: [...path, ...below], schema: fieldAt(schema, below) ?? schema, line }
    }),
  )
}

/** Names of the settings that take effect when the file is read again, without a new start. */
export function liveSettings(): ReadonlySet<string> {
  const live = settingsTable().filter(({ schema }) => 'live' in schema)
  return new Set(live.map(({ path }) => path.join('.')))
}

/** JSON Schema of the config file, for editors. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const shape = withoutOwnWords(settingsShape()) as Record<string, unknown> // an object stays one
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Settings of Rulewire', ...shape }
}

/** How a setting is written on the command line; none for most. */
export function linesOf(schema: FieldSchema): readonly CommandLine[] {
  // "cli" is only ever written with commandLine(), which the table's own test checks
  const { cli = [] } = schema as { cli?: CommandLine | readonly CommandLine[] }
  return Array.isArray(cli) ? cli : [cli as CommandLine]
}

/** Words of ours beside those of JSON Schema, and formats that mean something else to others. */
const ownWords: ReadonlySet<string> = new Set(['cli', 'live', 'format'])
/** Values that are data, not schemas. */
const data: ReadonlySet<string> = new Set(['examples', 'default', 'const', 'enum'])

/** Strict validators refuse words and formats that they do not know. */
function withoutOwnWords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutOwnWords)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([word]) => !ownWords.has(word))
      .map(([word, value]) => {
        if (data.has(word)) return [word, value]
        if (word !== 'properties') return [word, withoutOwnWords(value)]
        const fields = Object.entries(value as object) // names of fields, which may be any word
        return [word, Object.fromEntries(fields.map(([name, field]) => [name, withoutOwnWords(field)]))]
      }),
  )
}
