/** What a user of the embedded broker may do with the topics of a filter; `%u` is the user's name, `%c` the client id. */
export interface BrokerRule {
  action: 'publish' | 'subscribe' | 'both'
  filter: string
}

/** GET /api/v1/broker-users: a user of the embedded broker. */
export interface BrokerUser {
  name: string
  /** Whether it has a password; without one only a client certificate of that name lets it in. */
  password: boolean
  disabled: boolean
  /** What no rule allows is denied. */
  rules: BrokerRule[]
  /** It stands in the config file and is changed there. */
  fixed: boolean
  /** UTC milliseconds; absent for one of the config file. */
  changed?: number
  /** Clients that are connected as this user. */
  clients: number
}

/** PUT /api/v1/broker-users/:name; what is left out stays as it is. */
export interface BrokerUserChange {
  /** null: no login by password. */
  password?: string | null | undefined
  disabled?: boolean | undefined
  rules?: BrokerRule[] | undefined
}
