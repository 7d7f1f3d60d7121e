import type { Watcher } from '../run/watch.ts'

/** A place from which runs can be watched: set to look on, unset to stop. */
export interface Seat {
  watcher: Watcher | undefined
}

/** Lets several look on at runs. While all seats are empty the runner has nobody to ask; with one taken, it asks that one itself. */
export class Watchers {
  readonly #runner: Seat
  readonly #taken = new Map<object, Watcher>()

  constructor(runner: Seat) {
    this.#runner = runner
  }

  seat(): Seat {
    const key = {}
    const taken = this.#taken
    const changed = () => this.#changed()
    return {
      get watcher() {
        return taken.get(key)
      },
      set watcher(watcher) {
        if (watcher === undefined) taken.delete(key)
        else taken.set(key, watcher)
        changed()
      },
    }
  }

  #changed(): void {
    const watchers = [...this.#taken.values()]
    this.#runner.watcher = watchers.length > 1 ? together(watchers) : watchers[0]
  }
}

function together(watchers: readonly Watcher[]): Watcher {
  return (target, argument) => {
    const watches = watchers.map((watcher) => watcher(target, argument)).filter((watch) => watch !== undefined)
    if (watches.length <= 1) return watches[0]
    return {
      before: () => {
        for (const watch of watches) watch.before()
      },
      hop: (hop) => {
        for (const watch of watches) watch.hop(hop)
      },
      end: () => {
        for (const watch of watches) watch.end()
      },
    }
  }
}
