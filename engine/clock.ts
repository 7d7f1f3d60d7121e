import type { Clock } from './run/ports.ts'

/** Longest time that Node's timers can wait, milliseconds. */
const longestWait = 2 ** 31 - 1

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(time, run) {
    let timer: NodeJS.Timeout
    const wait = () => {
      const left = time - Date.now()
      timer = setTimeout(left > longestWait ? wait : run, Math.min(Math.max(0, left), longestWait))
    }
    wait()
    return () => clearTimeout(timer)
  },
  soon(run) {
    setImmediate(run)
  },
}
