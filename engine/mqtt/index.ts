import type { Links } from './contract.ts'
import { incoming } from './incoming.ts'
import { outgoing } from './outgoing.ts'

/**
 * Broker connections. MQTT.js is the transport for CONNECT, SUBSCRIBE and the keepalive; PUBLISH and its acks are ours:
 *
 *     socket -> frames -> PUBLISH, PUBREL    -> incoming: a batch for each chunk, acked by settle() after the commit
 *                      -> PUBACK, PUBREC,    -> outgoing: the window over the outbox
 *                         PUBCOMP
 *                      -> CONNACK, SUBACK... -> wire -> MQTT.js -> wire -> socket
 *
 * A connection is an `Attempt` with an MqttClient of its own; `Connection` makes one after the other.
 */
export const mqttLinks: Links = { incoming, outgoing }
