import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { EngineOptions } from '../../engine/engine.ts'
import type { FaultPoint } from '../../engine/run/ports.ts'
import type { BrokerDescription } from '../../engine/server/protocol.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until, within } from '../tools/wait.ts'

export interface ChildOptions {
  flows: string
  data: string
  broker?: string | undefined
  connections?: NonNullable<EngineOptions['connections']>
  mqttPort?: number
  limits?: NonNullable<EngineOptions['limits']>
}

export type ChildRequest = { id: number } & (
  | { what: 'arm'; point: FaultPoint; times: number }
  | { what: 'jump'; milliseconds: number }
  | { what: 'state' }
  /** So many more pages may the database get. */
  | { what: 'pages'; free: number }
  | { what: 'pragma'; name: string }
  | { what: 'put'; document: Record<string, unknown> }
  | { what: 'close' }
)

type Ask<Request = ChildRequest> = Request extends ChildRequest ? Omit<Request, 'id'> : never

export interface ChildReply {
  id: number
  value?: unknown
  error?: string
}

export interface ChildState {
  brokers: BrokerDescription[]
  health: { ready: boolean; reasons: { code: string; text: string }[] }
  rss: number
}

/** An engine in a process of its own, on directories that stay over its ends. */
export class EngineProcess {
  readonly flows: string
  readonly data: string
  /** Every line that it wrote, over all starts. */
  log = ''
  /** Ends by SIGKILL, whoever sent it. */
  kills = 0
  mqttPort = 0
  readonly #options: Omit<ChildOptions, 'flows' | 'data'>
  #child: ChildProcess | undefined
  #ended = true
  #ids = 0
  readonly #answers = new Map<number, (reply: ChildReply) => void>()

  /** @param path directory of another one that is used as well; a new one unless given. */
  constructor(
    documents: readonly Record<string, unknown>[],
    options: Omit<ChildOptions, 'flows' | 'data'> = {},
    { path } = temporaryDirectory('faults'),
  ) {
    this.flows = join(path, 'flows')
    this.data = join(path, 'data')
    this.#options = options
    mkdirSync(this.flows, { recursive: true })
    for (const document of documents)
      writeFileSync(join(this.flows, `${String(document.flow)}.json`), JSON.stringify(document))
  }

  /** Another process for the same directories. */
  twin(): EngineProcess {
    return new EngineProcess([], this.#options, { path: dirname(this.data), remove: () => undefined })
  }

  get running(): boolean {
    return !this.#ended
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Starts it and resolves when the engine runs. Rejects when it ends before. */
  async start(): Promise<void> {
    const options: ChildOptions = { ...this.#options, flows: this.flows, data: this.data }
    if (this.mqttPort > 0) options.mqttPort = this.mqttPort
    const child = fork(join(import.meta.dirname, 'engine-child.ts'), [JSON.stringify(options)], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#ended = false
    const endWithUs = () => child.kill('SIGKILL')
    process.once('exit', endWithUs)
    const collect = (chunk: Buffer) => {
      this.log += chunk.toString()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.once('exit', (_, signal) => {
      process.off('exit', endWithUs)
      if (signal === 'SIGKILL') this.kills++
      if (child !== this.#child) return
      this.#ended = true
      for (const answer of this.#answers.values()) answer({ id: -1, error: 'the engine ended' })
      this.#answers.clear()
    })
    child.on('message', (reply: ChildReply) => {
      this.#answers.get(reply.id)?.(reply)
      this.#answers.delete(reply.id)
    })
    const ready = await new Promise<ChildReply>((resolve) => this.#answers.set(0, resolve))
    if (ready.error !== undefined) throw new Error(`the engine did not start:\n${this.log.slice(-2000)}`)
    this.mqttPort = Number((ready.value as { mqttPort?: number }).mqttPort ?? 0) // engine-child.ts sends it
  }

  /** SIGKILL, and waits for its end. */
  async kill(): Promise<void> {
    if (this.#ended) return
    const ended = this.#child === undefined ? undefined : nextEvent(this.#child, 'exit')
    this.#child?.kill('SIGKILL')
    await ended
  }

  /** Resolves when the process has ended, for whatever reason. */
  async ended(deadline?: number): Promise<void> {
    await until(
      () => this.#ended,
      () => `the end of the engine; its log ends with\n${this.log.slice(-1500)}`,
      deadline,
    )
  }

  /** Lets it end what it has begun. */
  async close(): Promise<void> {
    if (this.#ended) return
    await this.ask({ what: 'close' })
    await this.kill()
  }

  /** SIGSTOP or SIGCONT. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(name)
  }

  /** The process ends itself when it passes that point for that time. */
  arm(point: FaultPoint, times: number): Promise<unknown> {
    return this.ask({ what: 'arm', point, times })
  }

  async state(): Promise<ChildState> {
    return (await this.ask({ what: 'state' })) as ChildState // engine-child.ts sends it
  }

  async ask(request: Ask): Promise<unknown> {
    const id = ++this.#ids
    const answered = new Promise<ChildReply>((resolve) => this.#answers.set(id, resolve))
    this.#child?.send({ ...request, id }, (error) => {
      if (error !== null) this.#answers.get(id)?.({ id, error: error.message })
    })
    const reply = await within(answered, `an answer to ${request.what}`)
    if (reply.error !== undefined) throw new Error(reply.error)
    return reply.value
  }
}
