import type { LiveFrame, LiveRequest } from '../../../engine/server/protocol.ts'

export type Connection = 'connecting' | 'online' | 'offline'

export interface LiveSocket {
  /** Says what is to be sent from now on; kept over a lost connection. */
  watch(request: Omit<LiveRequest, 'type'>): void
  /** Connects at once instead of waiting for the next try. */
  retry(): void
  close(): void
}

const firstDelay = 500
const longestDelay = 8000

/** The live stream of the engine: connects, connects again when it breaks, and says how it stands. */
export function createSocket(handlers: {
  onFrame(frame: LiveFrame): void
  onConnection(connection: Connection): void
}): LiveSocket {
  let request: LiveRequest = { type: 'watch' }
  let socket: WebSocket | undefined
  let delay = firstDelay
  let timer: number | undefined
  let closed = false

  const connect = () => {
    const url = new URL('api/v1/live', document.baseURI)
    url.protocol = url.protocol.replace('http', 'ws')
    const opened = new WebSocket(url)
    socket = opened
    opened.onopen = () => {
      delay = firstDelay
      handlers.onConnection('online')
      opened.send(JSON.stringify(request))
    }
    opened.onmessage = (event) => {
      handlers.onFrame(JSON.parse(String(event.data))) // frames of our own server; protocol.ts says their shape
    }
    opened.onclose = () => {
      if (closed) return
      handlers.onConnection('offline')
      timer = window.setTimeout(connect, delay)
      delay = Math.min(longestDelay, delay * 1.6)
    }
  }
  const now = () => {
    if (closed || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return
    window.clearTimeout(timer)
    connect()
  }
  window.addEventListener('online', now)
  connect()
  return {
    watch(wanted) {
      request = { type: 'watch', ...wanted }
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request))
    },
    retry: now,
    close() {
      closed = true
      window.clearTimeout(timer)
      window.removeEventListener('online', now)
      socket?.close()
    },
  }
}
