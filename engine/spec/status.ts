/** What a node that watches the engine is told about. */
export const statusKinds = ['connection', 'health', 'deploy', 'dead-letters', 'errors', 'node'] as const

export type StatusKind = (typeof statusKinds)[number]

/**
 * What something is now.
 *
 * | kind | subject | state |
 * |---|---|---|
 * | connection | its name | connected, or what it is instead |
 * | health | engine | healthy or unhealthy |
 * | deploy | a flow | running, disabled, held or failed |
 * | dead-letters | flow/node | id of the last one |
 * | errors | flow/node | failures in the last minute |
 * | node | flow/node | the text that it shows |
 */
export interface StatusChange {
  readonly kind: StatusKind
  readonly subject: string
  /** Undefined: the subject is gone. */
  readonly state: string | number | undefined
  /** A sentence for people. */
  readonly text: string
  /** Of what is not all in `state`, such as the hash of what is deployed: another one is a change, too. */
  readonly version?: string
}

/** What a node that watches gets: changes, or at its start everything. */
export interface StatusReport {
  /** All subjects are there. */
  readonly complete: boolean
  readonly changes: readonly StatusChange[]
}
