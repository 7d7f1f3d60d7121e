import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { reasonOf, rulewireError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { EngineApi } from './api.ts'
import { type LiveClient, serveClient } from './client.ts'
import type { LiveLimits } from './limits.ts'
import type { LivePass } from './live-pass.ts'
import { takeSnapshot } from './view.ts'

export interface LiveOptions {
  engine: EngineApi
  limits: LiveLimits
  log: Log
}

/** The WebSocket side of the server: takes sockets over and sends frames while anybody watches. */
export interface Live {
  /** Takes an upgrade that was checked, of who has this pass. Throws TOO_MANY_CLIENTS. */
  accept(upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer }, pass: LivePass): void
  /** For tests and statistics. */
  state(): { clients: number; waiting: number; skipped: number }
  /** Says goodbye to all clients. */
  close(): void
  /** Cuts those that did not answer. */
  cut(): void
}

/** Milliseconds between two looks at whether the clients may still be here. */
const passPause = 500

export function startLive({ engine, limits, log }: LiveOptions): Live {
  // Compression would keep a window for each client and give a stranger's bytes a way to grow.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.message, perMessageDeflate: false })
  const clients = new Set<LiveClient>()
  let ticks: NodeJS.Timeout | undefined

  const tick = () => {
    const watching = [...clients].filter((client) => client.watching)
    if (watching.length === 0) return stopTicks()
    try {
      const snapshot = takeSnapshot(engine, Date.now())
      for (const client of watching) client.tick(snapshot)
    } catch (thrown) {
      log('error', `live stream: ${reasonOf(thrown)}`, thrown)
    }
  }
  const stopTicks = () => {
    clearInterval(ticks)
    ticks = undefined
  }
  const startTicks = () => {
    ticks ??= setInterval(tick, limits.interval).unref()
  }
  const pings = setInterval(() => {
    for (const client of clients) client.ping()
  }, limits.ping).unref()
  // A session may also end because time goes on; what somebody else ends is seen at once (C12).
  const checkPasses = () => {
    for (const client of clients) client.checkPass()
  }
  const passes = setInterval(checkPasses, passPause).unref()
  const endPasses = engine.auth.onChange(checkPasses)
  const endChanges = engine.onChange((what) => {
    for (const client of clients) client.changed(what)
  })

  return {
    accept: ({ request, socket, head }, pass) => {
      if (clients.size >= limits.clients) throw rulewireError('TOO_MANY_CLIENTS', { count: clients.size })
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const client = serveClient({
          socket: webSocket,
          engine,
          pass,
          limits,
          log,
          now: () => performance.now(),
          onWatch: startTicks,
        })
        clients.add(client)
        webSocket.once('close', () => clients.delete(client))
      })
    },
    state: () => ({
      clients: clients.size,
      waiting: [...clients].reduce((sum, client) => sum + client.waiting(), 0),
      skipped: [...clients].reduce((sum, client) => sum + client.skipped(), 0),
    }),
    close: () => {
      stopTicks()
      clearInterval(pings)
      clearInterval(passes)
      endPasses()
      endChanges()
      for (const client of clients) client.close(1001, 'the engine is stopping')
      sockets.close()
    },
    cut: () => {
      for (const client of clients) client.cut()
    },
  }
}
