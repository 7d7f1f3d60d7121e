/** Who may connect to the embedded broker and what they may do. Connections of the engine itself are not asked. */
export interface BrokerUsers {
  /** Whether name and password are right. It must take equally long for a name that does not exist. */
  authenticate(
    username: string | undefined,
    password: Uint8Array | undefined,
    clientId: string,
  ): boolean | Promise<boolean>
  /** Asked for each message and for the will. */
  mayPublish(username: string | undefined, topic: string): boolean
  /** Asked for each subscription, and again when a session is taken up. */
  maySubscribe(username: string | undefined, filter: string): boolean
}
