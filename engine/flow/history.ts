import { z } from 'zod'
import { type Problem, problem } from '../errors.ts'
import { defaultConnection } from '../spec/connection.ts'
import { type HistorySettings, historyFields } from '../spec/history.ts'
import { compileFilter } from '../spec/topics.ts'
import type { CheckContext, FlowDocument, PlannedNode } from './model.ts'
import { listed, shortText, suggester } from './words.ts'

/** What a flow records at one connection. */
export interface PlannedHistory extends HistorySettings {
  /** Undefined: the default one. */
  readonly connection: string | undefined
}

/** The field `history` of a flow. */
export const historySchema = z.strictObject({
  ...historyFields,
  filters: historyFields.filters.optional().meta({
    title: 'Topic filters',
    description: 'What is recorded; what the mqtt-in nodes of the flow subscribe to, unless said.',
    examples: [['plant/+/temperature']],
  }),
  connection: z.string().min(1).optional().meta({
    title: 'Connection',
    description: 'The connection of the filters; the default one unless said.',
    format: 'broker',
  }),
})

/** A connection that is not there. */
export function historyProblems(history: unknown, { connections }: CheckContext): Problem[] {
  const read = historySchema.safeParse(history)
  const name = read.data?.connection
  if (name === undefined || connections === undefined || connections.includes(name)) return []
  const values = { name: shortText(name), suggestion: suggester(connections)(name), names: listed(connections) }
  return [problem('BROKER_UNKNOWN', values, { at: 'history.connection' })]
}

/**
 * What a flow whose check found no error records: its own filters, or those of its nodes, each at the node's connection. Without
 * filters, `connection` names the one whose nodes are meant.
 */
export function planHistory({ history }: FlowDocument, nodes: readonly PlannedNode[]): PlannedHistory[] {
  const settings = history === undefined ? undefined : historySchema.safeParse(history).data
  if (settings === undefined) return []
  const { filters, connection, ...limits } = settings
  if (filters !== undefined) {
    return [{ ...limits, connection, filters: filters.map((text) => compileFilter(text).filter) }]
  }
  const found = new Map<string | undefined, Set<string>>()
  for (const { spec, config } of nodes) {
    for (const { broker, filter } of spec.subscribes?.(config) ?? []) {
      if (connection !== undefined && (broker ?? defaultConnection) !== connection) continue
      found.set(broker, (found.get(broker) ?? new Set()).add(filter))
    }
  }
  return [...found].map(([broker, wanted]) => ({ ...limits, connection: broker, filters: [...wanted] }))
}
