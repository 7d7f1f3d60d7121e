import type { Plan } from '../flow/model.ts'
import type { AlarmCapability, AlarmEntry } from '../spec/alarm.ts'
import type { Json } from '../spec/message.ts'
import type { AlarmEvent, AlarmSpan, BacktestAlarms, BacktestSeries } from './result.ts'
import { SeriesBuilder } from './series.ts'

/** Keys of which a series is made while it runs, and series that are given at the end: those with alarms first. */
const madeSeries = 64
const givenSeries = 24
/** Alarms that are listed unless it is said, and transitions that are kept; further ones are counted. */
const usualSpans = 50_000
const keptEvents = 20_000
/** Keys without a series that are told apart, so that they can be counted. */
const keptKeys = 100_000

interface Watched {
  capability: AlarmCapability
  node: string
  title: string
  /** Levels, the lowest first. */
  levels: readonly string[]
  transitions: Record<string, number>
  /** Alarms that stand. */
  standing: Map<string, AlarmSpan>
  series: Map<string, SeriesBuilder>
  /** Keys with a series that had an alarm. */
  raised: Set<string>
  /** Keys without a series. */
  others: Set<string>
}

/** Hears what the nodes with alarms do, and keeps a bounded record of it: spans, transitions, values. */
export class AlarmTap {
  readonly #nodes = new Map<string, Watched>()
  readonly #width: number
  readonly #most: number
  readonly #spans: AlarmSpan[] = []
  readonly #events: AlarmEvent[] = []
  #spanCount = 0
  #eventCount = 0
  #seriesCount = 0

  /**
   * @param width stretches of time in a series, about
   * @param most alarms that are listed
   */
  constructor(plan: Plan, width: number, most = usualSpans) {
    this.#width = width
    this.#most = most
    for (const { id, title, spec, config } of plan.nodes) {
      const capability = spec.alarms?.(config)
      if (capability !== undefined) this.#nodes.set(`${plan.flow}/${id}`, watchedNode(id, title, capability))
    }
  }

  /** Whether a node, `flow/node`, has alarms. */
  knows(ref: string): boolean {
    return this.#nodes.has(ref)
  }

  /** A message has set the state of a key. `time`: UTC milliseconds. */
  state(ref: string, key: string, state: Json, time: number): void {
    const watched = this.#nodes.get(ref)
    if (watched === undefined) return
    const standing = watched.standing.get(key)
    const series = watched.series.get(key) ?? this.#newSeries(watched, key)
    if (standing === undefined && series === undefined) return
    const view = watched.capability.view(state, time)
    if (view === undefined || view.value === null || view.data === 'BAD') return
    series?.add(time, view.value)
    if (standing !== undefined && isWorse(view.value, standing)) standing.worst = view.value
  }

  /** A node has written a transition to the alarm log. */
  transition(ref: string, entry: AlarmEntry): void {
    const watched = this.#nodes.get(ref)
    if (watched === undefined) return
    const { key, transition, time, level, value, limit } = entry
    const { node, transitions } = watched
    transitions[transition] = (transitions[transition] ?? 0) + 1
    this.#eventCount++
    if (this.#events.length < keptEvents) this.#events.push({ node, key, transition, time, level, value, limit })
    const standing = watched.standing.get(key)
    if (standing === undefined) {
      if (transition === 'RAISED') this.#raise(watched, entry)
    } else if (entry.condition === 'NORMAL') {
      standing.cleared = time
      watched.standing.delete(key)
    } else if (watched.levels.indexOf(level ?? '') > watched.levels.indexOf(standing.level ?? '')) {
      standing.level = level
    }
  }

  /** Transitions of a node by name; undefined when it has no alarms. */
  transitionsOf(id: string): Record<string, number> | undefined {
    return [...this.#nodes.values()].find(({ node }) => node === id)?.transitions
  }

  alarms(): BacktestAlarms {
    const spans = this.#spans.toSorted((left, right) => left.raised - right.raised)
    return { spans, total: this.#spanCount, events: this.#events, eventsTotal: this.#eventCount }
  }

  series(): { series: BacktestSeries[]; seriesLeft: number } {
    const all = [...this.#nodes.values()].flatMap((watched) =>
      [...watched.series].map(([key, builder]) => ({ watched, key, builder })),
    )
    const filled = all.filter(({ builder }) => builder.count > 0)
    const [raised, quiet] = [true, false].map((had) =>
      filled.filter(({ watched, key }) => watched.raised.has(key) === had),
    )
    const series = [...(raised ?? []), ...(quiet ?? [])].slice(0, givenSeries).map(
      ({ watched, key, builder }): BacktestSeries => ({
        node: watched.node,
        key,
        title: watched.title,
        ...builder.points(),
        count: builder.count,
        limits: limitsOf(watched.capability),
      }),
    )
    const others = [...this.#nodes.values()].reduce((sum, watched) => sum + watched.others.size, 0)
    return { series, seriesLeft: filled.length - series.length + others }
  }

  #raise(watched: Watched, { key, time, level, value, limit }: AlarmEntry): void {
    const span: AlarmSpan = { node: watched.node, key, raised: time, cleared: null, level, value, limit, worst: value }
    watched.standing.set(key, span)
    if (watched.series.has(key)) watched.raised.add(key)
    this.#spanCount++
    if (this.#spans.length < this.#most) this.#spans.push(span)
  }

  #newSeries(watched: Watched, key: string): SeriesBuilder | undefined {
    if (this.#seriesCount >= madeSeries) {
      if (watched.others.size < keptKeys) watched.others.add(key)
      return undefined
    }
    this.#seriesCount++
    const series = new SeriesBuilder(this.#width)
    watched.series.set(key, series)
    return series
  }
}

function watchedNode(node: string, title: string, capability: AlarmCapability): Watched {
  return {
    capability,
    node,
    title,
    levels: (capability.limits ?? []).map(({ level }) => level),
    transitions: {},
    standing: new Map(),
    series: new Map(),
    raised: new Set(),
    others: new Set(),
  }
}

/** Farther on the side of the limit on which the alarm was raised. */
function isWorse(value: number, { value: first, limit, worst }: AlarmSpan): boolean {
  if (worst === null) return true
  return (first ?? 0) >= (limit ?? Number.NEGATIVE_INFINITY) ? value > worst : value < worst
}

function limitsOf({ limits = [] }: AlarmCapability): BacktestSeries['limits'] {
  return limits.map(({ level, text, raise, clear }) => ({ level, text, raise: [...raise], clear: [...clear] }))
}
