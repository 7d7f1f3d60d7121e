import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { nextEvent, until } from '../../tools/wait.ts'

/** The broker in a process of its own, which can be killed. */
export interface BrokerProcess {
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>
}

/** Starts it on that file and port and resolves when it takes connections. */
export async function startBrokerProcess(file: string, port: number): Promise<BrokerProcess> {
  const script = join(import.meta.dirname, 'serve.ts')
  const child: ChildProcess = spawn(process.execPath, [script, file, String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let ended = false
  const collect = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => {
    ended = true
    process.off('exit', endWithUs)
  })
  await until(
    () => ended || output.includes('ready'),
    () => `the broker process:\n${output}`,
  )
  if (ended) throw new Error(`The broker process ended:\n${output}`)
  return {
    async kill() {
      const end = nextEvent(child, 'exit')
      child.kill('SIGKILL')
      await end
    },
  }
}
