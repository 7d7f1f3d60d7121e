import type { Settings } from '../config/index.ts'
import type { ConnectionOptions, EngineOptions } from '../host/options.ts'
import type { ConnectionConfig } from '../mqtt/contract.ts'
import { readText } from './files.ts'

type Connection = Settings['connections'][string]
type TlsSettings = Settings['brokerTls']

/** The options of the engine that come from settings as they are. Reads the PEM files. Throws FILE_UNREADABLE. */
export function engineSettings(
  settings: Settings,
): Pick<
  EngineOptions,
  | 'flows'
  | 'data'
  | 'telemetry'
  | 'broker'
  | 'brokerAccess'
  | 'connections'
  | 'history'
  | 'disk'
  | 'limits'
  | 'auth'
  | 'durability'
> {
  const { connections, brokerTls, flows, data, durability, limits, disk, telemetry } = settings
  const common = certificates(brokerTls)
  const { default: first, ...others } = connections
  return {
    flows,
    data,
    durability,
    limits,
    telemetry: telemetry.url === undefined ? undefined : { ...telemetry, url: telemetry.url },
    auth: { limits: settings.http.sessions },
    disk,
    history: Object.fromEntries(Object.entries(connections).map(([name, { history }]) => [name, history])),
    broker: first?.url,
    brokerAccess: accessOf(first, common),
    connections: Object.entries(others).map(([name, one]) => ({ name, url: one.url ?? '', ...accessOf(one, common) })),
  }
}

/** How to get into a broker, beside its URL. */
function accessOf(connection: Connection | undefined, common: ConnectionConfig['tls']): ConnectionOptions {
  const tls = (connection === undefined ? undefined : certificates(connection)) ?? common
  const certified = tls === undefined ? {} : { tls }
  if (connection === undefined) return certified
  const { username, password, protocol, keepalive, sessionExpiry } = connection
  return {
    ...certified,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    protocolVersion: protocol === '5' ? 5 : 4,
    keepalive: Math.round(keepalive / 1000),
    sessionExpiry: Math.round(sessionExpiry / 1000),
  }
}

/** The PEM files, which are read at each connection, or nothing when none is named. Throws FILE_UNREADABLE for one that is not there. */
function certificates({ ca, cert, key, insecure }: TlsSettings): ConnectionConfig['tls'] {
  for (const file of [ca, cert, key]) if (file !== undefined) readText(file)
  const verified = insecure ? { rejectUnauthorized: false } : {}
  if (ca === undefined && cert === undefined && key === undefined) return insecure ? verified : undefined
  return { files: { ca, cert, key }, ...verified }
}
