import { nodeSpecs } from '../../nodes/index.ts'
import { type Problem, problem } from '../errors.ts'
import { type CheckResult, checkText, hookClashes, topicLoops } from '../flow/index.ts'
import { messageType, printType, type Type } from '../types/index.ts'

import { command } from './command.ts'
import { flowFiles, isTestFile, readText } from './files.ts'
import { flag } from './option.ts'
import { counted, exitCodes, paint, type Terminal } from './terminal.ts'
import { loadTests } from './test-files.ts'

const options = {
  types: flag({ help: 'Prints the type of the messages at each output port.' }),
  json: flag({ help: 'Prints { files, errors, warnings, problems } as JSON, for programs.' }),
}

export const checkCommand = command({
  name: 'check',
  summary: 'Checks flow files and prints all problems with their places.',
  usage: 'FILE... [--types] [--json]',
  words: { least: 1, most: Number.POSITIVE_INFINITY, what: 'a file or directory' },
  options,
  notes:
    'A directory stands for the flow files in it; a file of rule tests is checked when it is named.\nExit code: 0 no errors (there may be warnings), 1 errors, 2 wrong usage.',
  run: ({ values, words, terminal }) => {
    const checked = checkFiles(flowFiles(words))
    const errors = checked.problems.filter((one) => one.severity === 'error').length
    const warnings = checked.problems.length - errors
    const code = errors === 0 ? exitCodes.ok : exitCodes.problems
    if (values.json) {
      terminal.out(`${JSON.stringify(report(checked, { errors, warnings, types: values.types }), null, 2)}\n`)
      return code
    }
    for (const one of checked.problems) terminal.out(problemText(one, terminal))
    if (values.types) for (const { file, result } of checked.files) printTypes(file, result.types, terminal)
    terminal.out(summary(checked.count, errors, warnings, terminal))
    return code
  },
})

/** Prints a problem as `file:line:column severity CODE text` with its hint below; the flow's name stands for a missing file. */
export function problemText(one: Problem, terminal: Terminal): string {
  const place = [one.file ?? one.flow, one.line, one.column].filter((part) => part !== undefined).join(':')
  const severity = paint(terminal, one.severity === 'error' ? 'red' : 'yellow', one.severity)
  const head = [place, severity, one.code, one.text].filter((part) => part !== '').join(' ')
  return `${head}\n  ${paint(terminal, 'dim', one.hint)}\n`
}

interface CheckedFiles {
  /** Of all files, those with rule tests too. */
  count: number
  files: { file: string; result: CheckResult }[]
  problems: Problem[]
}

function checkFiles(names: readonly string[]): CheckedFiles {
  const tests = names.filter(isTestFile)
  const flows = names.filter((name) => !isTestFile(name))
  const files = flows.map((file) => ({ file, result: checkText(readText(file), { specs: nodeSpecs, file }) }))
  const plans = files.flatMap(({ result }) => (result.plan === undefined ? [] : [result.plan]))
  return {
    files,
    count: names.length,
    problems: [
      ...files.flatMap(({ result }) => result.problems),
      ...duplicateFlows(files),
      ...topicLoops(plans),
      ...hookClashes(plans),
      ...tests.flatMap((file) => loadTests(file).problems),
    ],
  }
}

/** What `--json` prints; types only when they are wanted. */
function report(
  { files, count, problems }: CheckedFiles,
  wanted: { errors: number; warnings: number; types: boolean },
) {
  const { errors, warnings } = wanted
  const types = Object.fromEntries(
    files.map(({ file, result }) => [
      file,
      Object.fromEntries(Object.entries(result.types).map(([port, type]) => [port, printType(type)])),
    ]),
  )
  return { files: count, errors, warnings, problems, ...(wanted.types ? { types } : {}) }
}

/** One flow name in two files would be deployed over itself. */
function duplicateFlows(files: CheckedFiles['files']): Problem[] {
  const byFlow = Map.groupBy(
    files.filter(({ result }) => result.plan !== undefined),
    ({ result }) => result.plan?.flow ?? '',
  )
  return [...byFlow].flatMap(([flow, same]) => {
    if (same.length < 2) return []
    const names = same.map(({ file }) => file)
    const values = { flow, count: names.length, files: names.join(', ') }
    return [problem('DUPLICATE_FLOW', values, { flow, file: names.at(-1) ?? '', at: 'flow' })]
  })
}

/** One line for each output port, besides `error`, which is the same everywhere. */
function printTypes(file: string, types: Readonly<Record<string, Type>>, terminal: Terminal): void {
  for (const [port, type] of Object.entries(types)) {
    if (!port.endsWith('.error')) terminal.out(`${file} ${paint(terminal, 'bold', port)}: ${differences(type)}\n`)
  }
}

/** The payload, and what else is not as in every message. */
function differences(type: Type): string {
  if (type.kind !== 'object') return printType(type)
  const usual = messageType().fields
  const parts = Object.entries(type.fields).flatMap(([name, field]) => {
    const text = printType(field)
    const same = usual[name] !== undefined && printType(usual[name]) === text
    return same && name !== 'payload' ? [] : [`${name} ${text}`]
  })
  return parts.join(', ')
}

function summary(files: number, errors: number, warnings: number, terminal: Terminal): string {
  const counts = `${counted(files, 'file')}, ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`
  return `${paint(terminal, errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', counts)}\n`
}
