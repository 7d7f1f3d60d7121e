import type { BrokerDescription } from '../server/protocol.ts'
import type { HealthCode, HealthReason } from '../server/protocol-operations.ts'

/** A stall of the event loop that counts as a fault, milliseconds. */
const longestStall = 5_000

/** The reason of a sentence, if there is one. */
export function reasonIf(code: HealthCode, text: string | undefined): HealthReason[] {
  return text === undefined ? [] : [{ code, text }]
}

/** What brokers that are away have to say. */
export function brokerReasons(brokers: readonly BrokerDescription[]): HealthReason[] {
  return brokers.flatMap(({ name, incoming, outgoing }) => {
    const away = [incoming, outgoing].find((side) => side.status !== 'connected')
    if (away === undefined) return []
    const detail = away.detail === undefined ? '' : `: ${away.detail}`
    const code = away.status === 'refused' ? 'BROKER_REFUSED' : 'BROKER_AWAY'
    return reasonIf(code, `The broker ${name} is ${away.status}${detail}`)
  })
}

/** @param longest the longest stall of late, milliseconds */
export function stallReasons(longest: number): HealthReason[] {
  if (longest < longestStall) return []
  return reasonIf('EVENT_LOOP_STALLED', `The event loop stood still for ${(longest / 1000).toFixed(1)} s just now.`)
}
