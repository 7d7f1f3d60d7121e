import { type IConnackPacket, parser } from 'mqtt-packet'
import { reasonOf } from '../errors.ts'
import { ProtocolFault } from './faults.ts'

/** What the server allows, from its CONNACK; everything is missing with MQTT 3.1.1. */
export type ServerProperties = NonNullable<IConnackPacket['properties']>

/** The properties of a CONNACK of MQTT 5. Throws ProtocolFault. */
export function readProperties(packet: Buffer): ServerProperties {
  let found: ServerProperties | undefined
  let fault = 'it is cut short'
  const decoder = parser({ protocolVersion: 5 })
  decoder.on('packet', (connack) => {
    if (connack.cmd === 'connack') found = connack.properties ?? {}
  })
  decoder.on('error', (error) => {
    fault = reasonOf(error)
  })
  decoder.parse(packet)
  if (found === undefined) throw new ProtocolFault(`a CONNACK came that cannot be read (${fault})`)
  return found
}
