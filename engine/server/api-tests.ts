import type {
  RuleTestDraft,
  RuleTestRecording,
  RuleTestsAnswer,
  RuleTestsFile,
  RuleTestsRun,
} from './protocol-tests.ts'

/** Rule tests of flows. */
export interface RuleTestsApi {
  get(flow: string): Promise<RuleTestsFile>
  /** Throws CHECK_FAILED with what cannot be read in it, FLOW_NAME_MISMATCH and CHANGED_MEANWHILE. */
  put(flow: string, text: string, hash?: string): Promise<RuleTestsFile>
  /** Throws TOO_MANY_RUNS and RUN_TOO_LONG. */
  run(flow: string, request: RuleTestsRun): Promise<RuleTestsAnswer>
  /** Throws BAD_REQUEST, NOT_FOUND, TOO_MANY_RUNS and RUN_TOO_LONG. */
  record(flow: string, recording: RuleTestRecording): Promise<RuleTestDraft>
}
