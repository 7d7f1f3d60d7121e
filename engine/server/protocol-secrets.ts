/** GET /api/v1/secrets: what is known of a secret. There is no way to ask for its value. */
export interface SecretInfo {
  name: string
  /** Where the value in use comes from; one in the environment goes before a stored one. */
  source: 'stored' | 'environment'
  stored: boolean
  /** When the stored one was set, UTC milliseconds. */
  changed?: number
  /** Why the stored one cannot be read, as a sentence's end. */
  fault?: string
  /** `cold-chain/notify` for nodes, `broker plant` for connections. */
  users: string[]
}
