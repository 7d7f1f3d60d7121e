import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { nextEvent, until, within } from '../tools/wait.ts'

export interface Child {
  readonly process: ChildProcess
  readonly out: string
  readonly err: string
  /** Resolves to exit code and signal. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  /** Waits for the end of the greeting. */
  started(): Promise<void>
  /** `http://127.0.0.1:<port>`, as the greeting says. */
  readonly url: string
  readonly mqttPort: string
  /** SIGKILL, and waits. For the end of a test. */
  kill(): Promise<void>
}

const main = join(import.meta.dirname, '..', '..', 'engine', 'main.ts')

/** Runs `rulewire` as a process of its own, from the sources unless another script is given. */
export function spawnRulewire(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string>; script?: string },
): Child {
  const env = { ...cleanEnvironment(), ...options.env }
  const child = spawn(process.execPath, [options.script ?? main, ...args], {
    cwd: options.cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    written.out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    written.err += chunk.toString()
  })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  // "close" comes when all output has been read, too
  const end = nextEvent(child, 'close', 60_000).then(([code, signal]) => {
    process.off('exit', endWithUs)
    return { code: code as number | null, signal: signal as string | null } // as node:child_process says
  })
  end.catch(() => undefined)
  const all = () => `${written.out}\n${written.err}`
  return {
    process: child,
    get out() {
      return written.out
    },
    get err() {
      return written.err
    },
    ended: end,
    started: async () => {
      await until(
        () => written.out.includes('Ctrl-C') || child.exitCode !== null,
        () => `the greeting:\n${all()}`,
        20_000,
      )
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${all()}`)
    },
    get url() {
      return /(http:\/\/\S+)\/api\/v1/.exec(written.out)?.[1] ?? ''
    },
    get mqttPort() {
      return /mqtt:\/\/127\.0\.0\.1:(\d+) \(embedded/.exec(written.out)?.[1] ?? ''
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await within(end, 'the end after SIGKILL')
    },
  }
}

/** Without variables of ours, so that the shell of whoever runs the tests changes nothing. */
function cleanEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('RULEWIRE_'))
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
