import { closeSync, constants, copyFileSync, fsyncSync, openSync, renameSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { reasonOf, rulewireError } from '../errors.ts'
import { schema, schemaVersion } from './schema.ts'

/** One step from the version before to `to`. New tables need none: the schema makes those that are missing. */
export interface Migration {
  readonly to: number
  readonly run: (database: Database) => void
}

/**
 * The steps in order, each from the version before it. A step that has left this house is never changed: files of its version
 * are out there.
 */
export const migrations: readonly Migration[] = []

/**
 * Brings a database to {@link schemaVersion}: a new one gets the schema, an older one is copied to `FILE.vN` first and then
 * changed in one transaction, so that it is of one version or the other whatever happens. Throws DATA_NEWER, which leaves the
 * file as it is, and MIGRATION_FAILED.
 *
 * @param file path of the database, or `:memory:`
 */
export function migrate(
  database: Database,
  file: string,
  steps: readonly Migration[] = migrations,
  version: number = schemaVersion,
): void {
  const found = Number(database.pragma('user_version', { simple: true }))
  if (found > version) throw rulewireError('DATA_NEWER', { file, found, known: version })
  const due = found === 0 ? [] : steps.filter(({ to }) => to > found)
  if (due.length > 0 && file !== ':memory:') copyAside(database, file, found)
  try {
    database.exec('BEGIN IMMEDIATE')
    for (const step of due) step.run(database)
    database.exec(schema)
    database.pragma(`user_version = ${version}`)
    database.exec('COMMIT')
  } catch (cause) {
    if (database.inTransaction) database.exec('ROLLBACK')
    if (due.length === 0) throw cause
    throw rulewireError('MIGRATION_FAILED', { file, found, version, detail: reasonOf(cause) }, { cause })
  }
}

/** The file as it was, beside it. A copy that was not finished has another name, so this one is always whole. */
function copyAside(database: Database, file: string, version: number): void {
  const copy = `${file}.v${version}`
  try {
    database.pragma('wal_checkpoint(TRUNCATE)')
    copyFileSync(file, `${copy}.part`, constants.COPYFILE_FICLONE)
    const handle = openSync(`${copy}.part`, 'r')
    fsyncSync(handle)
    closeSync(handle)
    renameSync(`${copy}.part`, copy)
  } catch (cause) {
    throw rulewireError(
      'MIGRATION_FAILED',
      { file, found: version, version: schemaVersion, detail: `no copy could be made: ${reasonOf(cause)}` },
      { cause },
    )
  }
}
