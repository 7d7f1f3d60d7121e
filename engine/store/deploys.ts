import type { Database } from 'better-sqlite3'
import type { FlowDocument } from '../flow/model.ts'

export interface Deploy {
  id: number
  flow: string
  /** UTC milliseconds. */
  time: number
  hash: string
  document: FlowDocument
}

/** What was deployed when: the last good version of each flow outlives a broken file. */
export interface Deploys {
  add(deploy: Omit<Deploy, 'id'>): void
  last(flow: string): Deploy | undefined
}

/** Deploys of one flow that are kept. */
const kept = 50

export function createDeploys(database: Database): Deploys {
  const add = database.prepare('INSERT INTO rw_deploys (flow, time, hash, document) VALUES (?, ?, ?, ?)')
  const trim = database.prepare(
    'DELETE FROM rw_deploys WHERE flow = ? AND id <= (SELECT id FROM rw_deploys WHERE flow = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
  )
  const last = database.prepare<[string], Omit<Deploy, 'document'> & { document: string }>(
    'SELECT id, flow, time, hash, document FROM rw_deploys WHERE flow = ? ORDER BY id DESC LIMIT 1',
  )
  return {
    add({ flow, time, hash, document }) {
      add.run(flow, time, hash, JSON.stringify(document))
      trim.run(flow, flow, kept)
    },
    last(flow) {
      const found = last.get(flow)
      // What add wrote is a document.
      return found === undefined ? undefined : { ...found, document: JSON.parse(found.document) as FlowDocument }
    },
  }
}
