import type { Client, ConnectPacket } from 'aedes'
import type { Log } from '../../log.ts'
import type { BrokerLimits } from './limits.ts'
import { connectFault, publishFault, subscribeFault } from './policy.ts'
import type { Session, Sessions } from './sessions.ts'
import type { BrokerUsers } from './users.ts'

/** Why a CONNECT is refused: the return code of CONNACK, and a sentence. */
export interface Refusal {
  readonly returnCode: number
  readonly text: string
}

/** Who may connect, publish and subscribe. The engine's own connections may do everything that MQTT allows. */
export class Admission {
  readonly #users: BrokerUsers | undefined
  readonly #limits: BrokerLimits
  readonly #sessions: Sessions
  readonly #log: Log
  readonly #inside = new WeakSet<object>()
  /** Client ids of the engine, which nobody else may use. */
  readonly #reserved = new Set<string>()
  readonly #names = new WeakMap<Client, string>()
  readonly #willTopics = new WeakMap<Client, string>()

  constructor(users: BrokerUsers | undefined, limits: BrokerLimits, sessions: Sessions, log: Log) {
    this.#users = users
    this.#limits = limits
    this.#sessions = sessions
    this.#log = log
  }

  /** This connection is the engine's own. */
  trust(connection: object): void {
    this.#inside.add(connection)
  }

  isInside(client: Client): boolean {
    return this.#inside.has(client.conn)
  }

  /** Before it is known who connects. */
  refusalOfPacket(client: Client, packet: ConnectPacket): Refusal | undefined {
    if (packet.will !== undefined) this.#willTopics.set(client, packet.will.topic)
    return connectFault(packet)
  }

  async refusalOfClient(
    client: Client,
    name: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<Refusal | undefined> {
    if (this.isInside(client)) this.#reserved.add(client.id)
    else if (this.#reserved.has(client.id)) return { returnCode: 2, text: "this client id is the engine's" }
    else {
      const refusal = await this.#refusalOfUser(client, name, password)
      if (refusal !== undefined) return refusal
    }
    if (client.clean || !this.#sessions.full || this.#sessions.find(client.id) !== undefined) return undefined
    return { returnCode: 3, text: `there are ${this.#limits.sessions} sessions already` }
  }

  /** Why a message is refused, or undefined. `client` is undefined for a will of an earlier run, which was checked then. */
  publishFault(client: Client | undefined, topic: string): string | undefined {
    const fault = publishFault(topic)
    if (fault !== undefined || client === undefined || this.isInside(client)) return fault
    const allowed = this.#users?.mayPublish(this.#names.get(client), topic) ?? true
    return allowed ? undefined : `it may not publish to ${topic}`
  }

  /** Why a subscription is refused, or undefined. `session` is undefined while an old session is taken up. */
  subscribeFault(client: Client, session: Session | undefined, filter: string): string | undefined {
    const fault = subscribeFault(filter)
    if (fault !== undefined) return fault
    if (!this.isInside(client) && this.#users?.maySubscribe(this.#names.get(client), filter) === false)
      return 'it may not'
    const { subscriptions } = this.#limits
    if (session === undefined || session.interests.size < subscriptions || session.interests.has(filter))
      return undefined
    return `it has ${subscriptions} subscriptions`
  }

  async #refusalOfUser(
    client: Client,
    name: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<Refusal | undefined> {
    if (name !== undefined) this.#names.set(client, name)
    const users = this.#users
    if (users === undefined) return undefined
    try {
      if (!(await users.authenticate(name, password, client.id))) {
        return { returnCode: 4, text: 'name or password is wrong' }
      }
    } catch (error) {
      this.#log('error', `The user ${name} of MQTT client ${client.id} could not be checked`, error)
      return { returnCode: 3, text: 'its user could not be checked' }
    }
    const will = this.#willTopics.get(client)
    if (will === undefined || users.mayPublish(name, will)) return undefined
    return { returnCode: 5, text: `it may not publish its will to ${will}` }
  }
}
