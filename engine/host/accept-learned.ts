import { rulewireError } from '../errors.ts'
import type { DeployAnswer } from '../server/protocol.ts'
import { defaultConnection } from '../spec/connection.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import type { Flows, PutAbout } from './flows.ts'
import type { Learning } from './learning.ts'

export interface AcceptTools {
  flows: Flows
  learning: Learning
  specs: ReadonlyMap<string, AnyNodeSpec>
}

/** Writes what was learned of the topics of a source into its config as `schema`, and deploys the flow. Throws NOT_FOUND. */
export function acceptLearned(
  { flows, learning, specs }: AcceptTools,
  flow: string,
  id: string,
  about?: PutAbout,
): Promise<DeployAnswer> {
  const { document, hash } = flows.get(flow)
  const node = document.nodes.find((one) => one.id === id)
  const spec = node === undefined ? undefined : specs.get(node.type)
  const parsed = spec?.config.safeParse(node?.config)
  const [subscription] = parsed?.success ? (spec?.subscribes?.(parsed.data) ?? []) : []
  if (node === undefined || subscription === undefined) {
    throw rulewireError('NOT_FOUND', {
      what: 'source',
      name: `${flow}/${id}`,
      suggestion: '',
      list: `/api/v1/flows/${flow}`,
    })
  }
  const { schema } = learning.get(subscription.broker ?? defaultConnection, subscription.filter)
  const nodes = document.nodes.map((one) => (one === node ? { ...one, config: { ...one.config, schema } } : one))
  return flows.put(flow, { ...document, nodes }, hash, about)
}
