import type { Links } from './contract.ts'
import { incoming } from './incoming.ts'
import { outgoing } from './outgoing.ts'

/** Broker connections over MQTT.js and mqtt-packet. */
export const mqttLinks: Links = { incoming, outgoing }
