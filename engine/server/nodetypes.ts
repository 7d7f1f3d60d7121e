import { fieldSchema } from '../flow/fieldschema.ts'
import type { AnyNodeSpec, Port } from '../spec/spec.ts'
import { printType } from '../types/index.ts'
import type { NodeTypeDescription, PortDescription } from './protocol.ts'

/** A node type as data: what palette, forms and reference are drawn from. */
export function describeNodeType(spec: AnyNodeSpec): NodeTypeDescription {
  const defaults = spec.config.safeParse({})
  const portsOf = (ports: unknown): PortDescription[] => {
    const made = typeof ports === 'function' ? (defaults.success ? ports(defaults.data) : {}) : ports
    return Object.entries(made as Readonly<Record<string, Port>>).map(([name, port]) => ({
      // a spec of any config type says no more
      name,
      summary: port.summary,
      type: port.type,
      typeText: typeof port.type === 'string' ? port.type : printType(port.type),
      later: port.later,
    }))
  }
  return {
    type: spec.type,
    title: spec.title,
    category: spec.category,
    summary: spec.summary,
    docs: spec.docs ?? '',
    icon: spec.icon,
    config: { ...fieldSchema(spec.config) },
    inputs: portsOf(spec.inputs),
    outputs: portsOf(spec.outputs),
    dynamicPorts: typeof spec.inputs === 'function' || typeof spec.outputs === 'function',
    examples: spec.examples.map(({ title, config }) => ({ title, config })),
  }
}
