import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NodeRed } from './node-red.ts'
import { benchFlow, idleFlows, nodeRedFlow } from './rule.ts'

export interface Case {
  name: string
  qos: 0 | 1
  /** One reading in this many passes the filter. */
  pass: 1 | 10
  /** Part of the run's messages, because the slower cases take longer. */
  share: number
  /** Readings a second; as many as the program takes, unless given. */
  pace?: number
  /** Filters that nothing is sent to, beside the one that is measured. */
  idle?: number
}

export interface Measured {
  rate: number
  wrong: number
  cpu: number
  /** Milliseconds from a reading to its output, where there is a pace. */
  p50?: number | undefined
  p99?: number | undefined
}

/** Time for one program and case, milliseconds. */
const patience = 120_000

/**
 * Runs one program under the load. `rate`: readings a second; `wrong`: outputs that were wrong, missing or too many; `cpu`:
 * seconds of processor that the program used from its start on, with the warm-up, which other work on the machine does not change much.
 */
export async function measure(
  name: string,
  { qos, pass, idle = 0, pace }: Case,
  messages: number,
  nodeRed: NodeRed | undefined,
): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'rulewire-bench-'))
  const protocol = name.startsWith('rulewire') ? 5 : 4
  const load = spawn(
    process.execPath,
    [path('load.ts'), JSON.stringify({ qos, pass, messages, warmup: messages / 5, protocol, pace })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const lines = createInterface({ input: load.stdout })[Symbol.asyncIterator]()
  let subject: ChildProcess | undefined
  const timer = setTimeout(() => load.kill(), patience)
  try {
    const { port } = JSON.parse((await lines.next()).value ?? '{}') as { port: number }
    subject = await start({ name, port, qos, idle, directory, nodeRed })
    const last = await lines.next()
    if (last.done === true)
      throw new Error(`${name}: the load ended without a result; BENCH_VERBOSE=1 shows what the program says`)
    const result = JSON.parse(last.value) as Omit<Measured, 'rate' | 'cpu'> & { messages: number; seconds: number }
    const { wrong, p50, p99 } = result
    return { rate: result.messages / result.seconds, wrong, cpu: cpuOf(subject), p50, p99 }
  } finally {
    clearTimeout(timer)
    load.kill()
    await end(subject)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Seconds of processor, all threads; NaN where the system has no /proc. */
function cpuOf({ pid }: ChildProcess): number {
  try {
    // The fields after the name in brackets: user and system time are the 12th and 13th, in hundredths of a second.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}

interface Subject {
  name: string
  port: number
  qos: 0 | 1
  idle: number
  directory: string
  nodeRed: NodeRed | undefined
}

async function start({ name, port, qos, idle, directory, nodeRed }: Subject): Promise<ChildProcess> {
  const stdio = process.env.BENCH_VERBOSE === '1' ? 'inherit' : 'ignore'
  if (name.startsWith('rulewire')) {
    const flows = join(directory, 'flows')
    await mkdir(flows)
    writeFileSync(join(flows, 'bench.json'), benchFlow(qos, name === 'rulewire-history'))
    for (const [flow, text] of Object.entries(idleFlows(idle, qos))) writeFileSync(join(flows, `${flow}.json`), text)
    const durability = name === 'rulewire-normal' ? 'normal' : 'full'
    const options = [
      '--flows',
      flows,
      '--data',
      join(directory, 'data'),
      '--port',
      '0',
      '--broker',
      `mqtt://127.0.0.1:${port}`,
    ]
    const profile =
      process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`]
    return spawn(
      process.execPath,
      [...profile, path('../../engine/main.ts'), 'start', ...options, '--durability', durability],
      { stdio },
    )
  }
  if (name === 'node-red') {
    if (nodeRed === undefined) throw new Error('Node-RED is not installed')
    return nodeRed.start(directory, nodeRedFlow(port, qos))
  }
  return spawn(process.execPath, [path(`subjects/${name}.ts`), String(port), String(qos)], { stdio })
}

async function end(subject: ChildProcess | undefined): Promise<void> {
  if (subject === undefined || subject.exitCode !== null) return
  const gone = new Promise((resolve) => subject.once('exit', resolve))
  subject.kill('SIGTERM')
  const timer = setTimeout(() => subject.kill('SIGKILL'), 6000)
  await gone
  clearTimeout(timer)
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
