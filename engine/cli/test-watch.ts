import { watch } from 'node:fs'
import { RulewireError, reasonOf, rulewireError } from '../errors.ts'
import { firstSignal } from './signal.ts'
import { exitCodes, paint, type Terminal } from './terminal.ts'

/** Wait after a change, so that a file that is being written is whole: milliseconds. */
const quiet = 80

export interface Watched {
  directories: readonly string[]
  /** Gives the exit code; what it throws is shown, and the watch goes on. */
  run(): number
  terminal: Terminal
}

/** Runs now and after each change of a JSON file in the directories, until the first signal. Gives the exit code of the last run. */
export async function watchDirectories({ directories, run, terminal }: Watched): Promise<number> {
  let code: number = exitCodes.ok
  const again = () => {
    code = guarded(run, terminal)
    terminal.out(`${paint(terminal, 'dim', 'Waiting for changes; Ctrl-C ends.')}\n`)
  }
  let wait: NodeJS.Timeout | undefined
  const changed = (_: string, name: string | null) => {
    if (name !== null && (!name.endsWith('.json') || name.startsWith('.'))) return
    clearTimeout(wait)
    wait = setTimeout(again, quiet)
  }
  const signal = firstSignal(terminal)
  const watchers = directories.map((directory) => watchOne(directory, changed, terminal))
  try {
    again()
    await signal
    return code
  } finally {
    clearTimeout(wait)
    for (const watcher of watchers) watcher.close()
  }
}

function guarded(run: () => number, terminal: Terminal): number {
  try {
    return run()
  } catch (thrown) {
    const error = thrown instanceof RulewireError ? thrown : rulewireError('INTERNAL', { detail: reasonOf(thrown) })
    terminal.err(`${paint(terminal, 'red', `rulewire: ${error.code}`)} ${error.message}\n  ${error.hint}\n`)
    return exitCodes.problems
  }
}

function watchOne(directory: string, changed: (event: string, name: string | null) => void, terminal: Terminal) {
  try {
    const watcher = watch(directory, changed)
    return watcher.on('error', (fault) => terminal.err(`${directory} is not watched any more: ${fault.message}\n`))
  } catch (cause) {
    throw rulewireError('FILE_UNREADABLE', { file: directory, detail: reasonOf(cause) }, { cause })
  }
}
