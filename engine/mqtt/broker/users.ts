/** How a client says who it is. */
export interface Login {
  readonly name: string | undefined
  readonly password: Uint8Array | undefined
  readonly clientId: string
  /** The common name of a client certificate that was checked; it counts instead of the name. */
  readonly certificate: string | undefined
  readonly address: string
}

/** Who may connect to the embedded broker and what they may do. Connections of the engine itself are not asked. */
export interface BrokerUsers {
  /**
   * Whether the login is right, and as whom: `true` stands for the name that was given. It must take equally long for a name that
   * does not exist. What it throws is the reason why the user could not be checked.
   */
  authenticate(login: Login): LoginAnswer | Promise<LoginAnswer>
  /** Asked for each message and for the will. `user` is undefined for who came without a login. */
  mayPublish(user: string | undefined, topic: string, clientId: string): boolean
  /** Asked for each subscription, and again when a session is taken up. */
  maySubscribe(user: string | undefined, filter: string, clientId: string): boolean
  /** Whose session a client id has, and that it now is this user's: nobody gets the messages of somebody else. May throw. */
  readonly owners?: SessionOwners
}

/** `later`: it was not checked now, with the reason as a sentence's end. */
export type LoginAnswer = boolean | { readonly user: string | undefined } | { readonly later: string }

export interface SessionOwners {
  /** Undefined: of who came without a login; null: of a user that there is no more. */
  of(clientId: string): string | null | undefined
  set(clientId: string, user: string | undefined): void
  /** Forgets those whose session is gone. */
  keepOnly(clientIds: ReadonlySet<string>): void
}
