import type {
  RuleTestDraft,
  RuleTestRecording,
  RuleTestsAnswer,
  RuleTestsFile,
  RuleTestsRun,
} from '../../../engine/server/protocol-tests.ts'
import type { Call } from './call.ts'

/** Rule tests of flows. */
export interface TestsClient {
  file(flow: string): Promise<RuleTestsFile>
  save(flow: string, text: string, hash: string): Promise<RuleTestsFile>
  run(flow: string, request: RuleTestsRun): Promise<RuleTestsAnswer>
  record(flow: string, recording: RuleTestRecording): Promise<RuleTestDraft>
}

export function testsClient(call: Call): TestsClient {
  const path = (flow: string) => `flows/${encodeURIComponent(flow)}/tests`
  return {
    file: (flow) => call('GET', path(flow)),
    save: (flow, text, hash) => call('PUT', path(flow), { text, hash }),
    run: (flow, request) => call('POST', `${path(flow)}/run`, request),
    record: (flow, recording) => call('POST', `${path(flow)}/record`, recording),
  }
}
