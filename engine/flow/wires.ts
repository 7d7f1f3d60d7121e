import { type Problem, problem } from '../errors.ts'
import type { Port } from '../spec/spec.ts'
import type { Placed } from './document.ts'
import { type Edges, edgesInside, shortestCircle, strongComponents } from './graph.ts'
import type { Target, WireEntry } from './model.ts'
import type { CheckedNode } from './node.ts'
import { listed, shortText, suggester } from './words.ts'

/** A wire whose ends are nodes that run. */
export interface Wire {
  readonly index: number
  readonly from: Target
  readonly to: Target
  /** Undefined when the ports of the node are not known, because its config is wrong. */
  readonly output: Port | undefined
  readonly input: Port | undefined
}

/** Nodes of a circle that are named in a problem. */
const longestShown = 12

/**
 * Finds the ports that wires lead from and to.
 *
 * @param ids all ids of nodes in the document, of those too that could not be checked
 */
export function resolveWires(
  entries: readonly Placed<WireEntry>[],
  nodes: ReadonlyMap<string, CheckedNode>,
  ids: ReadonlySet<string>,
): { wires: Wire[]; problems: Problem[] } {
  const wires: Wire[] = []
  const problems: Problem[] = []
  const known = { nodes, ids, nearId: suggester(ids), allIds: listed(ids) }
  for (const { index, entry } of entries) {
    const from = readEnd(entry.from, { ...known, side: 'outputs', at: `wires[${index}].from` })
    const to = readEnd(entry.to, { ...known, side: 'inputs', at: `wires[${index}].to` })
    problems.push(...from.problems, ...to.problems)
    if (!from.target || !to.target || !nodes.get(from.target.node)?.runs || !nodes.get(to.target.node)?.runs) continue
    wires.push({ index, from: from.target, to: to.target, output: from.port, input: to.port })
  }
  return { wires, problems }
}

/** Circles of wires that no output breaks which answers later: one problem for each group of nodes that reach each other. */
export function circleProblems(nodes: readonly string[], wires: readonly Wire[]): Problem[] {
  const now = wires.filter((wire) => wire.output?.later !== true && wire.input?.ends !== true)
  const edges = edgesOf(now)
  const place = new Map(nodes.map((node, index) => [node, index]))
  return strongComponents(nodes, edges).flatMap((component) => {
    const [start] = component.sort((one, other) => (place.get(one) ?? 0) - (place.get(other) ?? 0))
    if (start === undefined || (component.length === 1 && !edges.get(start)?.includes(start))) return []
    const circle = shortestCircle(start, edgesInside(component, edges)) ?? []
    const last = circle.at(-1)
    const closing = now.find((wire) => wire.from.node === last && wire.to.node === start)
    const where = { node: start, ...(closing === undefined ? {} : { at: `wires[${closing.index}]` }) }
    return [problem('CYCLE', { nodes: circleText(circle) }, where)]
  })
}

/** A circle in words; of a long one the first nodes and the last. */
function circleText(circle: readonly string[]): string {
  const [start = ''] = circle
  const left = circle.length - longestShown
  const shown = left > 0 ? [...circle.slice(0, longestShown - 1), `… ${left} more`, ...circle.slice(-1)] : circle
  return [...shown, start].join(' -> ')
}

/** Which nodes the wires of each node lead to. */
export function edgesOf(wires: readonly Wire[]): Edges {
  const edges = new Map<string, string[]>()
  for (const { from, to } of wires) {
    const targets = edges.get(from.node)
    if (targets === undefined) edges.set(from.node, [to.node])
    else targets.push(to.node)
  }
  return edges
}

interface EndContext {
  side: 'inputs' | 'outputs'
  nodes: ReadonlyMap<string, CheckedNode>
  ids: ReadonlySet<string>
  nearId: (found: string) => string
  allIds: string
  at: string
}

interface End {
  problems: Problem[]
  target?: Target
  port?: Port
}

function readEnd(end: string, { side, nodes, ids, nearId, allIds, at }: EndContext): End {
  const dot = end.indexOf('.')
  const nodeId = dot < 0 ? end : end.slice(0, dot)
  const nowhere = (detail: string, near: string, choices: string): End => ({
    problems: [
      problem('WIRE_NOWHERE', { end: shortText(end), detail, suggestion: near, choices }, { at, node: nodeId }),
    ],
  })
  const node = nodes.get(nodeId)
  if (node === undefined) {
    if (ids.has(nodeId)) return { problems: [] }
    const values = {
      end: shortText(end),
      detail: `there is no node "${shortText(nodeId)}"`,
      suggestion: nearId(nodeId),
    }
    return { problems: [problem('WIRE_NOWHERE', { ...values, choices: `The nodes are: ${allIds}.` }, { at })] }
  }
  const ports = node[side]
  const name = end.slice(dot + 1)
  const word = side === 'inputs' ? 'input' : 'output'
  if (dot < 0) return nowhere('it names no port', '', choicesText(node, side))
  const target = { node: nodeId, port: name }
  if (ports === undefined) return { problems: [], target }
  if (Object.hasOwn(ports, name)) return { problems: [], target, ...portOf(ports, name) }
  const choices = choicesText(node, side)
  const other = node[side === 'inputs' ? 'outputs' : 'inputs']
  if (other !== undefined && Object.hasOwn(other, name)) {
    const way =
      side === 'inputs' ? 'is an output, and a wire ends at an input' : 'is an input, and a wire begins at an output'
    return nowhere(`"${name}" of "${nodeId}" ${way}`, '', choices)
  }
  return nowhere(`"${nodeId}" has no ${word} "${shortText(name)}"`, suggester(Object.keys(ports))(name), choices)
}

function portOf(ports: Readonly<Record<string, Port>>, name: string): { port?: Port } {
  const port = ports[name]
  return port === undefined ? {} : { port }
}

function choicesText(node: CheckedNode, side: 'inputs' | 'outputs'): string {
  const names = Object.keys(node[side] ?? {})
  if (names.length === 0) return `Node "${node.entry.id}" has no ${side}.`
  return `The ${side} of "${node.entry.id}" are: ${names.join(', ')}.`
}
