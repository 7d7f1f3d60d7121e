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

/** What is wrong with a CONNECT: the return code that says it to the client, and a sentence. */
export function connectFault(packet: ConnectPacket): { returnCode: number; text: string } | undefined {
  if (packet.clientId === '' && !packet.clean) {
    return { returnCode: 2, text: 'it has no client id and wants a session that lasts [MQTT-3.1.3-8]' }
  }
  const will = packet.will === undefined ? undefined : publishFault(packet.will.topic)
  return will === undefined ? undefined : { returnCode: 5, text: `its will is refused: ${will}` }
}

/** Slows clients down that publish faster than they may; a second's worth may come at once. */
export class Pace<Client extends object> {
  readonly #interval: number
  readonly #due = new WeakMap<Client, number>()

  /** @param rate messages a second */
  constructor(rate: number) {
    this.#interval = 1000 / rate
  }

  /** Milliseconds that this message has to wait. */
  wait(client: Client, now: number): number {
    const due = Math.max(this.#due.get(client) ?? 0, now - 1000) + this.#interval
    this.#due.set(client, due)
    return Math.max(0, due - now)
  }
}
