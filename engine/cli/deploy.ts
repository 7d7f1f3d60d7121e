import { type Problem, RulewireError } from '../errors.ts'
import { printFlow, type ReadFlow, readFlow } from '../flow/index.ts'
import type { FlowDocument } from '../flow/model.ts'
import type { CheckAnswer, DeployAnswer, FlowDetail } from '../server/protocol.ts'
import { problemText } from './check.ts'
import { askEngine } from './client.ts'
import { type CommandInput, command } from './command.ts'
import { engineOptions } from './engine-options.ts'
import { flowFiles, readText } from './files.ts'
import { lineDiff } from './line-diff.ts'
import { flag, text } from './option.ts'
import { counted, exitCodes, paint } from './terminal.ts'

const options = {
  ...engineOptions,
  'dry-run': flag({ help: 'Checks and shows what would change, and deploys nothing.' }),
  comment: text({ value: 'TEXT', fallback: undefined, help: 'Why, for "rulewire deploys list".' }),
}

type Input = CommandInput<typeof options>

export const deployCommand = command({
  name: 'deploy',
  summary: 'Deploys flow files to a running engine: checks all of them there, shows what changes, then deploys.',
  usage: 'FILE... [--dry-run] [--comment TEXT]',
  words: { least: 1, most: Number.POSITIVE_INFINITY, what: 'a file or directory' },
  options,
  notes: `The engine checks with its own node types, connections and secrets. Nothing is deployed while one of the files has errors, and none
is overwritten that was changed meanwhile. The engine writes the files into its own flows directory.

  rulewire deploy flows/cold-chain.json --dry-run
  rulewire deploy flows/ --comment "limits of summer" --url http://plant:1870

Exit code: 0 deployed or nothing to do, 1 errors, 2 wrong usage.`,
  run: async (input) => {
    const { values, terminal, words } = input
    const files = flowFiles(words)
    const checked: Checked[] = []
    for (const file of files) checked.push(await checkFile(file, input))
    const problems = checked.flatMap((one) => one.problems)
    for (const problem of problems) terminal.out(problemText(problem, terminal))
    const errors = problems.filter((one) => one.severity === 'error').length
    if (errors > 0) {
      terminal.out(`${paint(terminal, 'red', counted(errors, 'error'))}: nothing was deployed\n`)
      return exitCodes.problems
    }
    let failed = 0
    for (const { document, running } of checked) {
      if (document === undefined) continue
      const { flow } = document
      const changes = lineDiff(running === undefined ? '' : printFlow(running.document), printFlow(document), terminal)
      if (changes === '' && running?.status === 'running') {
        terminal.out(`${flow}: nothing to change\n`)
        continue
      }
      terminal.out(`${paint(terminal, 'bold', flow)}${running === undefined ? ' (new)' : ''}\n${changes}`)
      if (values['dry-run']) continue
      if (!(await deployOne(document, running?.hash, input))) failed++
    }
    if (values['dry-run']) terminal.out('Nothing was deployed, because of --dry-run.\n')
    return failed === 0 ? exitCodes.ok : exitCodes.problems
  },
})

interface Checked {
  problems: Problem[]
  document?: FlowDocument
  /** What the engine has of it; undefined for a flow that is new. */
  running?: FlowDetail
}

/** Reads a file and has the engine check it. */
async function checkFile(file: string, { values }: Input): Promise<Checked> {
  const read = readFlow(readText(file), file)
  const { document } = read
  if (document === undefined) return { problems: read.problems }
  const answer = await askEngine<CheckAnswer>(values, '/check', { document })
  const problems = [...read.problems, ...answer.problems.map((one) => placed(one, file, read))]
  const running = await runningOf(document.flow, values)
  return { problems: unique(problems), document, ...(running === undefined ? {} : { running }) }
}

function placed(problem: Problem, file: string, { locate }: ReadFlow): Problem {
  return { ...problem, file, ...(problem.at === undefined ? {} : locate(problem.at)) }
}

/** What reading finds, the check of the engine finds again. */
function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems.filter(({ code, at, text }) => {
    const name = `${code} ${at} ${text}`
    if (seen.has(name)) return false
    seen.add(name)
    return true
  })
}

async function runningOf(flow: string, values: Input['values']): Promise<FlowDetail | undefined> {
  try {
    return await askEngine<FlowDetail>(values, `/flows/${flow}`)
  } catch (thrown) {
    if (thrown instanceof RulewireError && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}

/** False when the engine refuses it: the others are deployed all the same. */
async function deployOne(
  document: FlowDocument,
  hash: string | undefined,
  { values, terminal }: Input,
): Promise<boolean> {
  const { flow } = document
  const { comment } = values
  const body = { document, ...(hash === undefined ? {} : { hash }), ...(comment === undefined ? {} : { comment }) }
  try {
    const { diff } = await askEngine<DeployAnswer>(values, `/flows/${flow}`, body, 'PUT')
    const kinds = (['added', 'changed', 'removed', 'rewired'] as const).filter((kind) => diff[kind].length > 0)
    const told = kinds.map((kind) => `${diff[kind].length} ${kind}`).join(', ')
    terminal.out(`${flow}: ${paint(terminal, 'green', 'deployed')}${told === '' ? '' : ` (${told})`}\n`)
    return true
  } catch (thrown) {
    if (!(thrown instanceof RulewireError) || thrown.code === 'ENGINE_UNREACHABLE') throw thrown
    terminal.err(`${flow}: ${paint(terminal, 'red', thrown.code)} ${thrown.message}\n  ${thrown.hint}\n`)
    return false
  }
}
