import type { NodePortsDescription } from '../../engine/flow/describe.ts'
import type { NodeTypeDescription, PortDescription } from '../../engine/server/protocol.ts'
import { ANY, type Fit, fits, type Member, membersOf, printType, type Type } from '../../engine/types/index.ts'
import { type End, type FlowDocument, parseEnd, printEnd, type WireEntry } from './document.ts'

/** A port of a node on the canvas. */
export interface NodePort {
  readonly name: string
  readonly summary: string
  /** As declared; `same:in` is what comes in there. */
  readonly type: PortDescription['type']
}

export interface NodePorts {
  readonly inputs: readonly NodePort[]
  /** Without the port `error`. */
  readonly outputs: readonly NodePort[]
}

/** What the engine found out about a draft: types of messages by `node.port`, and ports of nodes whose ports depend on the config. */
export interface Findings {
  readonly types: Readonly<Record<string, Type>>
  readonly ports: Readonly<Record<string, NodePortsDescription>>
}

export type Specs = ReadonlyMap<string, NodeTypeDescription>

/** Colours and shapes of ports. */
export type PortKind = 'any' | 'number' | 'string' | 'boolean' | 'object' | 'time'

/**
 * The ports of every node. Where they depend on the config, they are those that the engine's check told last; ports that
 * wires name are always there, so that a wire never hangs in the air. A node of an unknown type has what its wires say.
 */
export function allPorts(document: FlowDocument, specs: Specs, found: Findings): Map<string, NodePorts> {
  const building = new Map(
    document.nodes.map(({ id, type }) => {
      const spec = specs.get(type)
      const own = spec?.dynamicPorts === true ? (found.ports[id] ?? spec) : spec
      return [id, { inputs: named(own?.inputs), outputs: named(own?.outputs) }]
    }),
  )
  for (const wire of document.wires) {
    const [from, to] = [parseEnd(wire.from), parseEnd(wire.to)]
    ensurePort(building.get(to.node)?.inputs, to.port)
    if (from.port !== 'error') ensurePort(building.get(from.node)?.outputs, from.port)
  }
  return building
}

function named(list: readonly PortDescription[] | undefined): NodePort[] {
  return (list ?? []).filter((port) => port.name !== 'error')
}

function ensurePort(ports: NodePort[] | undefined, name: string): void {
  if (ports?.every((port) => port.name !== name)) ports.push(unknownPort(name))
}

/** The type of the messages that leave a port, as far as anybody knows. */
export function outputType(end: End, ports: NodePorts | undefined, found: Findings): Type {
  const inferred = found.types[printEnd(end)]
  if (inferred !== undefined) return inferred
  const declared = ports?.outputs.find((port) => port.name === end.port)?.type
  return typeof declared === 'object' ? declared : ANY
}

/** The type that an input port takes. */
export function inputType(port: NodePort | PortDescription | undefined): Type {
  return typeof port?.type === 'object' ? port.type : ANY
}

/** The kind that a port is drawn as: that of its payload, where its messages have one. */
export function kindOf(type: Type | PortDescription['type'] | undefined): PortKind {
  if (type === undefined || typeof type === 'string') return 'any'
  const payload = type.kind === 'object' ? (type.fields.payload ?? type) : type
  const kinds = new Set(membersOf(payload).filter(isValue).map(memberKind))
  const [only] = kinds
  return kinds.size === 1 && only !== undefined ? only : 'any'
}

/** One line for people: the payload's type where the message has one, else the whole type. */
export function typeText(type: Type, limits = { depth: 3, fields: 8, values: 4 }): string {
  const payload = type.kind === 'object' ? type.fields.payload : undefined
  return printType(payload ?? type, limits)
}

/** Whether messages of one type may go into a port of another. */
export function fitOf(from: Type, to: Type): Fit {
  return fits(from, to)
}

/** Why a new wire cannot be, or undefined when it can. */
export type WireFault =
  | { fault: 'same'; wire: WireEntry }
  | { fault: 'self'; wire: WireEntry }
  | { fault: 'type'; wire: WireEntry; from: Type; to: Type; fit: Fit }

/** Looks at a wire before it is drawn. */
export function wireFault(
  wire: WireEntry,
  context: { document: FlowDocument; ports: (node: string) => NodePorts | undefined; found: Findings },
): WireFault | undefined {
  const [from, to] = [parseEnd(wire.from), parseEnd(wire.to)]
  if (from.node === to.node) return { fault: 'self', wire }
  if (context.document.wires.some((other) => other.from === wire.from && other.to === wire.to))
    return { fault: 'same', wire }
  const source = outputType(from, context.ports(from.node), context.found)
  const target = inputType(context.ports(to.node)?.inputs.find((port) => port.name === to.port))
  const result = fitOf(source, target)
  return result.verdict === 'no' ? { fault: 'type', wire, from: source, to: target, fit: result } : undefined
}

/** Node types that can take messages of a type, with the port to wire; the surest and most usual first. */
export function typesThatTake(type: Type, specs: Specs): { spec: NodeTypeDescription; port: PortDescription }[] {
  return [...specs.values()].flatMap((spec) => {
    const port = spec.inputs.find((input) => fitOf(type, inputType(input)).verdict !== 'no')
    return port === undefined ? [] : [{ spec, port }]
  })
}

/** Node types whose messages can go into an input, with the port to wire. */
export function typesThatGive(type: Type, specs: Specs): { spec: NodeTypeDescription; port: PortDescription }[] {
  return [...specs.values()].flatMap((spec) => {
    const port = spec.outputs.find(
      (output) => output.name !== 'error' && fitOf(inputType(output), type).verdict !== 'no',
    )
    return port === undefined ? [] : [{ spec, port }]
  })
}

/** A node type that can stand between two ports that do not fit: it takes the one, and what it gives follows from its config. */
export function converterFor(from: Type, to: Type, specs: Specs): NodeTypeDescription | undefined {
  const candidates = typesThatTake(from, specs).filter(({ spec }) => {
    const [output, ...more] = spec.outputs.filter((port) => port.name !== 'error')
    const free = output !== undefined && !output.later && more.length === 0 && !String(output.type).startsWith('same:')
    return free && fitOf(inputType(output), to).verdict !== 'no' && hasExpression(spec)
  })
  return (candidates.find(({ spec }) => spec.category === 'rules') ?? candidates[0])?.spec
}

function hasExpression(spec: NodeTypeDescription): boolean {
  return JSON.stringify(spec.config).includes('"format":"jsonata"')
}

function unknownPort(name: string): NodePort {
  return { name, summary: '', type: 'any' }
}

function isValue(member: Member): boolean {
  return member.kind !== 'missing' && member.kind !== 'null'
}

function memberKind(member: Member): PortKind {
  if (member.kind === 'number') return member.format === 'time' ? 'time' : 'number'
  if (member.kind === 'string' || member.kind === 'boolean' || member.kind === 'object') return member.kind
  return member.kind === 'array' ? 'object' : 'any'
}
