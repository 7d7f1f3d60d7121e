import { type Problem, problem } from '../errors.ts'
import { fieldSchema } from '../flow/fieldschema.ts'
import { problemsOfIssues } from '../flow/issues.ts'
import { readJsonText, type TextPlace } from '../flow/jsontext.ts'
import { placed } from '../flow/read.ts'
import { foundText } from '../flow/words.ts'
import { readTime } from '../spec/values.ts'
import { type RuleTest, type RuleTests, ruleTestsSchema } from './document.ts'
import { readMoment, sinceText, timeOf } from './moment.ts'

export interface ReadRuleTests {
  /** There when the file can be run. */
  document?: RuleTests
  problems: Problem[]
  /** Line and column, counted from 1, of a path such as `tests[0].steps[2].expect`. */
  locate(at: string): TextPlace | undefined
}

/** When tests begin unless they say otherwise, UTC milliseconds: 2026-01-01. */
export const defaultStart = Date.UTC(2026, 0, 1)

/** Reads the text of a file of rule tests: JSON, fields, times; all problems at once. `file` is its name, for the problems. */
export function readRuleTests(text: string, file: string): ReadRuleTests {
  const { value, problems: own, locate } = readJsonText(text)
  if (value === undefined) return { problems: placed(own, locate, file), locate }
  const { document, problems } = checkTests(value)
  const all = placed([...own, ...problems], locate, file)
  return { ...(document !== undefined && all.length === 0 ? { document } : {}), problems: all, locate }
}

/** JSON Schema of files of rule tests, for editors. */
export function ruleTestsJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Rule tests of Rulewire',
    ...fieldSchema(ruleTestsSchema),
  }
}

/** When a test begins, UTC milliseconds. */
export function startOf(document: RuleTests, test: RuleTest): number {
  return readTime(test.start ?? document.start) ?? defaultStart
}

function checkTests(value: unknown): { document?: RuleTests; problems: Problem[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problems: [problem('NOT_RULE_TESTS', { found: foundText(value) })] }
  }
  const result = ruleTestsSchema.safeParse(value)
  if (!result.success) {
    const context = { root: value, schema: fieldSchema(ruleTestsSchema), base: [], place: {} }
    return { problems: problemsOfIssues(result.error.issues, context) }
  }
  const document = result.data
  return { document, problems: document.tests.flatMap((test, index) => timeProblems(document, test, index)) }
}

/** Time goes on only. */
function timeProblems(document: RuleTests, test: RuleTest, index: number): Problem[] {
  const start = startOf(document, test)
  let now = start
  return test.steps.flatMap((step, place) => {
    const before = now
    const moment = step.at === undefined ? undefined : readMoment(step.at)
    if (moment !== undefined) now = Math.max(now, timeOf(moment, now))
    now += step.for ?? 0
    if (moment === undefined || timeOf(moment, before) >= before) return []
    const detail = `the step before ends at ${new Date(before).toISOString()}, ${sinceText(before - start)} after the start`
    const wanted = 'Write a later time, or +5m for five minutes after the step before.'
    const at = `tests[${index}].steps[${place}].at`
    return [problem('WRONG_VALUE', { field: 'at', found: JSON.stringify(step.at), detail, wanted }, { at })]
  })
}
