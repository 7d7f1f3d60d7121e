import { type Problem, RulewireError } from '../errors.ts'
import { checkFlow, checkText } from '../flow/check.ts'
import type { CheckResult, FlowDocument, Plan } from '../flow/model.ts'
import { placed, type ReadFlow } from '../flow/read.ts'
import type { Store } from '../run/ports.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import type { RuleTest } from './document.ts'
import { readRuleTests, startOf } from './read.ts'
import { runRuleTest, type TestResult } from './run.ts'
import { disableProblems, targetProblems } from './targets.ts'

export interface RuleFileOptions {
  specs: ReadonlyMap<string, AnyNodeSpec>
  /** The flow's file, by the flow's id. Throws when it cannot be read. */
  flow(id: string): { file: string; text: string }
}

/** A file of rule tests whose names all mean something: ready to run. */
export interface RuleFile {
  file: string
  flow: string
  flowFile: string
  /** Ids of all nodes. */
  ids: string[]
  tests: { test: RuleTest; plan: Plan; start: number; seed: number; base: (string | number)[] }[]
}

export interface LoadedRuleFile {
  /** There when nothing stands against a run. */
  loaded?: RuleFile
  /** Of the file and of its flow. */
  problems: Problem[]
  /** Line and column, counted from 1, of a path in the file. */
  locate: ReadFlow['locate']
}

export interface RuleFileResult {
  file: string
  flow: string
  tests: TestResult[]
  coverage: Coverage
}

/** Reads a file of rule tests with the flow that it is about, and collects all problems of both. */
export function loadRuleFile(text: string, file: string, options: RuleFileOptions): LoadedRuleFile {
  const { document, problems, locate } = readRuleTests(text, file)
  if (document === undefined) return { problems, locate }
  const { flow: name, disable = [], seed = 1 } = document
  const flow = flowFile(name, options)
  if ('code' in flow) return { problems: placed([flow], locate, file), locate }
  const checked = checkText(flow.text, { specs: options.specs, file: flow.file })
  const errors = checked.problems.filter((one) => one.severity === 'error')
  if (checked.document === undefined || checked.plan === undefined) return { problems: errors, locate }
  const whole = checked.document
  const ids = whole.nodes.map(({ id }) => id)
  const about = { flow: name, choices: ids }
  const found = disableProblems(disable, about, [])
  const tests = document.tests.flatMap((test, index) => {
    const base = ['tests', index]
    found.push(...disableProblems(test.disable ?? [], about, base))
    const { plan, problems: own } = checkWithout(whole, new Set([...disable, ...(test.disable ?? [])]), options)
    if (plan === undefined) found.push(...own)
    else found.push(...targetProblems(test, plan, base))
    return plan === undefined ? [] : [{ test, plan, start: startOf(document, test), seed: test.seed ?? seed, base }]
  })
  if (found.length > 0) return { problems: placed(found, locate, file), locate }
  return { loaded: { file, flow: name, flowFile: flow.file, ids, tests }, problems: [], locate }
}

/** Runs all tests of a file, each on a store of its own. */
export function runRuleFile(
  { file, flow, ids, tests }: RuleFile,
  openStore: () => Store & { close(): void },
): RuleFileResult {
  const results = tests.map((test) => {
    const store = openStore()
    try {
      return runRuleTest({ ...test, store })
    } finally {
      store.close()
    }
  })
  const reaches = results.map(({ reach }) => reach)
  return { file, flow, tests: results, coverage: coverageOf(ids, reaches) }
}

/** The flow's file, or why there is none. */
function flowFile(name: string, options: RuleFileOptions): { file: string; text: string } | Problem {
  try {
    return options.flow(name)
  } catch (thrown) {
    if (!(thrown instanceof RulewireError)) throw thrown
    const { code, message, hint } = thrown
    return { code, severity: 'error', text: message, hint, at: 'flow' }
  }
}

/** A flow that is switched off is tested all the same. */
function checkWithout(whole: FlowDocument, left: ReadonlySet<string>, { specs }: RuleFileOptions): CheckResult {
  const nodes = whole.nodes.map((node) => (left.has(node.id) ? { ...node, disabled: true } : node))
  return checkFlow({ ...whole, nodes }, { specs })
}
