/** What the routes for rule tests carry. The format of a file of rule tests stands in engine/rules/README.md. */
import type { Problem } from '../errors.ts'

/** GET /api/v1/flows/:flow/tests; also the answer of PUT /api/v1/flows/:flow/tests { text, hash? }. */
export interface RuleTestsFile {
  flow: string
  /** Name of the file. */
  file: string
  /** False: there is no file yet, and `text` is what a first one may start from. */
  exists: boolean
  text: string
  /** Hash of the file's text: sent back with PUT so that nobody overwrites another's change. */
  hash?: string
}

/** POST /api/v1/flows/:flow/tests/run: runs tests on a draft, in virtual time, beside the flows. */
export interface RuleTestsRun {
  /** The draft. */
  document: unknown
  /** Text of the tests; the file's unless given. */
  text?: string | undefined
  /** Places of the tests to run in their list, from 0; all unless given. */
  tests?: number[] | undefined
}

export interface RuleTestsAnswer {
  /** Of the tests and of the draft; with one among them nothing ran. */
  problems: Problem[]
  ran: boolean
  tests: RuleTestResult[]
  /** Of the tests that ran. */
  coverage?: RuleCoverage
}

export interface RuleTestResult {
  /** Place in the list of tests, from 0. */
  place: number
  name: string
  passed: boolean
  /** Virtual time that went by, such as `+10m5s`. */
  lasted: string
  failures: RuleFailure[]
}

/** Something that was not as a step expects it. */
export interface RuleFailure {
  /** Counted from 1. */
  step: number
  /** Since the start of the test, such as `+5s`. */
  after: string
  /** Path in the file, such as `tests[0].steps[3].expect["too-warm.event"]`, and its line there, from 1. */
  at: string
  line?: number
  /** A sentence. */
  text: string
  /** The node that it is about; absent for effects of the whole flow. */
  node?: string
  /** The output port that it is about. */
  port?: string
  /** Expected and found, side by side. */
  lines: RuleLine[]
  /** The last calls of nodes before, oldest first. */
  calls: string[]
  /** Nothing ever came to the node. */
  unreached: boolean
}

/** One item or field of a list; texts are JSON, cut. */
export interface RuleLine {
  kind: 'same' | 'changed' | 'missing' | 'surplus'
  /** Counted from 1. */
  place: number
  /** Field of the item that differs, such as `payload.value`; absent for the whole item. */
  field?: string
  expected?: string
  found?: string
  /** When what was found came, since the start of the test. */
  after?: string
}

/** By `node` and `node.port`. */
export interface RuleCoverage {
  nodes: { reached: string[]; missed: string[] }
  ports: { used: string[]; missed: string[] }
  /** Nodes that every test leaves out. */
  left: string[]
}

/**
 * POST /api/v1/flows/:flow/tests/record: makes a test from messages. They are run on the draft, and what comes of them is
 * written down as what is expected.
 */
export interface RuleTestRecording {
  document: unknown
  name: string
  /** At most 200, in the order in which they came. */
  messages: RecordedMessage[]
  /** Lets time go on after the last one, so that timers fire: a duration such as "5m". */
  advance?: string | undefined
  /** Nodes to leave out. */
  disable?: string[] | undefined
}

/** A message for a test: as a device published it, or straight to input ports. */
export interface RecordedMessage {
  /** Milliseconds since the first one. */
  after: number
  topic: string
  payload: unknown
  retain?: boolean | undefined
  /** `node.input`: for what did not come from a topic. */
  to?: string[] | undefined
}

export interface RuleTestDraft {
  problems: Problem[]
  /** JSON text of the test; absent when there are problems. */
  text?: string
  /** How many messages, effects and transitions it expects. */
  expected: number
  /** What is not the same when it is run again, as sentences; then the test cannot pass as it stands. */
  unstable: string[]
}
