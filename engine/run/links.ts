import type { NodeRuntime, OutputPort, Target } from './node-runtime.ts'

/** The port that a node with a link has beside its own; no wire of a flow leaves it. */
export const linkPort = ':link'

/** The handler that takes what comes over a link. */
const linkedPort = ':linked'

/** Joins links over all flows: to be called whenever nodes have come or gone, between two messages. */
export function connectLinks(nodes: Iterable<NodeRuntime>): void {
  const all = [...nodes]
  const receivers = new Map<string, Target[]>()
  for (const { spec, config, inputs } of all) {
    const target = inputs.get(linkedPort)
    if (spec.receives === undefined || target === undefined) continue
    const name = spec.receives(config)
    const known = receivers.get(name)
    if (known === undefined) receivers.set(name, [target])
    else known.push(target)
  }
  for (const { spec, config, outputs } of all) {
    const port = outputs.get(linkPort)
    if (spec.links !== undefined && port !== undefined) port.targets = receivers.get(spec.links(config)) ?? []
  }
}

/** How many nodes a message at this port reaches. Who watches the port does not count. */
export function linkTargets({ targets }: OutputPort): number {
  return targets.filter(({ port }) => port === linkedPort).length
}
