import type { DeployAnswer } from './protocol.ts'
import type { DeployDetail, DeployList } from './protocol-deploys.ts'

/** Who deploys, and why. */
export interface DeployAbout {
  by?: string | undefined
  comment?: string | undefined
}

/** The versions of flows that were deployed. */
export interface DeploysApi {
  /** Throws NOT_FOUND for a flow that never ran. */
  list(flow: string): DeployList
  /** Throws NOT_FOUND. */
  get(flow: string, id: number): DeployDetail
  /** Deploys an earlier version and writes the file. Throws NOT_FOUND, and CHECK_FAILED when it does not pass the check any more. */
  restore(flow: string, id: number, about?: DeployAbout): Promise<DeployAnswer>
}
