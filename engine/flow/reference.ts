import type { AnyNodeSpec } from '../spec/spec.ts'
import { describeNode, type NodeDescription, type PortDescription } from './describe.ts'
import { type FieldSchema, itemOf, kindText } from './fieldschema.ts'
import { errorPort } from './node.ts'
import { printJson } from './print.ts'

/** A field of a config as a reference lists it; fields inside others have names such as `cases[].when`. */
export interface FieldRow {
  name: string
  /** What to write: `a number from 0 to 10`. */
  kind: string
  needed: boolean
  /** As JSON; empty when there is none. */
  fallback: string
  /** Title and description. */
  help: string
  /** As JSON. */
  examples: string[]
}

/** All fields of a config, each before those inside it. */
export function fieldRows(schema: FieldSchema, prefix = ''): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const own: FieldRow = {
      name: prefix + name,
      kind: kindText(field),
      needed: schema.required?.includes(name) === true,
      fallback: field.default === undefined ? '' : JSON.stringify(field.default),
      help: [field.title, field.description].filter((text) => text !== undefined).join(': '),
      examples: (field.examples ?? []).map((example) => JSON.stringify(example)),
    }
    return [own, ...innerRows(field, `${prefix}${name}`)]
  })
}

/** The reference of a node type for a terminal: what it does, fields, ports, examples. */
export function nodeReference(spec: AnyNodeSpec): string {
  const node = describeNode(spec)
  const parts = [
    `${node.title} (${node.type})`,
    node.summary,
    node.docs,
    section('Config', fieldRows(node.config).map(fieldText)),
    section('Inputs', node.inputs.map(portText)),
    section('Outputs', outputsOf(node).map(portText)),
    section('Examples', node.examples.map(exampleText)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** The reference of a node type as Markdown, under a heading of the second level. */
export function nodeMarkdown(spec: AnyNodeSpec): string {
  const node = describeNode(spec)
  const rows = fieldRows(node.config)
  const fields = rows.map(({ name, kind, needed, fallback, help }) => [
    `\`${name}\``,
    needed ? `${kind}, needed` : kind,
    fallback === '' ? '' : `\`${fallback}\``,
    help,
  ])
  const ports = [
    ...node.inputs.map((one) => ['in', one] as const),
    ...outputsOf(node).map((one) => ['out', one] as const),
  ]
  const parts = [
    `## ${node.title}: \`${node.type}\``,
    node.summary,
    node.docs,
    fields.length === 0 ? 'It has no config.' : table(['field', 'what to write', 'default', ''], fields),
    table(
      ['port', '', 'messages', ''],
      ports.map(([side, one]) => [`\`${one.name}\``, side, one.typeText, portHelp(one)]),
    ),
    ...node.examples.map(({ title, config }) => `${title}:\n\n\`\`\`json\n${printJson(config)}\n\`\`\``),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** The reference of all node types as one Markdown page, in the order in which the palette has them. */
export function nodesMarkdown(specs: ReadonlyMap<string, AnyNodeSpec>): string {
  const nodes = [...specs.values()]
  const list = nodes.map((spec) => `- [\`${spec.type}\`](#${anchor(spec)}): ${spec.summary}`)
  const intro = 'Made from the node types by `npm run generate`. Every example runs as a test.'
  return `# Node types\n\n${intro}\n\n${list.join('\n')}\n\n${nodes.map(nodeMarkdown).join('\n')}`
}

function innerRows(field: FieldSchema, name: string): FieldRow[] {
  if (field.format === 'secret') return []
  const item = itemOf(field)
  if (item !== undefined) return innerRows(item, `${name}[]`)
  const choices = [field, ...(field.anyOf ?? []), ...(field.oneOf ?? [])]
  const rows = choices.flatMap((choice) => fieldRows(choice, `${name}.`))
  return rows.filter((row, index) => rows.findIndex((other) => other.name === row.name) === index)
}

function outputsOf(node: NodeDescription): PortDescription[] {
  if (node.outputs.some((one) => one.name === 'error')) return node.outputs
  const { summary, later, type } = errorPort
  return [...node.outputs, { name: 'error', summary, later, type, typeText: 'any' }]
}

function portHelp({ summary, later }: PortDescription): string {
  return later ? `${summary} (comes later)` : summary
}

function section(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${title}\n${items.map((item) => item.replace(/^(?=.)/gm, '  ')).join('\n')}`
}

function fieldText({ name, kind, needed, fallback, help, examples }: FieldRow): string {
  const state = needed ? 'needed' : fallback === '' ? 'optional' : `default ${fallback}`
  const example = examples.length === 0 ? [] : [`  e.g. ${examples.join('  ')}`]
  return [`${name}: ${kind} (${state})`, ...(help === '' ? [] : [`  ${help}`]), ...example].join('\n')
}

function portText(one: PortDescription): string {
  return `${one.name}: ${one.typeText}\n  ${portHelp(one)}`
}

function exampleText({ title, config }: { title: string; config: unknown }): string {
  return `${title}\n${printJson(config).replace(/^/gm, '  ')}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ')
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** As GitHub makes it from the heading. */
function anchor(spec: AnyNodeSpec): string {
  return `${spec.title}: \`${spec.type}\``
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
