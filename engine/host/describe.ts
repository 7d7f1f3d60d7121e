import type { EmbeddedBroker } from '../mqtt/broker/broker.ts'
import type { OperationsApi } from '../server/api-operations.ts'
import type { EngineDescription } from '../server/protocol.ts'
import type { EngineStore } from '../store/index.ts'
import { placeOfBroker } from './brokers.ts'
import type { EngineOptions } from './options.ts'

export interface Described {
  options: EngineOptions & { durability: 'full' | 'normal' }
  broker: EmbeddedBroker | undefined
  /** UTC milliseconds. */
  started: number
  statistics: { readonly rate: number }
  connections: { readonly received: number }
  store: Pick<EngineStore, 'deadLetters'>
  health: ReturnType<OperationsApi['health']>
}

/** An engine in a few lines. */
export function describeEngine({ options, broker, started, health, ...parts }: Described): EngineDescription {
  const why = [...health.reasons, ...health.notices].map(({ text }) => text)
  return {
    version: options.version,
    started,
    flowsDirectory: options.flows,
    dataDirectory: options.data,
    ...(broker === undefined ? {} : { mqtt: placeOfBroker(options, broker) }),
    durability: options.durability,
    rate: parts.statistics.rate,
    received: parts.connections.received,
    deadLetters: parts.store.deadLetters.count(),
    healthy: why.length === 0,
    reasons: why,
  }
}
