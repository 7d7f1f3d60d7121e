import type { HistoryMessages } from '../server/protocol.ts'
import type { Packet } from '../spec/message.ts'
import { type HistoryQuery, historyParts } from '../store/history-parts.ts'
import type { EngineStore } from '../store/index.ts'
import { bytesText } from './shown.ts'

/** Bytes of a payload that are shown. */
const shownBytes = 4096
/** Parts that one request looks through at most; each may hold some thousand messages. */
const mostParts = 2000

export interface NewestQuery extends HistoryQuery {
  limit: number
}

/**
 * The newest messages that a query wants, oldest first. It looks back part by part and gives way between them, so that the flows
 * go on meanwhile.
 *
 * @param soon calls back once what is waiting to be done now has been done
 */
export async function newestMessages(
  database: EngineStore['database'],
  { limit, ...query }: NewestQuery,
  soon: (then: () => void) => void,
): Promise<HistoryMessages> {
  const parts = historyParts(database, query).sort((one, other) => other.last - one.last)
  let found: Packet[] = []
  let searched = 0
  for (const part of parts) {
    const oldest = found[0]
    if (found.length >= limit && oldest !== undefined && part.last < oldest.received) break
    if (searched === mostParts) break
    searched++
    const packets = part.load()
    if (packets.length > 0) {
      found = [...packets, ...found].sort((one, other) => one.received - other.received)
      found = found.slice(-limit)
    }
    await new Promise<void>((resolve) => soon(resolve))
  }
  const { from = 0 } = query
  const next = parts[searched]
  const first = found[0]?.received
  return {
    items: found.map(({ connection, topic, payload, received: time, qos, retain }) => {
      const text = bytesText(payload.subarray(0, shownBytes), payload.length)
      return { connection, topic, time, qos, retain, text, size: payload.length }
    }),
    more: next !== undefined || found.length === limit,
    from: found.length >= limit && first !== undefined ? first : next === undefined ? from : next.last + 1,
  }
}
