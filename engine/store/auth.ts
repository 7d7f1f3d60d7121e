import type { Database } from 'better-sqlite3'
import type { Role } from '../auth/index.ts'

/** Users, their sessions, API tokens. Secrets stand as hashes only. Times are UTC milliseconds. */
export const authSchema = `
CREATE TABLE IF NOT EXISTS rw_users (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, disabled INTEGER NOT NULL, password TEXT NOT NULL, created INTEGER NOT NULL,
  password_changed INTEGER NOT NULL, last_login INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_sessions (
  hash TEXT PRIMARY KEY, user TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rw_sessions_user ON rw_sessions (user, seen);
CREATE TABLE IF NOT EXISTS rw_tokens (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, title TEXT NOT NULL, user TEXT, role TEXT NOT NULL, start TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER, last_used INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rw_tokens_user ON rw_tokens (user);
CREATE TABLE IF NOT EXISTS rw_token_makers (token TEXT PRIMARY KEY, maker TEXT NOT NULL) WITHOUT ROWID;
`

export interface UserRecord {
  name: string
  role: Role
  disabled: boolean
  /** As `hashPassword` gives it. */
  password: string
  created: number
  passwordChanged: number
  lastLogin: number | null
}

export interface SessionRecord {
  hash: string
  user: string
  created: number
  seen: number
}

export interface TokenRecord {
  id: string
  hash: string
  title: string
  user: string | null
  role: Role
  start: string
  created: number
  expires: number | null
  lastUsed: number | null
}

export interface AuthStore {
  users: {
    list(): UserRecord[]
    get(name: string): UserRecord | undefined
    count(): number
    /** Enabled admins. */
    admins(): number
    add(user: UserRecord): void
    /** Writes all but the name. */
    write(user: UserRecord): void
    /** Removes the user with sessions and tokens. */
    remove(name: string): void
  }
  sessions: {
    get(hash: string): SessionRecord | undefined
    add(session: SessionRecord): void
    seen(hash: string, time: number): void
    remove(hash: string): void
    /** Ends those of a user, but for one; returns how many. */
    removeOf(user: string, except?: string): number
    /** Those of a user that began after `created` and were used after `seen`. */
    countOf(user: string, created: number, seen: number): number
    /** Ends the ones used longest ago, so that at most `limit` of a user are left. */
    trimOf(user: string, limit: number): void
    /** Ends those that began before `created` or were last used before `seen`. */
    clear(created: number, seen: number): void
  }
  tokens: {
    /** Of one user, or all. */
    list(user?: string): TokenRecord[]
    get(id: string): TokenRecord | undefined
    find(hash: string): TokenRecord | undefined
    /** Those of a user that are valid at a time. */
    countOf(user: string, time: number): number
    /** @param maker id of the token that it was made with */
    add(token: TokenRecord, maker?: string): void
    used(id: string, time: number): void
    /** Removes it and those that were made with it, and with those. */
    remove(id: string): void
  }
}

type UserRow = Omit<UserRecord, 'disabled'> & { disabled: number }

export function createAuthStore(database: Database): AuthStore {
  return { users: createUsers(database), sessions: createSessions(database), tokens: createTokens(database) }
}

function createUsers(database: Database): AuthStore['users'] {
  const columns =
    'name, role, disabled, password, created, password_changed AS passwordChanged, last_login AS lastLogin'
  const list = database.prepare<[], UserRow>(`SELECT ${columns} FROM rw_users ORDER BY name`)
  const get = database.prepare<[string], UserRow>(`SELECT ${columns} FROM rw_users WHERE name = ?`)
  const count = database.prepare<[], number>('SELECT count(*) FROM rw_users').pluck()
  const admins = database
    .prepare<[], number>("SELECT count(*) FROM rw_users WHERE role = 'admin' AND disabled = 0")
    .pluck()
  const add = database.prepare(
    `INSERT INTO rw_users (name, role, disabled, password, created, password_changed, last_login)
     VALUES (:name, :role, :disabled, :password, :created, :passwordChanged, :lastLogin)`,
  )
  const write = database.prepare(
    `UPDATE rw_users SET role = :role, disabled = :disabled, password = :password, created = :created,
     password_changed = :passwordChanged, last_login = :lastLogin WHERE name = :name`,
  )
  const removals = ['rw_users WHERE name', 'rw_sessions WHERE user', 'rw_tokens WHERE user'].map((from) =>
    database.prepare(`DELETE FROM ${from} = ?`),
  )
  const remove = database.transaction((name: string) => {
    for (const statement of removals) statement.run(name)
  })
  return {
    list: () => list.all().map(userOf),
    get(name) {
      const found = get.get(name)
      return found === undefined ? undefined : userOf(found)
    },
    count: () => count.get() ?? 0,
    admins: () => admins.get() ?? 0,
    add: (user) => void add.run({ ...user, disabled: Number(user.disabled) }),
    write: (user) => void write.run({ ...user, disabled: Number(user.disabled) }),
    remove: (name) => remove(name),
  }
}

function createSessions(database: Database): AuthStore['sessions'] {
  const get = database.prepare<[string], SessionRecord>('SELECT * FROM rw_sessions WHERE hash = ?')
  const add = database.prepare(
    'INSERT INTO rw_sessions (hash, user, created, seen) VALUES (:hash, :user, :created, :seen)',
  )
  const seen = database.prepare('UPDATE rw_sessions SET seen = ? WHERE hash = ?')
  const remove = database.prepare('DELETE FROM rw_sessions WHERE hash = ?')
  const removeOf = database.prepare('DELETE FROM rw_sessions WHERE user = ? AND hash IS NOT ?')
  const countOf = database
    .prepare<[string, number, number], number>(
      'SELECT count(*) FROM rw_sessions WHERE user = ? AND created > ? AND seen > ?',
    )
    .pluck()
  const trimOf = database.prepare(
    `DELETE FROM rw_sessions WHERE user = :user AND hash NOT IN
     (SELECT hash FROM rw_sessions WHERE user = :user ORDER BY seen DESC, created DESC LIMIT :limit)`,
  )
  const clear = database.prepare('DELETE FROM rw_sessions WHERE created < ? OR seen < ?')
  return {
    get: (hash) => get.get(hash),
    add: (session) => void add.run(session),
    seen: (hash, time) => void seen.run(time, hash),
    remove: (hash) => void remove.run(hash),
    removeOf: (user, except) => removeOf.run(user, except ?? null).changes,
    countOf: (user, created, time) => countOf.get(user, created, time) ?? 0,
    trimOf: (user, limit) => void trimOf.run({ user, limit }),
    clear: (created, time) => void clear.run(created, time),
  }
}

function createTokens(database: Database): AuthStore['tokens'] {
  const columns = 'id, hash, title, user, role, start, created, expires, last_used AS lastUsed'
  const list = database.prepare<[{ user: string | null }], TokenRecord>(
    `SELECT ${columns} FROM rw_tokens WHERE :user IS NULL OR user = :user ORDER BY created DESC, id`,
  )
  const get = database.prepare<[string], TokenRecord>(`SELECT ${columns} FROM rw_tokens WHERE id = ?`)
  const find = database.prepare<[string], TokenRecord>(`SELECT ${columns} FROM rw_tokens WHERE hash = ?`)
  const countOf = database
    .prepare<[string, number], number>(
      'SELECT count(*) FROM rw_tokens WHERE user = ? AND (expires IS NULL OR expires > ?)',
    )
    .pluck()
  const add = database.prepare(
    `INSERT INTO rw_tokens (id, hash, title, user, role, start, created, expires, last_used)
     VALUES (:id, :hash, :title, :user, :role, :start, :created, :expires, :lastUsed)`,
  )
  const used = database.prepare('UPDATE rw_tokens SET last_used = ? WHERE id = ?')
  const addMaker = database.prepare('INSERT INTO rw_token_makers (token, maker) VALUES (?, ?)')
  const removeAll = database.prepare(
    `WITH RECURSIVE gone (id) AS (
       SELECT ? UNION SELECT token FROM rw_token_makers JOIN gone ON maker = gone.id)
     DELETE FROM rw_tokens WHERE id IN (SELECT id FROM gone)`,
  )
  const forgetMakers = database.prepare('DELETE FROM rw_token_makers WHERE token NOT IN (SELECT id FROM rw_tokens)')
  return {
    list: (user) => list.all({ user: user ?? null }),
    get: (id) => get.get(id),
    find: (hash) => find.get(hash),
    countOf: (user, time) => countOf.get(user, time) ?? 0,
    add(token, maker) {
      add.run(token)
      if (maker !== undefined) addMaker.run(token.id, maker)
    },
    used: (id, time) => void used.run(time, id),
    remove(id) {
      removeAll.run(id)
      forgetMakers.run()
    },
  }
}

function userOf(row: UserRow): UserRecord {
  return { ...row, disabled: row.disabled !== 0 }
}
