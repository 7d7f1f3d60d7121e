import { execFile } from 'node:child_process'
import { reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'

/** Tells the service manager (systemd, `Type=notify`) how it goes. Without one it does nothing. */
export interface Notifier {
  /** It runs: says so, and from now on that it is alive, as often as the watchdog asks. */
  ready(status: string): void
  /** It has begun to end. */
  stopping(): void
  /** Says nothing more. */
  close(): void
}

export interface NotifierOptions {
  env: Readonly<Record<string, string | undefined>>
  log: Log
  /** Sends one message, such as `READY=1`; the program systemd-notify unless given. */
  send?: (words: readonly string[], done: (fault: Error | null) => void) => void
}

/** Milliseconds that one message may take. */
const patience = 10_000

/**
 * The protocol is sd_notify(3): datagrams to the unix socket NOTIFY_SOCKET, which Node.js cannot send. systemd's own program does,
 * twice in the time of the watchdog; a native module for one datagram a minute would be more to keep. The timer runs on the event
 * loop, so an engine that stands still is started again by systemd.
 */
export function createNotifier({ env, log, send = runSystemdNotify }: NotifierOptions): Notifier {
  const silent: Notifier = { ready: () => undefined, stopping: () => undefined, close: () => undefined }
  if (env.NOTIFY_SOCKET === undefined || env.NOTIFY_SOCKET === '') return silent
  let timer: NodeJS.Timeout | undefined
  const tell = (...words: string[]) =>
    send(words, (fault) => {
      if (fault === null) return
      log('warn', `systemd could not be told ${words[0]}: ${reasonOf(fault)}`)
    })
  return {
    ready(status) {
      tell('READY=1', `STATUS=${status.replaceAll('\n', ' ')}`)
      const pause = watchdogPause(env)
      if (pause !== undefined) timer = setInterval(() => tell('WATCHDOG=1'), pause)
    },
    stopping: () => tell('STOPPING=1', 'STATUS=Finishing what has begun'),
    close: () => clearInterval(timer),
  }
}

/** Milliseconds between two signs of life: half of what the manager waits; undefined when it waits for none of this process. */
export function watchdogPause(env: NotifierOptions['env']): number | undefined {
  const micros = Number(env.WATCHDOG_USEC)
  if (!Number.isSafeInteger(micros) || micros <= 0) return undefined
  if (env.WATCHDOG_PID !== undefined && env.WATCHDOG_PID !== String(process.pid)) return undefined
  return Math.max(1, Math.floor(micros / 2000))
}

function runSystemdNotify(words: readonly string[], done: (fault: Error | null) => void): void {
  execFile('systemd-notify', [...words], { timeout: patience }, (fault) => done(fault))
}
