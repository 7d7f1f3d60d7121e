import { rulewireError } from '../errors.ts'
import type { Plan } from '../flow/model.ts'
import type { Log } from '../log.ts'
import type { Batch } from '../run/batch.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { AlarmFilter, AlarmHealthRequest, AlarmsApi } from '../server/api.ts'
import type {
  Alarm,
  AlarmCommand,
  AlarmCommandName,
  AlarmCounts,
  AlarmHealth,
  AlarmHistory,
  AlarmList,
  AlarmWhy,
} from '../server/protocol.ts'
import type { AlarmCapability, AlarmView } from '../spec/alarm.ts'
import type { Json } from '../spec/message.ts'
import type { EngineStore } from '../store/index.ts'
import { healthOf } from './alarm-health.ts'
import { missingAlarm } from './alarm-missing.ts'
import { AlarmRefresh } from './alarm-refresh.ts'

export interface AlarmDeskOptions {
  nodes: ReadonlyMap<string, NodeRuntime>
  plans: ReadonlyMap<string, Plan>
  runner: Runner
  store: EngineStore
  clock: Clock
  log: Log
  /** Something happened that people want to see. */
  changed(): void
}

/** Milliseconds for which an alarm is shown after it was cleared. */
const recent = 24 * 3_600_000
/** Keys that are read at once when all of a node are looked through. */
const pageSize = 1000
/** Keys of a node that are looked at when all are asked for. */
const mostKeys = 5000
/** Transitions that are shown with a single alarm. */
const shownHistory = 20

/** The keys of one node that are worth showing. It lives as long as the node runs with the same config. */
interface Index {
  readonly capability: AlarmCapability
  readonly open: Map<string, Json>
  /** States that were committed since somebody looked; undefined: deleted. */
  readonly fresh: Map<string, Json | undefined>
}

/**
 * Alarms for people, of all nodes whose type has some. It costs a look-up for each state that is committed; views are made
 * when somebody looks.
 */
export class AlarmDesk {
  readonly #options: AlarmDeskOptions
  readonly #refresh: AlarmRefresh
  #indexes = new WeakMap<NodeRuntime, Index>()
  #revision = 0

  constructor(options: AlarmDeskOptions) {
    this.#options = options
    this.#refresh = new AlarmRefresh(options)
  }

  /** To be called after each commit. */
  committed(batch: Batch): void {
    const { nodes } = this.#options
    for (const cell of batch.state) {
      const node = nodes.get(cell.node)
      if (node?.spec.alarms === undefined) continue
      this.#indexes.get(node)?.fresh.set(cell.key, cell.value)
    }
    if (batch.pending.some(({ kind }) => kind === 'alarm')) this.touched()
  }

  /** Flows changed. */
  deployed(): void {
    this.#refresh.deployed()
    this.touched()
  }

  /** Flows changed, or an alarm did. */
  touched(): void {
    this.#revision++
    this.#options.changed()
  }

  list({ flow, node, limit = 200, all: everyKey = false }: AlarmFilter): AlarmList {
    const running = everyKey ? this.#options.nodes.get(`${flow}/${node}`) : undefined
    const all = (running?.spec.alarms === undefined ? this.#open() : this.#every(running)).filter(
      (alarm) => (flow === undefined || alarm.flow === flow) && (node === undefined || alarm.node === node),
    )
    const items = all.toSorted(byUrgency).slice(0, limit)
    return { items, counts: this.#count(all), left: all.length - items.length }
  }

  counts(): AlarmCounts {
    return this.#count(this.#open())
  }

  /** Throws NOT_FOUND, COMMAND_REFUSED and STORE_FAULT. */
  async command(name: AlarmCommandName, command: AlarmCommand): Promise<Alarm> {
    const { runner } = this.#options
    const { flow, node: id, key, note = null, by = 'operator', until = null, oneShot = false } = command
    const { node } = this.#find(flow, id, key)
    const target = node.inputs.get(':command')
    if (target === undefined) throw missingAlarm([flow, id, key], this.#options)
    if (runner.faulted) throw rulewireError('STORE_FAULT', { detail: 'no command can be taken now' })
    runner.tick()
    try {
      runner.command(target, { name, key, by, note, values: { until, oneShot } })
    } finally {
      runner.finish()
    }
    await new Promise<void>((resolve) => {
      runner.batch.after.push(resolve)
      runner.mustWrite()
      runner.finish()
    })
    return this.#find(flow, id, key).alarm
  }

  history(filter: Parameters<AlarmsApi['alarms']['history']>[0]): AlarmHistory {
    return this.#options.store.alarmLog.list(filter)
  }

  /** Throws NOT_FOUND. */
  why(flow: string, id: string, key: string): AlarmWhy {
    const { node, state, alarm } = this.#find(flow, id, key)
    const { reasons, inputs } = this.#index(node).capability.why(state, this.#options.clock.now())
    return { alarm, reasons, inputs, history: this.history({ flow, node: id, key, limit: shownHistory }).items }
  }

  /** Throws BAD_REQUEST. */
  health(request: AlarmHealthRequest): AlarmHealth {
    const { store, clock } = this.#options
    const titleOf = (flow: string, node: string) => this.#title(flow, node)
    return healthOf(request, { log: store.alarmLog, alarms: this.#open(), titleOf, now: clock.now() })
  }

  #open(): Alarm[] {
    return [...this.#options.nodes.values()].flatMap((node) =>
      node.spec.alarms === undefined ? [] : this.#openOf(node),
    )
  }

  /** All keys of a node, those that are plain normal too; of very many the first by name. */
  #every(node: NodeRuntime): Alarm[] {
    return this.#options.store.state.page(node.ref, '', mostKeys).flatMap(({ key, value }) => {
      const alarm = this.#alarm(node, key, value)
      return alarm === undefined ? [] : [alarm]
    })
  }

  #openOf(node: NodeRuntime): Alarm[] {
    const { open, fresh } = this.#index(node)
    for (const [key, state] of fresh) {
      if (state === undefined) open.delete(key)
      else open.set(key, state)
    }
    fresh.clear()
    return this.#shown(node, open)
  }

  /** The alarms that are worth showing; the other keys are forgotten. */
  #shown(node: NodeRuntime, open: Map<string, Json>): Alarm[] {
    const now = this.#options.clock.now()
    const alarms: Alarm[] = []
    for (const [key, state] of open) {
      const alarm = this.#alarm(node, key, state)
      if (alarm !== undefined && isShown(alarm, now)) alarms.push(alarm)
      else open.delete(key)
    }
    return alarms
  }

  #index(node: NodeRuntime): Index {
    const known = this.#indexes.get(node)
    if (known !== undefined) return known
    const { alarms } = node.spec
    if (alarms === undefined) throw new TypeError(`The node type ${node.type} has no alarms`)
    const index: Index = { capability: alarms(node.config), open: new Map(), fresh: new Map() }
    // From now on what is committed is noted; what stands in the store is looked through page by page.
    this.#indexes.set(node, index)
    const { state } = this.#options.store
    let page = state.page(node.ref, '', pageSize)
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      for (const { key, value } of page) index.open.set(key, value)
      this.#shown(node, index.open)
      page = page.length < pageSize ? [] : state.page(node.ref, last.key, pageSize)
    }
    return index
  }

  #find(flow: string, id: string, key: string): { node: NodeRuntime; state: Json; alarm: Alarm } {
    const { nodes, runner } = this.#options
    const node = nodes.get(`${flow}/${id}`)
    const state = node?.spec.alarms === undefined ? undefined : runner.state.cell(node.ref, key).value
    const alarm = node === undefined || state === undefined ? undefined : this.#alarm(node, key, state)
    if (node === undefined || state === undefined || alarm === undefined)
      throw missingAlarm([flow, id, key], this.#options)
    return { node, state, alarm }
  }

  #alarm(node: NodeRuntime, key: string, state: Json): Alarm | undefined {
    const { flow, id } = node
    const view = this.#index(node).capability.view(state, this.#options.clock.now())
    return view === undefined ? undefined : { flow, node: id, key, title: this.#title(flow, id), ...view }
  }

  #title(flow: string, id: string): string {
    return this.#options.plans.get(flow)?.nodes.find((planned) => planned.id === id)?.title ?? id
  }

  #count(alarms: readonly Alarm[]): AlarmCounts {
    const shelved = alarms.filter(isShelved)
    const active = alarms.filter((alarm) => isActive(alarm) && !isHidden(alarm))
    const unacknowledged = alarms.filter((alarm) => !alarm.acknowledged && !isHidden(alarm))
    return {
      active: active.length,
      unacknowledged: unacknowledged.length,
      shelved: shelved.length,
      revision: this.#revision,
    }
  }
}

function isActive({ condition }: AlarmView): boolean {
  return condition === 'ACTIVE' || condition === 'RECOVERING' || condition === 'LATCHED'
}

function isShelved({ gate }: AlarmView): boolean {
  return gate === 'SHELVED_TIMED' || gate === 'SHELVED_ONESHOT'
}

/** By a person. */
function isHidden(alarm: AlarmView): boolean {
  return isShelved(alarm) || alarm.gate === 'OUT_OF_SERVICE'
}

function isShown(alarm: AlarmView, now: number): boolean {
  const { condition, data, acknowledged, cleared } = alarm
  if (condition !== 'NORMAL' && condition !== 'UNKNOWN') return true
  if (!acknowledged || isHidden(alarm)) return true
  return data !== 'FRESH' || (cleared !== null && now - cleared < recent)
}

/** Active and not acknowledged first, then by severity, then the newest. */
function byUrgency(left: Alarm, right: Alarm): number {
  return urgency(right) - urgency(left) || right.severity - left.severity || right.since - left.since
}

function urgency(alarm: AlarmView): number {
  const hidden = isHidden(alarm) ? -4 : 0
  const active = isActive(alarm) ? 2 : alarm.condition === 'PENDING' ? 0.5 : 0
  return hidden + active + (alarm.acknowledged ? 0 : 1)
}
