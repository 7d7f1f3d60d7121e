import type { DeployAnswer, DeployDetail, DeployList } from '../../../engine/server/protocol.ts'
import type { Call } from './call.ts'

/** The versions of flows that were deployed. */
export interface DeploysClient {
  list(flow: string): Promise<DeployList>
  one(flow: string, id: number): Promise<DeployDetail>
  restore(flow: string, id: number, comment: string): Promise<DeployAnswer>
}

export function deploysClient(call: Call): DeploysClient {
  const path = (flow: string) => `flows/${encodeURIComponent(flow)}/deploys`
  return {
    list: (flow) => call('GET', path(flow)),
    one: (flow, id) => call('GET', `${path(flow)}/${id}`),
    restore: (flow, id, comment) => call('POST', `${path(flow)}/${id}/restore`, comment === '' ? {} : { comment }),
  }
}
