import { connect as connectTcp, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import type { Address } from './address.ts'
import type { ConnectionConfig } from './contract.ts'
import type { TlsOptions } from './tls.ts'

/** Milliseconds of silence after which the system asks the other side whether it is still there. */
const probeAfter = 60_000

/**
 * Opens the byte stream to a broker. What goes wrong comes as its `error` event; bytes written before it is open wait.
 * Throws EGRESS_DENIED when the host is an address that may not be connected to.
 *
 * @param tls certificates for a transport with TLS
 */
export function dial(address: Address, config: ConnectionConfig, tls: TlsOptions): Duplex {
  const { host, port } = address
  const lookup = address.transport === 'stream' ? undefined : config.dialer?.lookup({ host, port, written: true })
  const checked = lookup === undefined ? {} : { lookup }
  switch (address.transport) {
    case 'stream':
      if (config.connect === undefined) throw new TypeError('The address of a stream needs config.connect')
      return config.connect()
    case 'tcp':
      // Without noDelay Nagle's algorithm holds acks back for up to 40 ms.
      return connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfter, ...checked })
    case 'tls': {
      const socket = connectTls({ host, port, ...tls, ...(isIP(host) === 0 && { servername: host }), ...checked })
      socket.setNoDelay(true)
      socket.setKeepAlive(true, probeAfter)
      return socket
    }
    default: {
      const url = `${address.transport}://${address.place}${address.path}`
      return createWebSocketStream(new WebSocket(url, ['mqtt'], { ...tls, ...checked, perMessageDeflate: false }))
    }
  }
}
