import { exitCodes, type Terminal } from './terminal.ts'

/** The first signal; a second one ends the process at once. */
export function firstSignal(terminal: Terminal): Promise<string> {
  return new Promise((resolve) => {
    let count = 0
    terminal.onSignal((name) => {
      count++
      if (count > 1) terminal.exit(exitCodes.interrupted)
      resolve(name)
    })
  })
}
