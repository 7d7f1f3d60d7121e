import { type FieldSchema, itemOf, kindText } from '../flow/fieldschema.ts'
import type { CommandLine } from './fields.ts'
import { linesOf, settingsShape } from './table.ts'

/** A page about every setting, made from the table. */
export function settingsMarkdown(): string {
  return `# Settings

Every setting of \`rulewire start\`. An option goes before its variable, that before the config file, that before the default. The file is
\`rulewire.json\` in the working directory, or what \`--config\` or \`RULEWIRE_CONFIG\` names: JSON, comments allowed, relative paths relative to
the file. \`"$schema": "./flows/rulewire.schema.json"\` lets editors complete and check it. \`rulewire config print\` shows what holds and where
it comes from, \`rulewire config check\` lists all that is wrong with a file. [operations.md](operations.md) says how to run it.

This page is made by \`npm run generate\`.
${sections(settingsShape(), '')}`
}

function sections(shape: FieldSchema, path: string): string {
  const fields = Object.entries(shape.properties ?? {}).filter(([name]) => name !== '$schema')
  const plain = fields.filter(([, schema]) => inner(schema) === undefined)
  const rows = plain.map(([name, schema]) => row(name, schema))
  const table =
    rows.length === 0
      ? ''
      : `\n| setting | what it is | default | option, variable |\n|---|---|---|---|\n${rows.join('')}`
  const nested = fields.map(([name, schema]) => {
    const below = inner(schema)
    if (below === undefined) return ''
    const own = `${path}${path === '' ? '' : '.'}${name}${below.record ? '.NAME' : ''}`
    const lines = linesOf(schema).map(lineText).join('; ')
    return `\n## ${own}\n\n${cell(schema.description)}${lines === '' ? '' : ` On the command line: ${lines}.`}\n${sections(below.shape, own)}`
  })
  return `${table}${nested.join('')}`
}

/** The fields in a section, or those of each entry of a record. */
function inner(schema: FieldSchema): { shape: FieldSchema; record: boolean } | undefined {
  if (schema.properties !== undefined && schema.required === undefined) return { shape: schema, record: false }
  const { additionalProperties } = schema
  if (typeof additionalProperties !== 'object' || additionalProperties.properties === undefined) return undefined
  return { shape: additionalProperties, record: true }
}

function row(name: string, schema: FieldSchema): string {
  const own = linesOf(schema)
  const lines = own.map(lineText).join('; ')
  const told = own.flatMap(({ shown }) => shown ?? []).join('; ')
  const fallback = schema.default === undefined ? told : `\`${JSON.stringify(schema.default)}\``
  return `| \`${name}\` | ${cell(schema.description)} ${cell(kindOf(schema))} | ${fallback} | ${lines} |\n`
}

function kindOf(schema: FieldSchema): string {
  const item = itemOf(schema)
  const kind = schema.type === 'array' && item !== undefined ? `a list, each ${kindText(item)}` : kindText(schema)
  return `*${kind}*`
}

function lineText({ flag, value, variable }: CommandLine): string {
  return `\`--${flag}${value === undefined ? '' : ` ${value}`}\`, \`${variable}\``
}

function cell(text: string | undefined): string {
  return (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')
}
