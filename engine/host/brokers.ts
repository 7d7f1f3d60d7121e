import { rulewireError } from '../errors.ts'
import { secretVariable } from '../flow/index.ts'
import type { Log } from '../log.ts'
import { type EmbeddedBroker, startBroker } from '../mqtt/broker/broker.ts'
import type { ConnectionConfig } from '../mqtt/contract.ts'
import { createDialer } from '../net/dialer.ts'
import { brokerEgress } from '../net/egress.ts'
import type { Clock } from '../run/ports.ts'
import type { EngineDescription } from '../server/protocol.ts'
import { defaultConnection } from '../spec/connection.ts'
import type { SecretReference } from '../spec/fields.ts'
import { createBrokerStore } from '../store/broker.ts'
import type { EngineStore } from '../store/index.ts'
import type { BrokerUserDesk } from './broker-users.ts'
import type { ConnectionOptions, EngineOptions } from './options.ts'

/** Starts the engine's own broker. Throws PORT_TAKEN or BIND_FAILED. */
export async function startEmbedded(
  options: EngineOptions,
  store: EngineStore,
  clock: Clock,
  log: Log,
  users: BrokerUserDesk,
): Promise<EmbeddedBroker> {
  const { host = '127.0.0.1', port = 1883, plain = true, secure, limits } = options.mqtt ?? {}
  const brokerStore = createBrokerStore(store.database, {
    onFault: (error) => log('error', `the embedded broker: ${error.message}`),
    onHealed: () => log('info', 'the embedded broker can write again'),
  })
  const broker = await startBroker({
    host,
    port: plain ? port : undefined,
    secure,
    users,
    limits: limits ?? {},
    store: brokerStore,
    now: () => clock.now(),
    log,
  })
  // Before our own subscriptions nobody would want what comes; when they are there, Connections lets it in.
  broker.hold('start', true)
  users.broker = broker
  return broker
}

/** Where the engine's own broker is, for people. */
export function placeOfBroker(
  { mqtt }: EngineOptions,
  { port, securePort }: EmbeddedBroker,
): NonNullable<EngineDescription['mqtt']> {
  return { host: mqtt?.host ?? '127.0.0.1', port, ...(securePort === 0 ? {} : { tlsPort: securePort }) }
}

/**
 * The connections as the links take them. The broker's session is found again by the client id, so it is made of the id of the
 * data directory.
 */
export function connectionConfigs(
  options: EngineOptions,
  store: EngineStore,
  broker: EmbeddedBroker | undefined,
  secret: (name: string) => string | undefined,
): ConnectionConfig[] {
  const clientId = `rulewire-${store.meta('id') ?? ''}`
  const first: ConnectionConfig =
    broker === undefined
      ? { name: defaultConnection, url: options.broker ?? '', clientId, ...opened(options.brokerAccess ?? {}, secret) }
      : { name: defaultConnection, url: 'embedded', connect: () => broker.connect(), clientId, protocolVersion: 4 }
  // Their URLs come from whoever started the engine, never from flows or messages.
  const dialer = createDialer(brokerEgress)
  return [
    { ...first, dialer },
    ...(options.connections ?? []).map(({ name, url, ...access }) => ({
      name,
      url,
      clientId: `${clientId}-${name}`,
      ...opened(access, secret),
      dialer,
    })),
  ]
}

/** User and password are read at each connection, so a secret that changes needs no restart, and one that is missing no start. */
function opened(
  { username, password, ...rest }: ConnectionOptions,
  secret: (name: string) => string | undefined,
): Omit<ConnectionConfig, 'name' | 'url' | 'clientId'> {
  const read = (given: string | SecretReference | undefined) => {
    if (given === undefined || typeof given === 'string') return given
    const value = secret(given.$secret)
    if (value !== undefined) return value
    throw rulewireError('SECRET_UNKNOWN', { name: given.$secret, variable: secretVariable(given.$secret) })
  }
  if (username === undefined && password === undefined) return rest
  return { ...rest, login: () => ({ username: read(username), password: read(password) }) }
}
