import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './port.ts'
import { temporaryDirectory } from './temporary.ts'
import { nextEvent, until } from './wait.ts'

export interface MosquittoOptions {
  /** Lines of its configuration besides the listener: limits, persistence and so on. */
  config?: readonly string[]
  /** Lines below `listener <port> 127.0.0.1`, for TLS or WebSockets. */
  listener?: readonly string[]
  /** Names and passwords; without them everybody may come in. */
  users?: Readonly<Record<string, string>>
  /** Logs every packet; slow. */
  verbose?: boolean
  /** Keeps sessions and messages over `stop` and `restart`; not over `kill` unless the config saves on changes. */
  persistent?: boolean
}

/** A real mosquitto on a free port of 127.0.0.1, in a directory of its own. */
export interface Mosquitto {
  readonly port: number
  /** `mqtt://127.0.0.1:<port>` */
  readonly url: string
  readonly directory: string
  readonly process: ChildProcess
  /** What it has written so far. */
  log(): string
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>
  /** Starts it again on the same port and directory. */
  start(): Promise<void>
  /** SIGTERM, then start. */
  restart(): Promise<void>
}

/** Starts mosquitto and resolves when it takes connections. End it with `stop`; it also goes when this process ends. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const { path: directory } = temporaryDirectory('mosquitto')
  const port = await freePort()
  const file = join(directory, 'mosquitto.conf')
  writeFileSync(file, configuration(options, directory, port))
  let child = run(file, options)
  let output = ''
  let alive = false

  const stopWith = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!alive) return
    const ended = nextEvent(child, 'exit')
    child.kill(signal)
    await ended
  }
  const ready = async () => {
    alive = true
    const mine = child
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    mine.stdout?.on('data', collect)
    mine.stderr?.on('data', collect)
    const endWithUs = () => mine.kill('SIGKILL')
    process.once('exit', endWithUs)
    mine.once('exit', () => {
      process.off('exit', endWithUs)
      if (mine === child) alive = false
    })
    await until(
      () => !alive || accepts(port),
      () => `mosquitto on port ${port}:\n${output}`,
    )
    if (!alive) throw new Error(`mosquitto did not start:\n${output}`)
  }
  const start = async () => {
    if (alive) return
    child = run(file, options)
    await ready()
  }
  await ready()
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    directory,
    get process() {
      return child
    },
    log: () => output,
    stop: () => stopWith('SIGTERM'),
    kill: () => stopWith('SIGKILL'),
    start,
    restart: async () => {
      await stopWith('SIGTERM')
      await start()
    },
  }
}

function run(file: string, options: MosquittoOptions): ChildProcess {
  const words = ['-c', file, ...(options.verbose === true ? ['-v'] : [])]
  return spawn('/usr/sbin/mosquitto', words, { stdio: ['ignore', 'pipe', 'pipe'] })
}

function configuration(options: MosquittoOptions, directory: string, port: number): string {
  const lines = [`listener ${port} 127.0.0.1`, ...(options.listener ?? [])]
  // As root it would drop to a user that cannot read the directory.
  if (process.getuid?.() === 0) lines.push('user root')
  if (options.users === undefined) lines.push('allow_anonymous true')
  else lines.push('allow_anonymous false', `password_file ${passwordFile(options.users, directory)}`)
  if (options.persistent) lines.push('persistence true', `persistence_location ${directory}/`)
  return `${[...lines, ...(options.config ?? [])].join('\n')}\n`
}

function passwordFile(users: Readonly<Record<string, string>>, directory: string): string {
  const file = join(directory, 'passwords')
  writeFileSync(file, '', { mode: 0o600 })
  for (const [name, password] of Object.entries(users)) {
    execFileSync('/usr/bin/mosquitto_passwd', ['-b', file, name, password], { stdio: 'pipe' })
  }
  return file
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
