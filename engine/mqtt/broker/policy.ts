import type { ConnectPacket } from 'aedes'
import { topicFault } from '../encode.ts'

/** Why nobody may publish to a topic, or undefined. */
export function publishFault(topic: string): string | undefined {
  if (topic.startsWith('$'))
    return `topics that start with "$" belong to the broker, and ${JSON.stringify(topic)} is one`
  return topicFault(topic)
}

/** Why a topic filter is refused, or undefined. */
export function subscribeFault(filter: string): string | undefined {
  // aedes would grant it and deliver nothing.
  if (filter.startsWith('$share/')) return 'this broker has no shared subscriptions; subscribe without $share/group/'
  if (filter.includes('\0')) return 'it holds a NUL'
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) return '"#" must be the whole last level'
    if (level.includes('+') && level !== '+') return '"+" must be a whole level'
  }
  return undefined
}

/** Bytes of a client id; sessions are remembered by it. */
const longestClientId = 1024

/** What is wrong with a CONNECT: the return code that says it to the client, and a sentence. */
export function connectFault(packet: ConnectPacket): { returnCode: number; text: string } | undefined {
  if (packet.clientId === '' && !packet.clean) {
    return { returnCode: 2, text: 'it has no client id and wants a session that lasts [MQTT-3.1.3-8]' }
  }
  const length = Buffer.byteLength(packet.clientId)
  if (length > longestClientId) {
    return { returnCode: 2, text: `its client id has ${length} bytes, the limit is ${longestClientId}` }
  }
  const will = packet.will === undefined ? undefined : publishFault(packet.will.topic)
  return will === undefined ? undefined : { returnCode: 5, text: `its will is refused: ${will}` }
}

interface Lane {
  /** When the next message may pass, UTC milliseconds. */
  due: number
  readonly waiting: (() => void)[]
}

/** Milliseconds whose share of messages may come at once. */
const burst = 1000

/** Slows clients down that publish faster than they may. What waits stays in order, and no more is read from them meanwhile. */
export class Pace<Client extends object> {
  readonly #interval: number
  readonly #now: () => number
  readonly #delay: (milliseconds: number, run: () => void) => void
  readonly #lanes = new WeakMap<Client, Lane>()

  /** @param rate messages a second */
  constructor(
    rate: number,
    now: () => number,
    delay: (milliseconds: number, run: () => void) => void = (milliseconds, run) => void setTimeout(run, milliseconds),
  ) {
    this.#interval = 1000 / rate
    this.#now = now
    this.#delay = delay
  }

  /** Runs it at once or when it is the client's turn. */
  pass(client: Client, run: () => void): void {
    let lane = this.#lanes.get(client)
    if (lane === undefined) {
      lane = { due: 0, waiting: [] }
      this.#lanes.set(client, lane)
    }
    if (lane.waiting.length === 0 && this.#isDue(lane)) {
      run()
      return
    }
    lane.waiting.push(run)
    if (lane.waiting.length === 1) this.#wait(lane)
  }

  #isDue(lane: Lane): boolean {
    const now = this.#now()
    // The clock may have been set back meanwhile.
    const due = Math.min(Math.max(lane.due, now - burst), now + this.#interval)
    if (due > now) return false
    lane.due = due + this.#interval
    return true
  }

  #wait(lane: Lane): void {
    this.#delay(Math.max(1, Math.ceil(lane.due - this.#now())), () => {
      let count = 0
      while (count < lane.waiting.length && this.#isDue(lane)) count++
      for (const run of lane.waiting.splice(0, count)) run()
      if (lane.waiting.length > 0) this.#wait(lane)
    })
  }
}
