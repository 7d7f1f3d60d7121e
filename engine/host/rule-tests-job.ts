import type { Problem } from '../errors.ts'
import { rulewireError } from '../errors.ts'
import { checkFlow } from '../flow/index.ts'
import { printJson } from '../flow/print.ts'
import {
  defaultStart,
  type Failure,
  type Line,
  loadRuleFile,
  type RuleFile,
  readRuleTests,
  recordTest,
  runRuleFile,
  seenText,
  shownText,
  sinceText,
  type TestResult,
  tellingLines,
} from '../rules/index.ts'
import type {
  RecordedMessage,
  RuleFailure,
  RuleLine,
  RuleTestDraft,
  RuleTestResult,
  RuleTestsAnswer,
} from '../server/protocol-tests.ts'
import { parseDuration } from '../spec/fields.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { readTime } from '../spec/values.ts'
import { openStore } from '../store/index.ts'

/** Plain data that goes to another thread: what is to be done with the tests of a flow. */
export type RuleTestsJob = { flow: string; file: string; text: string; document: unknown } & (
  | { kind: 'run'; tests: readonly number[] | undefined }
  | { kind: 'record'; name: string; messages: readonly RecordedMessage[]; advance: string; disable: readonly string[] }
)

export type RuleTestsResult = RuleTestsAnswer | RuleTestDraft

type Specs = ReadonlyMap<string, AnyNodeSpec>
type Run = Extract<RuleTestsJob, { kind: 'run' }>
type Record = Extract<RuleTestsJob, { kind: 'record' }>

/** Lines of a comparison that are told, and characters of a value in them. */
const mostLines = 60
const longestValue = 400

/** Does a job, here and now. */
export function doRuleTests(job: RuleTestsJob, specs: Specs): RuleTestsResult {
  return job.kind === 'run' ? runTests(job, specs) : record(job, specs)
}

function runTests(job: Run, specs: Specs): RuleTestsAnswer {
  const { loaded, problems, locate } = loadTests(job, job.text, specs)
  if (loaded === undefined) return { problems, ran: false, tests: [] }
  const { tests: chosen } = job
  const file =
    chosen === undefined ? loaded : { ...loaded, tests: loaded.tests.filter((_, place) => chosen.includes(place)) }
  const result = runRuleFile(file, () => openStore(':memory:'))
  const places = file.tests.map(({ base }) => Number(base[1]))
  const shown = result.tests.map((test, index) =>
    shownResult(test, places[index] ?? index, file.tests[index], (at) => locate(at)?.line),
  )
  return { problems: [], ran: true, tests: shown, coverage: result.coverage }
}

/** Problems of the draft have no place in a file: there is none. */
function loadTests({ flow, file, document }: RuleTestsJob, text: string, specs: Specs) {
  const draft = `${flow}.json`
  const result = loadRuleFile(text, file, {
    specs,
    flow: (id) => {
      if (id !== flow) throw rulewireError('FLOW_NAME_MISMATCH', { file: flow, flow: id })
      return { file: draft, text: JSON.stringify(document) ?? '' }
    },
  })
  const problems = result.problems.map(({ line, column, ...rest }): Problem => {
    const place = { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) }
    return rest.file === draft ? rest : { ...rest, ...place }
  })
  return { ...result, problems }
}

function shownResult(
  { name, failures, lasted, start }: TestResult,
  place: number,
  test: RuleFile['tests'][number] | undefined,
  lineOf: (at: string) => number | undefined,
): RuleTestResult {
  const shown = failures.map((failure): RuleFailure => {
    const line = lineOf(failure.at)
    return {
      step: failure.step,
      after: sinceText(failure.after),
      at: failure.at,
      ...(line === undefined ? {} : { line }),
      text: failure.text,
      ...aboutOf(failure, test),
      lines: (failure.lines.length > mostLines ? tellingLines(failure.lines) : failure.lines)
        .flatMap((one) => shownLines(one, start))
        .slice(0, mostLines),
      calls: failure.wire,
      unreached: failure.wire[0]?.startsWith('nothing reached ') ?? false,
    }
  })
  // What has a place on the canvas comes first.
  shown.sort((one, other) => Number(one.port === undefined) - Number(other.port === undefined))
  return { place, name, passed: failures.length === 0, lasted: sinceText(lasted), failures: shown }
}

/** The node and port that a failure is about: its own, or that of what was expected or found. */
function aboutOf({ node, path, step, lines }: Failure, test: RuleFile['tests'][number] | undefined) {
  const [part, key] = path
  const name = part === 'nothing' ? test?.test.steps[step - 1]?.nothing?.[Number(key)] : key
  const port = typeof name === 'string' && name.includes('.') ? name.slice(name.indexOf('.') + 1) : undefined
  const other = lines.find((line) => line.kind !== 'same')
  const value = other === undefined ? undefined : 'expected' in other ? other.expected : other.seen.value
  const named: unknown = typeof value === 'object' && value !== null && 'node' in value ? value.node : undefined
  const about = node ?? (typeof named === 'string' ? named : undefined)
  return { ...(about === undefined ? {} : { node: about }), ...(port === undefined ? {} : { port }) }
}

function shownLines(line: Line, start: number): RuleLine[] {
  const { kind, place } = line
  if (kind === 'missing') return [{ kind, place, expected: shownText(line.expected, longestValue) }]
  const after = sinceText(line.seen.time - start)
  if (kind !== 'changed') return [{ kind, place, found: seenText(line.seen.value), after }]
  return line.fields.map(({ path, expected, found }) => ({
    kind,
    place,
    field: path,
    expected: shownText(expected, longestValue),
    found: shownText(found, longestValue),
    after,
  }))
}

/** A test is made with the start, seed and nodes to leave out of its file, and run once more to see whether it passes. */
function record(job: Record, specs: Specs): RuleTestDraft {
  const nothing = { expected: 0, unstable: [] }
  const then = parseDuration(job.advance)
  if (then === undefined) throw durationFault(job.advance)
  const before = readRuleTests(job.text, job.file).document
  const own = job.disable.filter((id) => before?.disable?.includes(id) !== true)
  const left = new Set([...(before?.disable ?? []), ...own])
  const { problems, plan } = checkFlow(withoutNodes(job.document, left), { specs })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (plan === undefined) return { problems: errors, ...nothing }
  const store = openStore(':memory:')
  try {
    const { name, messages } = job
    const start = readTime(before?.start) ?? defaultStart
    const recording = { plan, store, start, seed: before?.seed ?? 1, name, messages, then, disable: own }
    const { test, expected, stopped } = recordTest(recording)
    const { tests: _others, ...head } = before ?? { flow: job.flow, tests: [] }
    const again = runTests(
      { ...job, kind: 'run', tests: undefined, text: JSON.stringify({ ...head, tests: [test] }) },
      specs,
    )
    const unstable = again.tests.flatMap(({ failures }) => failures.map(({ text }) => text))
    if (stopped !== undefined) unstable.unshift(stopped)
    return { problems: again.problems, text: printJson(test), expected, unstable }
  } finally {
    store.close()
  }
}

function withoutNodes(document: unknown, left: ReadonlySet<string>): unknown {
  if (typeof document !== 'object' || document === null || !('nodes' in document)) return document
  if (!Array.isArray(document.nodes)) return document
  const nodes = document.nodes.map((node: unknown) =>
    typeof node === 'object' && node !== null && 'id' in node && left.has(String(node.id))
      ? { ...node, disabled: true }
      : node,
  )
  return { ...document, disabled: false, nodes }
}

function durationFault(found: string) {
  const detail = `"${found}" is not a duration.`
  return rulewireError(
    'BAD_REQUEST',
    { detail, wanted: 'Write a number and a unit, such as 30s or 5m.' },
    { at: 'body.advance' },
  )
}
