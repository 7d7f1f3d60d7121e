import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { pipeline } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'

/** A server that carries MQTT over WebSockets to a broker on TCP: the mosquitto of Debian cannot listen for them here. */
export interface WebSocketBridge {
  /** `ws://127.0.0.1:<port>` or, with a certificate, `wss://localhost:<port>`. */
  readonly url: string
  stop(): Promise<void>
}

/** @param tls PEM texts; plain HTTP without them. @param path the only path that is answered. */
export async function startWebSocketBridge(
  brokerPort: number,
  options: { tls?: { cert: string; key: string }; path?: string } = {},
): Promise<WebSocketBridge> {
  const server = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls)
  const sockets = new WebSocketServer({ server, path: options.path ?? '/mqtt', handleProtocols: () => 'mqtt' })
  sockets.on('connection', (socket) => {
    const far = createWebSocketStream(socket)
    const broker = connect(brokerPort, '127.0.0.1')
    const ended = () => {
      far.destroy()
      broker.destroy()
    }
    pipeline(far, broker, ended)
    pipeline(broker, far, ended)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    url: options.tls === undefined ? `ws://127.0.0.1:${port}` : `wss://localhost:${port}`,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        sockets.close()
        server.close(() => resolve())
      }),
  }
}
