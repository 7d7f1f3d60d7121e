import type { Settings } from '../config/index.ts'
import { rulewireError } from '../errors.ts'
import { isLoopback } from '../server/origin.ts'
import type { ServerOptions } from '../server/server.ts'

/**
 * What others can reach must be safe, or the operator says in words that it need not be (C2). Throws INSECURE_HTTP for editor and
 * API without TLS, and INSECURE_MQTT for a broker without.
 */
export function checkExposure(settings: Settings): void {
  const { http, mqtt, withoutLogin, connections } = settings
  if (withoutLogin) return
  if (!isLoopback(http.host) && http.tls.cert === undefined && !http.behindProxy && !http.insecure)
    throw rulewireError('INSECURE_HTTP', { host: http.host })
  const mqttHost = mqtt.host ?? http.host
  const embedded = connections.default?.url === undefined
  if (embedded && mqtt.plain && !mqtt.insecure && !isLoopback(mqttHost))
    throw rulewireError('INSECURE_MQTT', { host: mqttHost })
}

/** How the server is reached: who stands in front, and whether a login is needed. */
export function entranceSettings({
  http,
  withoutLogin,
}: Settings): Pick<ServerOptions, 'secure' | 'behindProxy' | 'withoutLogin'> {
  const secure = http.tls.cert !== undefined || (http.behindProxy && !http.insecure)
  return { secure, behindProxy: http.behindProxy, withoutLogin }
}
