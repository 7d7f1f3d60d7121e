import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf, rulewireError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import { writeWhole } from './whole-file.ts'

/** Wait after a change before the directory is read, so that a file that is being written is whole: milliseconds. */
const quiet = 80
/** The directory is read this often in any case, because not every file system reports changes: milliseconds. */
const patrol = 3000
/** Bytes of a file that are read. */
const sizeLimit = 2_000_000

export interface FlowFile {
  /** Id of the flow by the file's name. */
  flow: string
  file: string
  text: string
}

/** Changes of the directory since it was last read. */
export interface FlowChanges {
  written: FlowFile[]
  removed: string[]
}

/** The directory of flow files: read, watched and written. */
export class FlowFiles {
  readonly directory: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #known = new Map<string, { stamp: string; text: string }>()
  #watcher: FSWatcher | undefined
  #callOff: (() => void) | undefined
  #stopped = false

  constructor(directory: string, clock: Clock, log: Log) {
    this.directory = directory
    this.#clock = clock
    this.#log = log
  }

  /** Path of a flow's file. */
  fileOf(flow: string): string {
    return join(this.directory, `${flow}.json`)
  }

  /** What has changed since the last call; everything at the first. Files that cannot be read are logged and left as they were. */
  async changes(): Promise<FlowChanges> {
    await mkdir(this.directory, { recursive: true })
    const names = (await readdir(this.directory)).filter(isFlowFile)
    const written: FlowFile[] = []
    for (const name of names) {
      try {
        const changed = await this.#readChanged(name)
        if (changed !== undefined) written.push(changed)
      } catch (thrown) {
        if (isMissing(thrown)) continue
        this.#log('error', rulewireError('FILE_UNREADABLE', { file: name, detail: reasonOf(thrown) }).message)
      }
    }
    const gone = [...this.#known.keys()].filter((name) => !names.includes(name))
    for (const name of gone) this.#known.delete(name)
    return { written, removed: gone.map(flowOf) }
  }

  /** Calls back when something may have changed. */
  watch(changed: () => Promise<void>): void {
    const look = () => {
      this.#callOff?.()
      if (this.#stopped) return
      void changed().finally(() => this.#plan(patrol, look))
    }
    try {
      this.#watcher = watch(this.directory, () => this.#plan(quiet, look))
      this.#watcher.on('error', (error) => this.#log('warn', `The flows directory is not watched: ${error.message}`))
    } catch (thrown) {
      this.#log(
        'warn',
        `The flows directory is not watched, only looked at every ${patrol / 1000} s: ${reasonOf(thrown)}`,
      )
    }
    this.#plan(patrol, look)
  }

  /** Writes a flow's file so that it is whole or as it was, whatever happens. Throws FILE_UNWRITABLE. */
  async write(flow: string, text: string): Promise<void> {
    const file = this.fileOf(flow)
    await writeWhole(file, text)
    this.#known.set(`${flow}.json`, { stamp: await stampOf(file), text })
  }

  async remove(flow: string): Promise<void> {
    this.#known.delete(`${flow}.json`)
    await unlink(this.fileOf(flow))
  }

  close(): void {
    this.#stopped = true
    this.#watcher?.close()
    this.#callOff?.()
  }

  async #readChanged(name: string): Promise<FlowFile | undefined> {
    const file = join(this.directory, name)
    const stamp = await stampOf(file)
    const known = this.#known.get(name)
    if (known?.stamp === stamp) return undefined
    const found = await stat(file)
    // A pipe would never end, and a device neither. A link to a file is one, as volumes of containers have them.
    if (!found.isFile()) throw new Error('it is no file')
    const { size } = found
    if (size > sizeLimit) throw new Error(`it has ${size} bytes, at most ${sizeLimit} are read`)
    const text = await readFile(file, 'utf8')
    this.#known.set(name, { stamp, text })
    return known?.text === text ? undefined : { flow: flowOf(name), file, text }
  }

  #plan(wait: number, run: () => void): void {
    this.#callOff?.()
    if (!this.#stopped) this.#callOff = this.#clock.at(this.#clock.now() + wait, run)
  }
}

/** Schemas and rule tests stand in the same directory. */
function isFlowFile(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.') && !/\.(schema|test)\.json$/.test(name)
}

function flowOf(name: string): string {
  return name.slice(0, -'.json'.length)
}

async function stampOf(file: string): Promise<string> {
  const { mtimeNs, size, ino } = await stat(file, { bigint: true })
  return `${ino} ${size} ${mtimeNs}`
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
}
