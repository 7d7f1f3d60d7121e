import type { Database } from 'better-sqlite3'

export const secretsSchema = `
CREATE TABLE IF NOT EXISTS rw_secrets (
  name TEXT PRIMARY KEY, key_id TEXT NOT NULL, sealed BLOB NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
`

/** A secret as it lies on the disk: encrypted. */
export interface SealedSecret {
  readonly name: string
  /** Which key opens it. */
  readonly keyId: string
  readonly sealed: Uint8Array
  /** UTC milliseconds. */
  readonly changed: number
}

export interface SecretStore {
  /** By name. */
  all(): SealedSecret[]
  /** Writes all of them in one transaction: all or none. */
  put(secrets: readonly SealedSecret[]): void
  /** False when there was none. */
  delete(name: string): boolean
}

/** Encrypted secrets in the database; it never has a key or a value. */
export function createSecretStore(database: Database): SecretStore {
  const all = database.prepare<[], { name: string; key_id: string; sealed: Buffer; changed: number }>(
    'SELECT name, key_id, sealed, changed FROM rw_secrets ORDER BY name',
  )
  const put = database.prepare(
    `INSERT INTO rw_secrets (name, key_id, sealed, changed) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, changed = excluded.changed`,
  )
  const remove = database.prepare('DELETE FROM rw_secrets WHERE name = ?')
  const putAll = database.transaction((secrets: readonly SealedSecret[]) => {
    for (const { name, keyId, sealed, changed } of secrets) put.run(name, keyId, sealed, changed)
  })
  return {
    all: () => all.all().map(({ key_id: keyId, ...rest }) => ({ ...rest, keyId })),
    put: (secrets) => putAll.immediate(secrets),
    delete: (name) => remove.run(name).changes > 0,
  }
}
