import { reasonOf, rulewireError } from '../errors.ts'
import { createDeploys, type Deploy } from './deploys.ts'
import { openReader } from './history-read.ts'

/**
 * The last deploy of a flow, from the data directory of an engine that may run meanwhile; undefined when there was none. Throws
 * NO_DATABASE, and FILE_UNREADABLE when it cannot be read.
 */
export function readDeployed(directory: string, flow: string): Deploy | undefined {
  const database = openReader(directory)
  try {
    return createDeploys(database).last(flow)
  } catch (cause) {
    throw rulewireError('FILE_UNREADABLE', { file: database.name, detail: reasonOf(cause) }, { cause })
  } finally {
    database.close()
  }
}
