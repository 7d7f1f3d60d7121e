import { fork } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Reading } from '../fuzz/watch.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, pause, until } from '../tools/wait.ts'
import { type LoadCounts, startLoad } from './load.ts'
import { type Sample, slopePerHour, thin } from './slope.ts'

const root = join(import.meta.dirname, '..', '..')

/** What is measured: names, and how they are shown. */
const measured = {
  rss: { name: 'process', unit: 'MB', scale: 1e6 },
  heap: { name: 'heap after collection', unit: 'MB', scale: 1e6 },
  descriptors: { name: 'descriptors', unit: '', scale: 1 },
  wal: { name: 'log of the database', unit: 'MB', scale: 1e6 },
  database: { name: 'database', unit: 'MB', scale: 1e6 },
} as const

type Name = keyof typeof measured

export interface Series {
  name: string
  unit: string
  scale: number
  first: number
  last: number
  most: number
  /** Growth in an hour. */
  slope: number
}

export interface Soaked {
  series: Series[]
  counts: LoadCounts
}

export interface SoakRequest {
  milliseconds: number
  /** Readings a second. */
  rate: number
  /** Told how far it is. */
  tell(line: string): void
}

/** Samples at most, so that the slope over all pairs stays cheap. */
const mostSamples = 600
/** Part of the time in which caches fill. */
const warmUp = 0.2

/** Runs the program under load for a while. Throws when it ends, or when something that was asked for fails. */
export async function soak({ milliseconds, rate, tell }: SoakRequest): Promise<Soaked> {
  const { path, remove } = temporaryDirectory('soak')
  const data = join(path, 'data')
  mkdirSync(join(path, 'flows'))
  const child = fork(
    join(root, 'engine', 'main.ts'),
    ['start', '--flows', join(path, 'flows'), '--data', data, '--port', '0', '--mqtt-port', '0', '--log-level', 'warn'],
    {
      cwd: path,
      execArgv: ['--expose-gc', '--import', join(root, 'test', 'fuzz', 'watch.ts')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  let log = ''
  const collect = (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-100_000)
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  const alive = () => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The program has ended:\n${log}`)
  }
  try {
    await until(
      () => log.includes('Ctrl-C') || child.exitCode !== null,
      () => `the start:\n${log}`,
      60_000,
    )
    alive()
    const port = (scheme: string) => Number(new RegExp(`${scheme}://127\\.0\\.0\\.1:(\\d+)`).exec(log)?.[1])
    const load = await startLoad(port('http'), port('mqtt'), rate)
    const samples = new Map<Name, Sample[]>()
    const begin = performance.now()
    let told = 0
    for (let at = 0; at < milliseconds; at = performance.now() - begin) {
      await pause(Math.max(250, milliseconds / mostSamples))
      alive()
      const reading = nextEvent(child, 'message', 60_000)
      child.send('report')
      const [{ rss, heap }] = (await reading) as [Reading] // watch.ts sends it
      const found = {
        rss,
        heap,
        descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
        wal: statSync(join(data, 'rulewire.db-wal')).size,
        database: statSync(join(data, 'rulewire.db')).size,
      }
      for (const [name, value] of Object.entries(found)) {
        const list = samples.get(name as Name) ?? [] // its own keys
        list.push({ at: performance.now() - begin, value })
        samples.set(name as Name, list)
      }
      if (at < told) continue
      told += milliseconds / 10
      tell(`${Math.round(at / 1000)} s: ${load.counts.published} readings, process ${(rss / 1e6).toFixed(0)} MB`)
    }
    const counts = { ...load.counts }
    await load.stop()
    return { counts, series: [...samples].map(([name, list]) => seriesOf(name, list, milliseconds * warmUp)) }
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = nextEvent(child, 'exit', 60_000)
      child.kill('SIGTERM')
      await ended
    }
    process.off('exit', endWithUs)
    remove()
  }
}

function seriesOf(name: Name, samples: readonly Sample[], from: number): Series {
  const warm = samples.filter(({ at }) => at >= from)
  const values = warm.map(({ value }) => value)
  return {
    ...measured[name],
    first: values[0] ?? 0,
    last: values.at(-1) ?? 0,
    most: Math.max(0, ...values),
    slope: slopePerHour(thin(warm, mostSamples)),
  }
}
