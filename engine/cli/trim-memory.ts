import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Wait after the start, milliseconds. */
const pause = 2_000
/** Messages a second above which an engine has other things to do. */
const busy = 50

/**
 * Gives back the memory that was only needed to start: modules leave as much garbage as they take, and without work there is
 * nothing that makes the collector run. A busy engine keeps it, since it will want it soon.
 *
 * @param rate messages a second, now
 */
export function trimMemorySoon(rate: () => number): void {
  setTimeout(() => {
    if (rate() < busy) collect()
  }, pause).unref()
}

/** There is no other way to the collector from within; the flag is only on for this moment. */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof gc === 'function') gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
