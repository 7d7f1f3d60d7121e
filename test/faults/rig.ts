import { type Mosquitto, startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { checkPaths, deadLetters, drained, type Outcome, type PathResult, queues, RowLookup } from './check.ts'
import { type ChildOptions, EngineProcess } from './engine-process.ts'
import { FaultProxy } from './proxy.ts'
import { Publisher } from './publisher.ts'
import { type WireLog, watchWire } from './wire-log.ts'
import { faultFlow, Hook, Listener } from './workload.ts'

export interface RigOptions {
  /** The broker saves to its disk: at a clean end, and after each change with `saves`. */
  persistent?: boolean
  config?: readonly string[]
  limits?: NonNullable<ChildOptions['limits']>
  /** Seconds. */
  keepalive?: number
  /** Flows instead of the fault flow; its broker is called `far`, its web server is `hook`. */
  flows?: (hook: string) => Record<string, unknown>[]
  /** The engine is started by the scenario. */
  asleep?: boolean
}

/** An engine, a broker behind a proxy, a web server, and a publisher and a subscriber of its own at the broker. */
export class Rig {
  readonly mosquitto: Mosquitto
  readonly proxy: FaultProxy
  readonly hook: Hook
  readonly engine: EngineProcess
  readonly publisher: Publisher
  readonly listener: Listener
  readonly wire: WireLog

  private constructor(parts: Pick<Rig, 'mosquitto' | 'proxy' | 'hook' | 'engine' | 'publisher' | 'listener' | 'wire'>) {
    this.mosquitto = parts.mosquitto
    this.proxy = parts.proxy
    this.hook = parts.hook
    this.engine = parts.engine
    this.publisher = parts.publisher
    this.listener = parts.listener
    this.wire = parts.wire
  }

  /** Sets all up, plays, and ends all, however it ends. */
  static async play<Result>(options: RigOptions, play: (rig: Rig) => Promise<Result>): Promise<Result> {
    const ends: (() => unknown)[] = []
    let lookup: RowLookup | undefined
    try {
      const mosquitto = await startMosquitto({
        config: ['max_queued_messages 0', 'max_inflight_messages 0', ...(options.config ?? [])],
        persistent: options.persistent ?? false,
      })
      ends.push(() => mosquitto.stop())
      const proxy = new FaultProxy(mosquitto.port)
      await proxy.start()
      ends.push(() => proxy.stop())
      const hook = new Hook()
      await hook.start()
      ends.push(() => hook.stop())
      const engine = new EngineProcess(options.flows?.(hook.url) ?? [faultFlow({ broker: 'far', hook: hook.url })], {
        broker: mosquitto.url,
        connections: [
          {
            name: 'far',
            url: proxy.url,
            reconnect: { first: 50, longest: 200 },
            ...(options.keepalive === undefined ? {} : { keepalive: options.keepalive }),
          },
        ],
        limits: options.limits ?? {},
      })
      ends.push(() => engine.kill())
      lookup = new RowLookup(engine.data)
      const wire = watchWire(proxy, lookup)
      const publisher = await Publisher.connect(mosquitto.url)
      ends.push(() => publisher.close())
      const listener = await Listener.connect(mosquitto.url)
      ends.push(() => listener.close())
      const rig = new Rig({ mosquitto, proxy, hook, engine, publisher, listener, wire })
      if (options.asleep !== true) {
        await engine.start()
        await rig.ready()
      }
      return await play(rig)
    } finally {
      for (const end of ends.reverse()) await end()
      lookup?.close()
    }
  }

  /** Waits until the engine says that all is well. */
  async ready(deadline?: number): Promise<void> {
    const { engine } = this
    await until(
      async () => (await engine.state()).health.ready,
      () => `a ready engine; its log ends with\n${engine.log.slice(-1500)}`,
      deadline,
    )
  }

  /** Waits until the engine has nothing on its way. */
  async settled(deadline?: number): Promise<void> {
    await until(
      () => queues(this.engine.data).length === 0,
      () => `an engine with nothing on its way, not ${queues(this.engine.data).join(', ')}`,
      deadline,
    )
  }

  /** Ends the traffic, waits until all has arrived, and checks every path. */
  async outcome(faults: string, options: { forgetful?: boolean; deadline?: number } = {}): Promise<Outcome> {
    const { publisher, listener, hook, engine, wire } = this
    await publisher.finished(options.deadline)
    const watched = { data: engine.data, publisher, listener, hook }
    const broken = await drained(watched, options.deadline)
    const dead = deadLetters(engine.data)
    // A dead letter is a row too, of another table.
    const early = wire.early.filter(({ path, n }) => dead.get(path)?.has(n) !== true)
    if (early.length > 0) broken.push(`acked before the commit: ${JSON.stringify(early.slice(0, 5))}`)
    return { faults, paths: checkPaths(watched, { forgetful: options.forgetful, again: wire.again }), broken }
  }
}

export type { Outcome, PathResult }
