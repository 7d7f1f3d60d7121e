/** What the deploy routes carry. Times are UTC milliseconds. */
import type { Problem } from '../errors.ts'
import type { FlowDocument, PlanDiff } from '../flow/model.ts'

/** GET /api/v1/flows/:flow/deploys: newest first. Also of a flow that was deleted. */
export interface DeployList {
  items: DeploySummary[]
}

/** One version of a flow that ran, or runs. */
export interface DeploySummary {
  id: number
  flow: string
  time: number
  /** Who: the name of a user or token; "file" when the file was changed, "automatic return" when the guard took one back. */
  by: string
  /** How: deployed, the file was changed, an earlier version was restored by a person, or came back by itself. */
  origin: 'deploy' | 'file' | 'restore' | 'return'
  comment: string | null
  /** The deploy whose version came back with this one. */
  restored: number | null
  nodes: number
  /** `watched`: its guard looks on, or did until the next deploy came. `failed`: its guard has taken it back. */
  verdict: 'good' | 'watched' | 'failed'
  /** Why it failed, as a sentence. */
  reason: string | null
  /** It is what runs. */
  current: boolean
  /** While its guard looks on. */
  watch?: { until: number; messages: number; errors: number }
}

/** GET /api/v1/flows/:flow/deploys/:id */
export interface DeployDetail extends DeploySummary {
  document: FlowDocument
  /** What restoring it would change against what runs; absent when it would not pass the check. */
  diff?: PlanDiff
  /** What the check of it finds today. */
  problems: Problem[]
}

/** In the summary of a flow whose last deploy was taken back by its guard. */
export interface ReturnedDeploy {
  /** The deploy that brought the earlier version back. */
  id: number
  time: number
  reason: string
}
