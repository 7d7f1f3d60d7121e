import type { TryRequest } from '../../engine/server/protocol-tools.ts'

/** What the engine needs to know of a node to try something on it. */
export interface TriedNode {
  id: string
  config?: Readonly<Record<string, unknown>> | undefined
  /** It has no inputs. */
  source: boolean
  /** Its messages are requests to a hook. */
  serves: boolean
}

/** What is sent to a node: a message to its input, a packet for a source of MQTT, a request for a hook. */
export function triedParts(node: TriedNode, message: Readonly<Record<string, unknown>>): Partial<TryRequest> {
  const { topic, payload = null } = message
  if (node.serves) return { request: requestOf(node, message) }
  if (node.source) return { packet: { topic: typeof topic === 'string' ? topic : 'test', payload } }
  return { message: { ...message } }
}

/** Something to begin with, where no message was seen. */
export function firstMessage({ serves, config }: TriedNode): Record<string, unknown> {
  return { topic: serves ? pathOf(config) : 'test', payload: {} }
}

function requestOf({ config }: TriedNode, { topic, payload, http }: Readonly<Record<string, unknown>>) {
  const given = typeof http === 'object' && http !== null ? http : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const texts = (value: unknown) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value).filter((pair): pair is [string, string] => text(pair[1]) !== undefined),
        )
      : undefined
  return {
    method: text(Reflect.get(given, 'method')) ?? text(config?.method) ?? 'POST',
    path: text(topic) ?? pathOf(config),
    query: texts(Reflect.get(given, 'query')),
    headers: texts(Reflect.get(given, 'headers')),
    body: payload,
  }
}

/** A path that the hook takes: each parameter stands for itself. */
function pathOf(config: TriedNode['config']): string {
  return typeof config?.path === 'string' ? config.path.replace(/\{(\w+)\}/g, '$1') : 'test'
}
