import { type MqttClient, validateTopic } from 'mqtt'
import { subscriptionId } from '../spec/topics.ts'
import { reasonText } from './faults.ts'

type Filters = ReadonlyMap<string, 0 | 1 | 2>

export interface SubscriptionsOptions {
  /** What the session had at the last run. */
  readonly known: Filters | undefined
  /** MQTT 5: a retained message keeps its mark also when it was published after the subscription. */
  readonly retainAsPublished: boolean
  changed(filters: Filters): void
  /** The broker has answered to all that is wanted. */
  settled(): void
  log(level: 'info' | 'error', text: string): void
  /** A sentence about filters that the broker refuses, or undefined when all is well. */
  complain(complaint: string | undefined): void
}

/** Filters in one SUBSCRIBE or UNSUBSCRIBE. */
const perPacket = 200

/**
 * Brings the filters of the broker's session in line with what is wanted, by differences: a session that was kept needs
 * nothing, and what nobody wants any more is unsubscribed, so that it does not fill the session while we are away.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  #wanted: Filters | undefined
  #session: Map<string, 0 | 1 | 2>
  /** Not asked for again on this connection. */
  readonly #refused = new Map<string, string>()
  #client: MqttClient | undefined
  #identified = false
  /** Packets without an answer; answers of an earlier round count for nothing. */
  #open = 0
  #round = 0

  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#session = new Map(options.known ?? [])
  }

  want(filters: Filters): void {
    this.#wanted = new Map(filters)
    this.#refused.clear()
    this.#step()
  }

  /** A CONNACK came. `identified`: the broker takes subscription identifiers. */
  connected(sessionPresent: boolean, identified: boolean): void {
    this.#identified = identified
    this.#refused.clear()
    if (!sessionPresent) this.#session = new Map()
  }

  /** MQTT.js takes SUBSCRIBEs. */
  ready(client: MqttClient): void {
    this.#client = client
    this.#step()
  }

  disconnected(): void {
    this.#client = undefined
    this.#open = 0
    this.#round++
  }

  /** Sends the difference, when no earlier one is on its way. */
  #step(): void {
    const client = this.#client
    const wanted = this.#wanted
    if (client === undefined || wanted === undefined || this.#open > 0) return
    for (const qos of [0, 1, 2] as const) {
      const missing = [...wanted].filter(([filter, asked]) => asked === qos && this.#session.get(filter) !== qos)
      const filters = missing.map(([filter]) => filter).filter((filter) => this.#mayAsk(filter))
      const [identified, plain] = split(filters, (filter) => this.#identified && subscriptionId(filter) > 0)
      // An identifier belongs to a whole SUBSCRIBE.
      for (const filter of identified) this.#subscribe(client, [filter], qos, subscriptionId(filter))
      for (const part of parts(plain)) this.#subscribe(client, part, qos)
    }
    const unwanted = [...this.#session.keys()].filter((filter) => !wanted.has(filter))
    for (const part of parts(unwanted)) this.#unsubscribe(client, part)
    this.#report(wanted)
    if (this.#open === 0) this.#options.settled()
  }

  #mayAsk(filter: string): boolean {
    if (this.#refused.has(filter)) return false
    const fault = filterFault(filter)
    if (fault === undefined) return true
    // A broker would end the connection for it, again and again.
    this.#refuse(filter, fault)
    return false
  }

  #subscribe(client: MqttClient, filters: string[], qos: 0 | 1 | 2, identifier?: number): void {
    const round = this.#begin()
    const properties = identifier === undefined ? {} : { properties: { subscriptionIdentifier: identifier } }
    // Not as an object by filter: MQTT.js gives the key "resubscribe" a meaning of its own there.
    client.subscribe(filters, { qos, rap: this.#options.retainAsPublished, ...properties }, (error, _, packet) => {
      if (round !== this.#round) return
      for (const [index, filter] of filters.entries()) {
        const code = Number(packet?.granted[index] ?? 0x80)
        if (code < 0x80) this.#session.set(filter, qos)
        else this.#refuse(filter, packet === undefined ? (error?.message ?? 'no answer') : reasonText(code))
        if (code < qos)
          this.#options.log('info', `"${filter}" is granted at QoS ${code} only; QoS ${qos} was asked for.`)
      }
      this.#answered()
    })
  }

  #unsubscribe(client: MqttClient, filters: readonly string[]): void {
    const round = this.#begin()
    client.unsubscribe([...filters], (error) => {
      if (round !== this.#round) return
      if (error) this.#options.log('error', `could not unsubscribe ${filters.join(', ')}: ${error.message}.`)
      for (const filter of filters) this.#session.delete(filter)
      this.#answered()
    })
  }

  #begin(): number {
    this.#open++
    return this.#round
  }

  #answered(): void {
    this.#open--
    if (this.#open > 0) return
    this.#options.changed(new Map(this.#session))
    this.#step()
  }

  #refuse(filter: string, reason: string): void {
    this.#refused.set(filter, reason)
    this.#options.log('error', `the subscription to "${filter}" was refused: ${reason}.`)
  }

  #report(wanted: Filters): void {
    const refused = [...this.#refused].filter(([filter]) => wanted.has(filter))
    const [first] = refused
    if (first === undefined) {
      this.#options.complain(undefined)
      return
    }
    const more = refused.length > 1 ? ` and ${refused.length - 1} more` : ''
    this.#options.complain(`The subscription to "${first[0]}" was refused (${first[1]})${more}.`)
  }
}

function* parts<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let at = 0; at < items.length; at += perPacket) yield items.slice(at, at + perPacket)
}

/** Those that pass, and the others. */
function split<Item>(items: readonly Item[], passes: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(passes), items.filter((item) => !passes(item))]
}

function filterFault(filter: string): string | undefined {
  if (filter === '' || filter.includes('\0')) return 'it is empty or holds a NUL'
  if (Buffer.byteLength(filter) > 65_535) return 'it is longer than 65,535 bytes'
  if (!validateTopic(filter)) return '"+" and "#" must be whole levels, and "#" the last one'
  if (filter.startsWith('$share/') && !/^\$share\/[^/+#]+\/./.test(filter)) return 'it should be $share/group/filter'
  return undefined
}
