import type { AnyNodeSpec, Port } from '../spec/spec.ts'
import { printType, type Type } from '../types/index.ts'
import { type FieldSchema, fieldSchema } from './fieldschema.ts'
import { portsOf } from './node.ts'

/** A node type as data: what palette, forms and reference are drawn from. */
export interface NodeDescription {
  type: string
  title: string
  category: string
  summary: string
  docs: string
  icon: string
  /** JSON Schema of the config as files hold it; `format` names the field's editor. */
  config: FieldSchema & Record<string, unknown>
  inputs: PortDescription[]
  /** Without the port `error`, which every node has. */
  outputs: PortDescription[]
  /** Whether ports depend on the config; then those of the defaults are given, or of the first example. */
  dynamicPorts: boolean
  /** A source of requests to a hook, whose path stands in the field `path`. */
  serves?: true
  /** Its nodes have alarms. */
  alarms?: true
  examples: { title: string; config: unknown }[]
}

export interface PortDescription {
  name: string
  summary: string
  type: Type | 'any' | `same:${string}`
  typeText: string
  later: boolean
}

/** The ports of one node, as data. */
export interface NodePortsDescription {
  inputs: PortDescription[]
  /** Without the port `error`. */
  outputs: PortDescription[]
}

/** Describes a node type. */
export function describeNode(spec: AnyNodeSpec): NodeDescription {
  const config = sampleConfig(spec)
  return {
    type: spec.type,
    title: spec.title,
    category: spec.category,
    summary: spec.summary,
    docs: spec.docs ?? '',
    icon: spec.icon,
    ...(spec.alarms === undefined ? {} : { alarms: true as const }),
    config: { ...fieldSchema(spec.config) },
    inputs: describePorts(portsOf(spec.inputs, config)),
    outputs: describePorts(portsOf(spec.outputs, config)),
    dynamicPorts: typeof spec.inputs === 'function' || typeof spec.outputs === 'function',
    ...(spec.serves === undefined ? {} : { serves: true }),
    examples: spec.examples.map((example) => ({ title: example.title, config: example.config })),
  }
}

/** A config to show ports by: the defaults where they are enough, else the first example's. */
function sampleConfig(spec: AnyNodeSpec): unknown {
  for (const config of [{}, ...spec.examples.map((example) => example.config)]) {
    const parsed = spec.config.safeParse(config)
    if (parsed.success) return parsed.data
  }
  return undefined
}

/** Ports as data, without `error`. */
export function describePorts(ports: Readonly<Record<string, Port>> | undefined): PortDescription[] {
  return Object.entries(ports ?? {})
    .filter(([name]) => name !== 'error')
    .map(([name, { summary, type, later }]) => ({ name, summary, type, typeText: typeText(type), later }))
}

function typeText(type: PortDescription['type']): string {
  if (typeof type !== 'string') return printType(type)
  return type === 'any' ? 'any' : `same as ${type.slice('same:'.length)}`
}
