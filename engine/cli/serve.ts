import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../config/index.ts'
import type { Log } from '../log.ts'
import type { TlsFiles } from '../net/tls-files.ts'
import type { EngineApi } from '../server/api.ts'
import { type RunningServer, startServer } from '../server/server.ts'
import { entranceSettings } from './exposure.ts'
import { greet } from './greeting.ts'
import { packageDirectory } from './home.ts'
import { createNotifier } from './notify.ts'
import { exitCodes, type Terminal } from './terminal.ts'
import { trimMemorySoon } from './trim-memory.ts'

/** Milliseconds for requests and engine to finish after the first signal. */
const drainLimit = 5_000

export interface Started {
  engine: EngineApi
  settings: Settings
  /** Certificate of editor and API. */
  tls?: TlsFiles | undefined
  terminal: Terminal
  log: Log
  /** Example files that were just made. */
  examples: readonly string[]
  /** Resolves to the name of the first signal. */
  signal: Promise<string>
}

/** Serves a running engine until the signal, then ends both. The engine is closed in any case. */
export async function serve({ engine, settings, tls, terminal, log, examples, signal }: Started): Promise<number> {
  const editor = join(packageDirectory(), 'dist', 'editor')
  const hasEditor = existsSync(join(editor, 'index.html'))
  let server: RunningServer
  try {
    server = await startServer({
      engine,
      host: settings.http.host,
      port: settings.http.port,
      tls,
      log,
      allowedHosts: settings.http.allowedHosts,
      openMetrics: settings.metrics.open,
      ...entranceSettings(settings),
      ...(hasEditor ? { editor } : {}),
    })
  } catch (thrown) {
    await engine.close()
    throw thrown
  }
  const url = `${tls === undefined ? 'http' : 'https'}://${shownHost(settings.http.host)}:${server.port}`
  const setup = server.mode() === 'setup' ? engine.auth.openSetup() : undefined
  greet({ engine, terminal, setup, url, editor: hasEditor, examples, flows: settings.flows, data: settings.data })
  const notifier = createNotifier({ env: terminal.env, log })
  notifier.ready(`Runs ${engine.flows.list().length} flows; ${url}`)
  trimMemorySoon(() => engine.describe().rate)
  log('info', `${await signal}: finishing what has begun`)
  notifier.stopping()
  const code = await end(engine, server, log)
  notifier.close()
  // What is still open now must not keep the process; nothing is lost by that.
  setTimeout(() => terminal.exit(code), 500).unref()
  return code
}

async function end(engine: EngineApi, server: RunningServer, log: Log): Promise<number> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), drainLimit)
  })
  // Requests end first: they may still want the engine.
  const done = server.close().then(() => engine.close())
  const result = await Promise.race([done, late])
  clearTimeout(timer)
  if (result !== 'late') return exitCodes.ok
  log('warn', `not everything was finished within ${drainLimit / 1000} s; it goes on at the next start`)
  return exitCodes.problems
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
