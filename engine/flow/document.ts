import { z } from 'zod'
import { type Problem, problem, warning } from '../errors.ts'
import { fieldSchema } from './fieldschema.ts'
import { guardSchema } from './guard.ts'
import { historySchema } from './history.ts'
import { problemsOfIssues } from './issues.ts'
import { depthOf, flowLimits } from './limits.ts'
import type { FlowDocument, NodeEntry, WireEntry } from './model.ts'
import { type Path, pathText } from './path.ts'
import { foundText, listed, shortText, suggester } from './words.ts'

/** What an id of a flow or node looks like. */
export const idPattern = /^[a-z0-9-]{1,64}$/

const id = z
  .string()
  .superRefine((text, context) => {
    if (idPattern.test(text)) return
    context.addIssue({ code: 'custom', message: 'not an id', params: { problem: 'BAD_ID', id: text } })
  })
  .meta({ pattern: idPattern.source })

/** A node as it stands in a file; its config is looked at by its node type. */
export const nodeEntrySchema = z.strictObject({
  id: id.meta({ title: 'Id', description: 'Name of the node; wires and state belong to it.', examples: ['too-warm'] }),
  type: z
    .string()
    .min(1)
    .meta({ title: 'Node type', description: '"rulewire nodes" lists the types.', examples: ['filter'] }),
  title: z.string().optional().meta({ title: 'Title', description: 'What people see instead of the id.' }),
  disabled: z.boolean().optional().meta({ title: 'Disabled', description: 'True: left out with its wires.' }),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ title: 'Config', description: 'Fields of the node type.' }),
})

export const wireEntrySchema = z.strictObject({
  from: z.string().meta({ title: 'From', description: 'An output, as node.port.', examples: ['fridges.out'] }),
  to: z.string().meta({ title: 'To', description: 'An input, as node.port.', examples: ['too-warm.in'] }),
})

/** How many places of nodes that are gone are listed. */
const mostGone = 50

/** A flow file, with nodes and wires as they come: they are looked at one by one. */
export const flowSchemaFields = {
  $schema: z.string().optional().meta({ title: 'Schema', description: 'Path of flow.schema.json, for editors.' }),
  flow: id.meta({ title: 'Flow', description: 'Id of the flow and name of its file.', examples: ['cold-chain'] }),
  title: z.string().optional().meta({ title: 'Title' }),
  description: z.string().optional().meta({ title: 'Description' }),
  disabled: z.boolean().optional().meta({ title: 'Disabled', description: 'True: checked, but not run.' }),
  history: historySchema.optional().meta({
    title: 'History',
    description: 'Records messages, for looking back and for backtests.',
    examples: [{ filters: ['plant/+/temperature'], keep: '30d' }],
  }),
  guard: guardSchema.optional().meta({
    title: 'Guard',
    description: 'Takes a fresh deploy back by itself when too many messages fail.',
    examples: [{ errors: '5%', within: '2m', min: 50 }],
  }),
  nodes: z.array(z.unknown()).meta({ title: 'Nodes', examples: [[]] }),
  wires: z.array(z.unknown()).meta({ title: 'Wires', examples: [[]] }),
  layout: z
    .record(z.string(), z.tuple([z.number(), z.number()]).meta({ examples: [[80, 120]] }))
    .optional()
    .meta({ title: 'Layout', description: 'Places on the canvas, pixels from the left and the top, by node id.' }),
}

const flowFrame = z.strictObject(flowSchemaFields)

/** A node or wire with its index in the file. */
export interface Placed<Entry> {
  readonly index: number
  readonly entry: Entry
}

/** What the shape of a document allows to check further. */
export interface Shape {
  problems: Problem[]
  /** There when the shape is right throughout. */
  document?: FlowDocument
  flow: string
  nodes: Placed<NodeEntry>[]
  wires: Placed<WireEntry>[]
  /** Ids of all nodes, of those with a wrong shape too. */
  ids: Set<string>
}

/**
 * Checks the frame of a document: fields, ids, doubles, limits. What nodes and wires mean is not looked at.
 *
 * @param file name of the file it comes from; its last part must be the flow's id and `.json`
 */
export function checkShape(value: unknown, file?: string): Shape {
  const shape: Shape = { problems: [], flow: '', nodes: [], wires: [], ids: new Set() }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    shape.problems.push(problem('NOT_A_FLOW', { found: foundText(value) }))
    return shape
  }
  if (depthOf(value) > flowLimits.depth) {
    const values = { what: 'The nesting of the flow', found: 'deeper', limit: `${flowLimits.depth} levels` }
    shape.problems.push(problem('TOO_LARGE', values))
    return shape
  }
  const raw = new Map<string, unknown>(Object.entries(value))
  shape.flow = textOr(raw.get('flow'), '')
  shape.problems.push(...issuesOf(flowFrame, value, []), ...nameProblems(shape.flow, file))
  addNodes(shape, listOf(raw.get('nodes')))
  addWires(shape, listOf(raw.get('wires')))
  shape.problems.push(...layoutProblems(raw.get('layout'), shape.ids))
  if (!shape.problems.some((found) => found.severity === 'error')) shape.document = documentOf(raw, shape)
  return shape
}

function addNodes(shape: Shape, list: readonly unknown[]): void {
  if (list.length > flowLimits.nodes) {
    shape.problems.push(tooMany('The number of nodes', list.length, flowLimits.nodes, 'nodes'))
    return
  }
  const places = new Map<string, number[]>()
  for (const [index, item] of list.entries()) {
    shape.problems.push(...issuesOf(nodeEntrySchema, item, ['nodes', index]))
    const fields = fieldsOf(item)
    const nodeId = fields.get('id')
    if (typeof nodeId !== 'string') continue
    addTo(places, nodeId, index)
    shape.ids.add(nodeId)
    const entry = nodeEntry(nodeId, fields)
    if (entry !== undefined) shape.nodes.push({ index, entry })
  }
  for (const [nodeId, indexes] of places) {
    if (indexes.length < 2) continue
    const place = { at: `nodes[${indexes[1]}].id`, node: nodeId }
    shape.problems.push(problem('DUPLICATE_ID', { id: shortText(nodeId), count: indexes.length }, place))
  }
}

function addWires(shape: Shape, list: readonly unknown[]): void {
  if (list.length > flowLimits.wires) {
    shape.problems.push(tooMany('The number of wires', list.length, flowLimits.wires, 'wires'))
    return
  }
  const places = new Map<string, number[]>()
  for (const [index, item] of list.entries()) {
    shape.problems.push(...issuesOf(wireEntrySchema, item, ['wires', index]))
    const fields = fieldsOf(item)
    const [from, to] = [fields.get('from'), fields.get('to')]
    if (typeof from !== 'string' || typeof to !== 'string') continue
    const wire = JSON.stringify([from, to])
    addTo(places, wire, index)
    if (places.get(wire)?.length === 1) shape.wires.push({ index, entry: { from, to } })
  }
  for (const [wire, indexes] of places) {
    if (indexes.length < 2) continue
    const [from = '', to = '']: string[] = JSON.parse(wire)
    shape.problems.push(
      problem(
        'DUPLICATE_WIRE',
        { from: shortText(from), to: shortText(to), count: indexes.length },
        { at: `wires[${indexes[1]}]` },
      ),
    )
  }
}

/** The node as far as it can be checked further; undefined when that makes no sense. */
function nodeEntry(nodeId: string, fields: ReadonlyMap<string, unknown>): NodeEntry | undefined {
  const [type, title, disabled] = [fields.get('type'), fields.get('title'), fields.get('disabled')]
  const config = fields.has('config') ? fields.get('config') : {}
  if (typeof type !== 'string' || !isRecord(config)) return undefined
  return {
    id: nodeId,
    type,
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof disabled === 'boolean' ? { disabled } : {}),
    config,
  }
}

function documentOf(raw: ReadonlyMap<string, unknown>, shape: Shape): FlowDocument {
  const known = [...raw].filter(([name]) => name in flowSchemaFields)
  const nodes = shape.nodes.map(({ entry }) => entry)
  const wires = shape.wires.map(({ entry }) => entry)
  // the frame was checked field by field above, so these are the fields of a document
  return { ...(Object.fromEntries(known) as Partial<FlowDocument>), flow: shape.flow, nodes, wires }
}

function issuesOf(schema: z.ZodType, value: unknown, base: Path): Problem[] {
  const result = schema.safeParse(value)
  if (result.success) return []
  const nodeId = base[0] === 'nodes' ? fieldsOf(value).get('id') : undefined
  const place = typeof nodeId === 'string' ? { node: nodeId } : {}
  return problemsOfIssues(result.error.issues, { root: value, schema: fieldSchema(schema), base, place })
}

function nameProblems(flow: string, file: string | undefined): Problem[] {
  const name = /([^/\\]*)\.json$/.exec(file ?? '')?.[1]
  if (name === undefined || name === flow || !idPattern.test(flow)) return []
  return [problem('FLOW_NAME_MISMATCH', { file: name, flow }, { at: 'flow' })]
}

function layoutProblems(layout: unknown, ids: ReadonlySet<string>): Problem[] {
  if (!isRecord(layout)) return []
  const near = suggester(ids)
  const fields = listed(ids)
  const gone = Object.keys(layout).filter((name) => !ids.has(name))
  return gone.slice(0, mostGone).map((name) => {
    const values = { field: shortText(name), suggestion: near(name), fields }
    return warning('UNKNOWN_FIELD', values, { at: pathText(['layout', name]) })
  })
}

function addTo(places: Map<string, number[]>, name: string, index: number): void {
  const known = places.get(name)
  if (known === undefined) places.set(name, [index])
  else known.push(index)
}

function tooMany(what: string, found: number, limit: number, at: string): Problem {
  return problem('TOO_LARGE', { what, found, limit }, { at })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isRecord(value) ? Object.entries(value) : [])
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOr(value: unknown, instead: string): string {
  return typeof value === 'string' ? value : instead
}
