import type { Problem } from '../errors.ts'
import type { RuleFileResult } from './file.ts'
import { failureText } from './report.ts'
import type { TestResult } from './run.ts'

export interface JunitFile {
  file: string
  /** Of a file that could not be run there is no result, only problems. */
  result?: RuleFileResult
  problems: readonly Problem[]
  /** How long it took, seconds. */
  seconds: number
}

/** The results in the XML that build servers read: a suite for each file, a case for each test. */
export function junitText(files: readonly JunitFile[]): string {
  const suites = files.map(suite).join('')
  const tests = files.reduce((sum, file) => sum + casesOf(file).total, 0)
  const failures = files.reduce((sum, { result }) => sum + failed(result), 0)
  const errors = files.filter(({ result }) => result === undefined).length
  const counts = attributes({ name: 'rulewire', tests, failures, errors })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts}>\n${suites}</testsuites>\n`
}

function suite(file: JunitFile): string {
  const { total, text } = casesOf(file)
  const errors = file.result === undefined ? 1 : 0
  const counts = { tests: total, failures: failed(file.result), errors, time: file.seconds.toFixed(3) }
  return `  <testsuite${attributes({ name: file.file, ...counts })}>\n${text}  </testsuite>\n`
}

function casesOf({ file, result, problems }: JunitFile): { total: number; text: string } {
  if (result !== undefined) {
    return { total: result.tests.length, text: result.tests.map((test) => testCase(test, result.flow)).join('') }
  }
  const text = problems
    .map((one) => `${one.line ?? 0}:${one.column ?? 0} ${one.code} ${one.text} ${one.hint}`)
    .join('\n')
  const message = problems[0]?.text ?? 'The file could not be run.'
  const inner = `      <error${attributes({ message, type: 'unusable' })}>${escaped(text)}</error>\n`
  return {
    total: 1,
    text: `    <testcase${attributes({ classname: file, name: 'can be run' })}>\n${inner}    </testcase>\n`,
  }
}

function testCase({ name, failures, start }: TestResult, flow: string): string {
  const head = `    <testcase${attributes({ classname: flow, name })}`
  if (failures.length === 0) return `${head}/>\n`
  const text = failures.flatMap((one) => failureText(one, start).map((line) => line.text)).join('\n')
  const message = failures[0]?.text ?? ''
  return `${head}>\n      <failure${attributes({ message, type: 'unexpected' })}>${escaped(text)}</failure>\n    </testcase>\n`
}

function failed(result: RuleFileResult | undefined): number {
  return result?.tests.filter(({ failures }) => failures.length > 0).length ?? 0
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')
}

/** XML has no place for most control characters, not even escaped. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 forbids
  const allowed = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  return allowed.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}
