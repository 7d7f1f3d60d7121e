import type { Duplex } from 'node:stream'
import { MqttClient } from 'mqtt'
import type { Address } from './address.ts'
import type { ConnectionConfig } from './contract.ts'

/** Bytes of the largest packet that is taken unless the config says otherwise. */
export const defaultPacketLimit = 16 * 1024 * 1024

/** The other defaults of {@link ConnectionConfig}. */
const keepaliveSeconds = 30
const sessionSeconds = 7 * 24 * 3600
const receiveMaximum = 65_535
const connectDeadline = 15_000

export interface ClientEvents {
  /** It is about to write a PINGREQ. */
  pinged(): void
  /** It can subscribe. */
  ready(): void
  /** It has given the connection up, for this reason. */
  failed(reason: string): void
}

export interface ClientOptions {
  readonly config: ConnectionConfig
  readonly address: Address
  readonly clientId: string
  readonly version: 4 | 5
}

/**
 * An MqttClient for one connection over a stream of ours; its `connect` begins. It is used for what MQTT.js does well (CONNECT,
 * SUBSCRIBE, the keepalive) and kept from what it does too early or one by one: acks, stores, repeats, resubscribing.
 * test/mqtt/mqttjs.test.ts pins what we rely on.
 */
export function startClient(stream: Duplex, options: ClientOptions, events: ClientEvents): MqttClient {
  const { config, address, clientId, version } = options
  const keepalive = config.keepalive ?? keepaliveSeconds
  const connectTimeout = config.connectTimeout ?? connectDeadline
  const transient = config.transient === true
  const client = new MqttClient(() => stream, {
    manualConnect: true,
    clientId,
    protocolVersion: version,
    clean: transient,
    keepalive,
    connectTimeout,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // Its cache is 65,536 buffers for packet ids, and its packets are few.
    writeCache: false,
    timerVariant: 'native',
    log: () => undefined,
    properties: {
      sessionExpiryInterval: transient ? 0 : (config.sessionExpiry ?? sessionSeconds),
      receiveMaximum: config.receiveMaximum ?? receiveMaximum,
      maximumPacketSize: config.maximumPacketSize ?? defaultPacketLimit,
    },
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
  })
  client.on('packetsend', (packet) => {
    if (packet.cmd === 'pingreq') events.pinged()
  })
  client.on('connect', () => events.ready())
  client.on('error', (error) => events.failed(clientFault(error, address, { keepalive, connectTimeout })))
  return client
}

function clientFault(error: Error, address: Address, times: { keepalive: number; connectTimeout: number }): string {
  if (error.message === 'Keepalive timeout') {
    return `The broker ${address.place} gave no sign of life for ${times.keepalive} seconds.`
  }
  if (error.message === 'connack timeout') {
    return `${address.place} did not let us in within ${times.connectTimeout / 1000} seconds.`
  }
  return `The connection to ${address.place} was cut by us: what the broker sent cannot be read (${error.message}).`
}
