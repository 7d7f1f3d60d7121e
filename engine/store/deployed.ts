import { join } from 'node:path'
import Database from 'better-sqlite3'
import { reasonOf, rulewireError } from '../errors.ts'
import { createDeploys, type Deploy } from './deploys.ts'
import { databaseFile } from './open.ts'

/**
 * The last deploy of a flow, from the data directory of an engine that may run meanwhile; undefined when there was none. Throws
 * FILE_UNREADABLE when the directory holds no database that can be read.
 */
export function readDeployed(directory: string, flow: string): Deploy | undefined {
  const file = join(directory, databaseFile)
  let database: Database.Database | undefined
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 2000 })
    return createDeploys(database).last(flow)
  } catch (cause) {
    throw rulewireError('FILE_UNREADABLE', { file, detail: reasonOf(cause) }, { cause })
  } finally {
    database?.close()
  }
}
