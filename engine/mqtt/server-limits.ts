import type { Session } from './connection.ts'
import { largestPacket } from './encode.ts'

/** What the server of a connection takes. */
export interface ServerLimits {
  readonly sessionPresent: boolean
  /** QoS 1 and 2 messages that may be without an answer. */
  readonly window: number
  /** QoS 2 messages among them. */
  readonly qosTwoWindow: number
  readonly maximumQos: number
  readonly retainAvailable: boolean
  /** Bytes. */
  readonly packetSize: number
}

/** Messages in flight at most, whatever the server allows. */
const largestWindow = 512
/**
 * QoS 2 messages in flight to a server that cannot say how many it takes, that is with MQTT 3.1.1: mosquitto 2.0 takes
 * 20 unless configured otherwise, and of more it says PUBREC and PUBCOMP and forgets the message.
 */
const silentQosTwo = 16

/** Reads the limits of a session; what the server does not say has the default of MQTT. */
export function serverLimits({ version, sessionPresent, properties }: Session): ServerLimits {
  return {
    sessionPresent,
    window: Math.max(1, Math.min(largestWindow, properties.receiveMaximum ?? largestWindow)),
    qosTwoWindow: version === 5 ? largestWindow : silentQosTwo,
    maximumQos: properties.maximumQoS ?? 2,
    retainAvailable: properties.retainAvailable ?? true,
    packetSize: Math.min(largestPacket, properties.maximumPacketSize ?? largestPacket),
  }
}

/** Why the server does not take a message of that kind, or undefined. */
export function forbidden(
  row: { readonly qos: 0 | 1 | 2; readonly retain: boolean },
  limits: ServerLimits,
): string | undefined {
  if (row.qos > limits.maximumQos) return `QoS ${row.qos} is not supported, it takes QoS ${limits.maximumQos} at most`
  if (row.retain && !limits.retainAvailable) return 'retained messages are not supported'
  return undefined
}
