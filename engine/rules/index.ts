/** Rule tests as data: read, run in virtual time, compared. No files, no wall clock, no I/O: the store is handed in. */
export type { Coverage } from './coverage.ts'
export {
  type LoadedRuleFile,
  loadRuleFile,
  type RuleFile,
  type RuleFileOptions,
  type RuleFileResult,
  runRuleFile,
} from './file.ts'
export { type JunitFile, junitText } from './junit.ts'
export type { Line, Seen } from './lists.ts'
export { sinceText } from './moment.ts'
export { shownText } from './observer.ts'
export { defaultStart, readRuleTests, ruleTestsJsonSchema } from './read.ts'
export { type MessageToRecord, type RecordedTest, recordTest } from './record.ts'
export { failureText, seenText, type Tone, tellingLines } from './report.ts'
export type { Failure, TestResult } from './run.ts'
