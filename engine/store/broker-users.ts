import type { Database } from 'better-sqlite3'

export const brokerUsersSchema = `
CREATE TABLE IF NOT EXISTS rw_broker_users (
  name TEXT PRIMARY KEY, password TEXT, disabled INTEGER NOT NULL, rules TEXT NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_broker_owners (client_id TEXT PRIMARY KEY, user TEXT NOT NULL) WITHOUT ROWID;
`

/** A user of the embedded broker as it lies on the disk. */
export interface StoredBrokerUser {
  readonly name: string
  /** A hash; null: only a client certificate lets this user in. */
  readonly password: string | null
  readonly disabled: boolean
  /** As JSON says them. */
  readonly rules: unknown
  /** UTC milliseconds. */
  readonly changed: number
}

export interface BrokerUserStore {
  /** By name. */
  all(): StoredBrokerUser[]
  put(user: StoredBrokerUser): void
  delete(name: string): void
  /** Users by the client id of their session. */
  owners(): Map<string, string>
  setOwner(clientId: string, user: string | undefined): void
}

/** Users of the embedded broker, and whose sessions are whose. */
export function createBrokerUserStore(database: Database): BrokerUserStore {
  interface Row {
    name: string
    password: string | null
    disabled: number
    rules: string
    changed: number
  }
  const all = database.prepare<[], Row>(
    'SELECT name, password, disabled, rules, changed FROM rw_broker_users ORDER BY name',
  )
  const put = database.prepare(
    `INSERT INTO rw_broker_users (name, password, disabled, rules, changed) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET password = excluded.password, disabled = excluded.disabled, rules = excluded.rules, changed = excluded.changed`,
  )
  const remove = database.prepare('DELETE FROM rw_broker_users WHERE name = ?')
  const owners = database.prepare<[], { client_id: string; user: string }>(
    'SELECT client_id, user FROM rw_broker_owners',
  )
  const setOwner = database.prepare(
    'INSERT INTO rw_broker_owners (client_id, user) VALUES (?, ?) ON CONFLICT DO UPDATE SET user = excluded.user',
  )
  const removeOwner = database.prepare('DELETE FROM rw_broker_owners WHERE client_id = ?')
  return {
    all: () =>
      all.all().map(({ disabled, rules, ...row }) => ({
        ...row,
        disabled: disabled === 1,
        rules: JSON.parse(rules) as unknown,
      })),
    put: ({ name, password, disabled, rules, changed }) =>
      void put.run(name, password, disabled ? 1 : 0, JSON.stringify(rules), changed),
    delete: (name) => void remove.run(name),
    owners: () => new Map(owners.all().map(({ client_id: clientId, user }) => [clientId, user])),
    setOwner(clientId, user) {
      if (user === undefined) removeOwner.run(clientId)
      else setOwner.run(clientId, user)
    },
  }
}
