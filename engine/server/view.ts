import type { EngineApi } from './api.ts'
import type { LiveFrame, LiveValue, NodeStatistics } from './protocol.ts'

type LiveValues = Extract<LiveFrame, { type: 'live' }>

/** What the engine shows at one tick; asked once, however many clients there are. */
export interface Snapshot {
  /** UTC milliseconds. */
  readonly time: number
  readonly engine: LiveValues['engine']
  /** Statistics by flow, then by `flow/node`. */
  statistics(): ReadonlyMap<string, Readonly<Record<string, NodeStatistics>>>
  values(flow: string): Readonly<Record<string, LiveValue>>
}

/** What one client has been told of the flows that it watches, so that the next frame holds only what changed. */
export interface View {
  /** Other flows from now on; everything of those that are new is sent. */
  watch(flows: readonly string[]): void
  /** The next frame, or undefined when nothing changed. Counts as sent: ask only when it will be. */
  frame(snapshot: Snapshot): LiveValues | undefined
}

/** @param budget bytes of values in one frame, about; what is left comes with the next ones, nothing twice before. */
export function createView(budget: number): View {
  let flows: readonly string[] = []
  let nodes = new Map<string, NodeStatistics>()
  let values = new Map<string, LiveValue>()
  let engine = ''
  let start = 0

  /** Statistics are small and come whole; the map is made anew, so nodes that are gone are forgotten. */
  const changedNodes = (snapshot: Snapshot) => {
    const changed: Record<string, NodeStatistics> = {}
    const now = new Map<string, NodeStatistics>()
    for (const flow of flows) {
      for (const [key, entry] of Object.entries(snapshot.statistics().get(flow) ?? {})) {
        const known = nodes.get(key)
        const same = known !== undefined && isSame(known, entry)
        if (!same) changed[key] = entry
        now.set(key, same ? known : { ...entry })
      }
    }
    nodes = now
    return changed
  }

  /** Begins where the last frame had to stop, so that busy ports do not starve those behind them. */
  const changedValues = (snapshot: Snapshot) => {
    const all = flows.flatMap((flow) => Object.entries(snapshot.values(flow)))
    const first = all.length === 0 ? 0 : start % all.length
    const changed: Record<string, LiveValue> = {}
    const now = new Map<string, LiveValue>()
    let left = budget
    for (let step = 0; step < all.length; step++) {
      const [key, value] = all[(first + step) % all.length] ?? []
      if (key === undefined || value === undefined) continue
      const known = values.get(key)
      const same = known !== undefined && known.time === value.time && known.text === value.text
      if (!same && left > 0) {
        changed[key] = value
        left -= value.text.length + key.length
        now.set(key, value)
        if (left <= 0) start = first + step + 1
      } else if (known !== undefined) now.set(key, known)
    }
    values = now
    return changed
  }

  return {
    watch: (chosen) => {
      flows = [...new Set(chosen)]
      // What is no longer watched is forgotten, so that it comes whole when it is watched again.
      const kept = (key: string) => flows.includes(flowOf(key))
      nodes = new Map([...nodes].filter(([key]) => kept(key)))
      values = new Map([...values].filter(([key]) => kept(key)))
      engine = ''
    },
    frame: (snapshot) => {
      const frame: LiveValues = {
        type: 'live',
        time: snapshot.time,
        nodes: changedNodes(snapshot),
        values: changedValues(snapshot),
        engine: snapshot.engine,
      }
      const counters = JSON.stringify(snapshot.engine)
      const quiet = counters === engine && Object.keys(frame.nodes).length + Object.keys(frame.values).length === 0
      engine = counters
      return quiet ? undefined : frame
    },
  }
}

/** Asks the engine for what the views need, when they need it. */
export function takeSnapshot(engine: EngineApi, time: number): Snapshot {
  let statistics: Map<string, Record<string, NodeStatistics>> | undefined
  const values = new Map<string, Record<string, LiveValue>>()
  const { rate, received } = engine.describe()
  const dropped = engine.brokers().reduce((sum, broker) => sum + broker.dropped, 0)
  return {
    time,
    engine: { rate, received, dropped },
    statistics: () => {
      statistics ??= byFlow(engine.statistics())
      return statistics
    },
    values: (flow) => {
      const known = values.get(flow) ?? engine.values(flow)
      values.set(flow, known)
      return known
    },
  }
}

function byFlow(statistics: Record<string, NodeStatistics>): Map<string, Record<string, NodeStatistics>> {
  const flows = new Map<string, Record<string, NodeStatistics>>()
  for (const [key, entry] of Object.entries(statistics)) {
    const flow = flows.get(flowOf(key)) ?? {}
    flow[key] = entry
    flows.set(flowOf(key), flow)
  }
  return flows
}

function flowOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

function isSame(left: NodeStatistics, right: NodeStatistics): boolean {
  return (
    left.messages === right.messages &&
    left.errors === right.errors &&
    left.rate === right.rate &&
    left.last === right.last &&
    left.status === right.status
  )
}
