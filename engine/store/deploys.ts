import type { Database } from 'better-sqlite3'
import type { FlowDocument } from '../flow/model.ts'

/** How a deploy came about. */
export type DeployOrigin = 'deploy' | 'file' | 'restore' | 'return'

/** What became of it: `watched` while its guard looks on, and for ever when the next deploy came before it was over. */
export type DeployVerdict = 'good' | 'watched' | 'failed'

export interface Deploy {
  id: number
  flow: string
  /** UTC milliseconds. */
  time: number
  hash: string
  document: FlowDocument
}

/** Who deployed and why. */
export interface DeployNote {
  by: string
  origin: DeployOrigin
  comment: string | null
  /** The deploy whose version came back with this one. */
  restored: number | null
}

export interface DeployRecord extends Omit<Deploy, 'document'>, DeployNote {
  nodes: number
  verdict: DeployVerdict
  /** Why it failed. */
  reason: string | null
}

/** What the guard of a fresh deploy has counted. Times are UTC milliseconds. */
export interface DeployWatch {
  flow: string
  deploy: number
  since: number
  until: number
  /** The limit that was deployed with it, as JSON. */
  limit: string
  messages: number
  errors: number
}

/** What was deployed when: the last good version of each flow outlives a broken file. */
export interface Deploys {
  /** Returns its id. */
  add(deploy: Omit<Deploy, 'id'>, note?: Partial<DeployNote>): number
  /** The same version with another title or layout. */
  renew(id: number, document: FlowDocument): void
  last(flow: string): Deploy | undefined
  /** Newest first. */
  list(flow: string): DeployRecord[]
  get(flow: string, id: number): { record: DeployRecord; document: FlowDocument } | undefined
  judge(id: number, verdict: DeployVerdict, reason: string | null): void
  /** Keeps so many of each flow from now on; the newest good one before the last stays in any case. */
  keep(limit: number): void
  readonly watches: {
    put(watch: DeployWatch): void
    all(): DeployWatch[]
    remove(flow: string): void
  }
}

/** The table of deploys is older than the others. */
export const deploysSchema = `
CREATE TABLE IF NOT EXISTS rw_deploy_notes (
  deploy INTEGER PRIMARY KEY, "by" TEXT NOT NULL, origin TEXT NOT NULL, comment TEXT, restored INTEGER,
  verdict TEXT NOT NULL, reason TEXT);
CREATE TABLE IF NOT EXISTS rw_deploy_watches (
  flow TEXT PRIMARY KEY, deploy INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, "limit" TEXT NOT NULL,
  messages INTEGER NOT NULL, errors INTEGER NOT NULL) WITHOUT ROWID;
`

/** Deploys of one flow that are kept unless said otherwise. */
export const keptDeploys = 50

const columns = `d.id, d.flow, d.time, d.hash, json_array_length(d.document, '$.nodes') AS nodes,
  coalesce(n."by", '') AS "by", coalesce(n.origin, 'deploy') AS origin, n.comment, n.restored,
  coalesce(n.verdict, 'good') AS verdict, n.reason`

export function createDeploys(database: Database): Deploys {
  let kept = keptDeploys
  // A database that is only read may be of before there were notes: what needs them is prepared when it is used.
  const later = <Parameters extends unknown[], Row = unknown>(sql: string) => {
    let statement: ReturnType<typeof database.prepare<Parameters, Row>> | undefined
    return () => {
      statement ??= database.prepare<Parameters, Row>(sql)
      return statement
    }
  }
  const add = later('INSERT INTO rw_deploys (flow, time, hash, document) VALUES (?, ?, ?, ?)')
  const addNote = later(
    `INSERT INTO rw_deploy_notes (deploy, "by", origin, comment, restored, verdict) VALUES (?, ?, ?, ?, ?, 'good')`,
  )
  const trim = later(
    `DELETE FROM rw_deploys WHERE flow = :flow
     AND id <= (SELECT id FROM rw_deploys WHERE flow = :flow ORDER BY id DESC LIMIT 1 OFFSET :kept)
     AND id <> coalesce((SELECT max(d.id) FROM rw_deploys d LEFT JOIN rw_deploy_notes n ON n.deploy = d.id
       WHERE d.flow = :flow AND d.id < :id AND coalesce(n.verdict, 'good') = 'good'), 0)`,
  )
  const trimNotes = later('DELETE FROM rw_deploy_notes WHERE deploy NOT IN (SELECT id FROM rw_deploys)')
  const renew = later('UPDATE rw_deploys SET document = ? WHERE id = ?')
  const last = database.prepare<[string], Omit<Deploy, 'document'> & { document: string }>(
    'SELECT id, flow, time, hash, document FROM rw_deploys WHERE flow = ? ORDER BY id DESC LIMIT 1',
  )
  const from = 'FROM rw_deploys d LEFT JOIN rw_deploy_notes n ON n.deploy = d.id WHERE d.flow = ?'
  const list = later<[string], DeployRecord>(`SELECT ${columns} ${from} ORDER BY d.id DESC`)
  const get = later<[string, number], DeployRecord & { document: string }>(
    `SELECT ${columns}, d.document ${from} AND d.id = ?`,
  )
  const judge = later(
    `INSERT INTO rw_deploy_notes (deploy, "by", origin, verdict, reason) VALUES (:id, '', 'deploy', :verdict, :reason)
     ON CONFLICT DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason`,
  )
  const putWatch = later(
    `INSERT INTO rw_deploy_watches (flow, deploy, since, until, "limit", messages, errors)
     VALUES (:flow, :deploy, :since, :until, :limit, :messages, :errors)
     ON CONFLICT DO UPDATE SET deploy = excluded.deploy, since = excluded.since, until = excluded.until,
       "limit" = excluded."limit", messages = excluded.messages, errors = excluded.errors`,
  )
  const watches = later<[], DeployWatch>(
    'SELECT flow, deploy, since, until, "limit", messages, errors FROM rw_deploy_watches',
  )
  const removeWatch = later('DELETE FROM rw_deploy_watches WHERE flow = ?')
  const addAll = database.transaction((deploy: Omit<Deploy, 'id'>, note: Partial<DeployNote>) => {
    const { flow, time, hash, document } = deploy
    const { by = '', origin = 'deploy', comment = null, restored = null } = note
    const id = Number(add().run(flow, time, hash, JSON.stringify(document)).lastInsertRowid)
    addNote().run(id, by, origin, comment, restored)
    if (trim().run({ flow, kept, id }).changes > 0) trimNotes().run()
    return id
  })
  return {
    add: (deploy, note = {}) => addAll(deploy, note),
    renew: (id, document) => void renew().run(JSON.stringify(document), id),
    last(flow) {
      const found = last.get(flow)
      return found === undefined ? undefined : { ...found, document: documentOf(found.document) }
    },
    list: (flow) => list().all(flow),
    get(flow, id) {
      const found = get().get(flow, id)
      if (found === undefined) return undefined
      const { document, ...record } = found
      return { record, document: documentOf(document) }
    },
    judge: (id, verdict, reason) => void judge().run({ id, verdict, reason }),
    keep(limit) {
      kept = limit
    },
    watches: {
      put: (watch) => void putWatch().run(watch),
      all: () => watches().all(),
      remove: (flow) => void removeWatch().run(flow),
    },
  }
}

/** What add wrote is a document. */
function documentOf(text: string): FlowDocument {
  return JSON.parse(text) as FlowDocument
}
