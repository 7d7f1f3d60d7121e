import type { Settings } from '../config/index.ts'
import { rulewireError } from '../errors.ts'
import type { MqttOptions } from '../host/options.ts'
import type { Log } from '../log.ts'
import type { SecureListener } from '../mqtt/broker/listeners.ts'
import type { EgressSettings } from '../net/egress.ts'
import { TlsFiles } from '../net/tls-files.ts'
import { isLoopback } from '../server/origin.ts'

/** Certificates of the process. */
export interface OpenedTls {
  readonly web: TlsFiles | undefined
  readonly mqtt: SecureListener | undefined
  /** Looks at all files now. */
  reload(): void
  close(): void
}

/** Opens the certificates that settings name. Throws TLS_FILES, and OPTION_VALUE for a certificate without its key. */
export function openTls({ http, mqtt }: Settings, log: Log): OpenedTls {
  const web = pairOf(http.tls, '--tls-cert', '--tls-key')
  const own = pairOf(mqtt.tls, '--mqtt-tls-cert', '--mqtt-tls-key')
  const { port, clientCa, clientCertificates } = mqtt.tls
  const opened: TlsFiles[] = []
  const open = (files: ConstructorParameters<typeof TlsFiles>[0]['files'], what: string) => {
    const tls = new TlsFiles({ files, what, log })
    opened.push(tls)
    return tls
  }
  const close = () => {
    for (const tls of opened) tls.close()
  }
  try {
    const pair = own ?? web
    if (port !== undefined && pair === undefined) {
      throw missing(
        '--mqtt-tls-port',
        String(port),
        'there is no certificate for it',
        '--mqtt-tls-cert and --mqtt-tls-key',
      )
    }
    if (port === undefined && !mqtt.plain) {
      throw missing('mqtt.plain', 'false', 'there is no port with TLS either', '--mqtt-tls-port')
    }
    return {
      web: web === undefined ? undefined : open(web, 'the editor'),
      mqtt:
        port === undefined || pair === undefined
          ? undefined
          : {
              port,
              files: open({ ...pair, clientCa }, 'the broker'),
              clientCertificates: clientCa === undefined ? 'none' : clientCertificates,
            },
      reload() {
        for (const tls of opened) tls.reload()
      },
      close,
    }
  } catch (thrown) {
    close()
    throw thrown
  }
}

/** How the embedded broker is started. */
export function mqttOptions({ mqtt, http, withoutLogin }: Settings, tls: OpenedTls): MqttOptions {
  const host = mqtt.host ?? http.host
  const { anonymous, port, plain, users, limits } = mqtt
  const alone = isLoopback(host) || withoutLogin
  return {
    host,
    port,
    plain,
    secure: tls.mqtt,
    anonymous: anonymous === 'yes' || (anonymous === 'loopback' && alone),
    users,
    limits,
  }
}

/** Where flows may connect to. While nobody else reaches the editor, flows may call what else runs on this machine. */
export function egressOf({ egress }: Settings, exposed: boolean): EgressSettings {
  return { ...egress, localWritten: !exposed }
}

function pairOf(
  { cert, key }: { cert?: string | undefined; key?: string | undefined },
  certOption: string,
  keyOption: string,
): { cert: string; key: string } | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key }
  if (cert !== undefined) throw missing(certOption, cert, 'there is no key for it', keyOption)
  if (key !== undefined) throw missing(keyOption, key, 'there is no certificate for it', certOption)
  return undefined
}

function missing(option: string, found: string, detail: string, other: string) {
  return rulewireError('OPTION_VALUE', { option, found, detail, wanted: `Give ${other} too.` })
}
