import type { Client, ConnectPacket } from 'aedes'
import type { Log } from '../../log.ts'
import type { BrokerLimits } from './limits.ts'
import { connectFault, publishFault, subscribeFault } from './policy.ts'
import { bytesOf, type Session, type Sessions } from './sessions.ts'
import type { BrokerUsers, Login } from './users.ts'

/** Why a CONNECT is refused: the return code of CONNACK, and a sentence. */
export interface Refusal {
  readonly returnCode: number
  readonly text: string
  /** Whom the log counts it for; the client unless said. Who tries names and client ids does not fill it. */
  readonly about?: string
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
  /** As whom a client was let in; not for those without a login. */
  readonly #names = new WeakMap<Client, string>()
  /** By connection: the name in a client certificate that was checked, and the address. */
  readonly #origins = new WeakMap<object, { certificate: string | undefined; address: string }>()
  /** Who is connected or about to be, by client id. */
  readonly #connected = new Map<string, Client>()
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

  /** What is known of a connection before it says anything. */
  cameFrom(connection: object, origin: { certificate: string | undefined; address: string }): void {
    this.#origins.set(connection, origin)
  }

  /** As whom a client was let in. */
  userOf(client: Client): string | undefined {
    return this.#names.get(client)
  }

  /** A client is let in for good: its session is its user's. Throws when that cannot be noted. */
  attached(client: Client): void {
    const owners = this.#users?.owners
    if (owners === undefined || client.clean || this.isInside(client)) return
    owners.set(client.id, this.#names.get(client))
  }

  detached(client: Client): void {
    if (this.#connected.get(client.id) === client) this.#connected.delete(client.id)
  }

  /** A session has ended, and so has what it was to its user. */
  sessionGone(clientId: string): void {
    try {
      this.#users?.owners?.set(clientId, undefined)
    } catch (error) {
      // It goes at the next start; until then nobody else has this client id.
      this.#log('warn', `The owner of the session ${clientId} could not be forgotten`, error)
    }
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
      const refusal = (await this.#refusalOfUser(client, name, password)) ?? this.#refusalOfSession(client)
      if (refusal !== undefined) return refusal
    }
    if (client.clean || !this.#sessions.full || this.#sessions.find(client.id) !== undefined) return undefined
    return { returnCode: 3, text: `there are ${this.#limits.sessions} sessions already` }
  }

  /** Why a message is refused, or undefined. `client` is undefined for a will of an earlier run, which was checked then. */
  publishFault(client: Client | undefined, topic: string): string | undefined {
    const fault = publishFault(topic)
    if (fault !== undefined || client === undefined || this.isInside(client)) return fault
    const allowed = this.#users?.mayPublish(this.#names.get(client), topic, client.id) ?? true
    return allowed ? undefined : `it may not publish to ${topic}`
  }

  /** Why a subscription is refused, or undefined. `session` is undefined while an old session is taken up. */
  subscribeFault(client: Client, session: Session | undefined, filter: string): string | undefined {
    const fault = subscribeFault(filter)
    if (fault !== undefined) return fault
    if (!this.isInside(client) && this.#users?.maySubscribe(this.#names.get(client), filter, client.id) === false)
      return 'it may not'
    const { subscriptions, subscriptionBytes } = this.#limits
    if (session === undefined || session.interests.has(filter)) return undefined
    if (session.interests.size >= subscriptions) return `it has ${subscriptions} subscriptions`
    if (this.isInside(client) || this.#sessions.bytes + bytesOf(filter) <= subscriptionBytes) return undefined
    return `the subscriptions of all clients take ${this.#sessions.bytes} bytes, the limit is ${subscriptionBytes}`
  }

  async #refusalOfUser(
    client: Client,
    name: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<Refusal | undefined> {
    const users = this.#users
    if (users === undefined) {
      if (name !== undefined) this.#names.set(client, name)
      return undefined
    }
    const { certificate, address } = this.#origins.get(client.conn) ?? { certificate: undefined, address: 'unknown' }
    const login: Login = { name, password, clientId: client.id, certificate, address }
    try {
      const answer = await users.authenticate(login)
      if (answer === false) return { returnCode: 4, text: wrongLogin(login), about: address }
      if (typeof answer === 'object' && 'later' in answer)
        return { returnCode: 3, text: `${answer.later} (from ${address})`, about: address }
      const user = answer === true ? (certificate ?? name) : answer.user
      if (user !== undefined) this.#names.set(client, user)
    } catch (error) {
      this.#log('error', `The user ${certificate ?? name} of MQTT client ${client.id} could not be checked`, error)
      return { returnCode: 3, text: 'its user could not be checked' }
    }
    const will = this.#willTopics.get(client)
    if (will === undefined || users.mayPublish(this.#names.get(client), will, client.id)) return undefined
    return { returnCode: 5, text: `it may not publish its will to ${will}` }
  }

  /**
   * A client id belongs to the user who came with it: nobody else takes over that connection, or the messages that wait for it.
   * What is left of a user that there is no more is thrown away.
   */
  #refusalOfSession(client: Client): Refusal | undefined {
    const owners = this.#users?.owners
    if (owners === undefined) return undefined
    const user = this.#names.get(client)
    const known = this.#connected.get(client.id)
    if (known !== undefined && !known.closed && this.#names.get(known) !== user) {
      return { returnCode: 2, text: 'another user is connected with this client id' }
    }
    this.#connected.set(client.id, client)
    this.#forgetClosed()
    const session = this.#sessions.find(client.id)
    if (session === undefined) return undefined
    const owner = owners.of(client.id)
    if (owner === user) return undefined
    if (typeof owner === 'string') return { returnCode: 2, text: 'its session belongs to another user' }
    this.#sessions.discard(session)
    return undefined
  }

  /** Those that ended before they were let in for good. */
  #forgetClosed(): void {
    if (this.#connected.size <= 2 * this.#limits.connections) return
    for (const [id, client] of this.#connected) if (client.closed) this.#connected.delete(id)
  }
}

function wrongLogin({ name, certificate, address }: Login): string {
  if (certificate !== undefined)
    return `there is no user for its certificate, "${certificate.slice(0, 64)}", or none that may log in (from ${address})`
  if (name === undefined) return `it has no login (from ${address})`
  return `name or password is wrong ("${name.slice(0, 64)}" from ${address})`
}
