import { rulewireError, suggestion } from '../errors.ts'
import { type FlowDocument, printFlow } from '../flow/index.ts'
import { escapeControls } from '../log.ts'
import type { DeployAnswer, DeployDetail, DeployList, DeploySummary } from '../server/protocol.ts'
import { askEngine } from './client.ts'
import { type CommandInput, command } from './command.ts'
import { engineOptions } from './engine-options.ts'
import { lineDiff } from './line-diff.ts'
import { flag, text } from './option.ts'
import { columns, exitCodes, paint, type Terminal } from './terminal.ts'
import { spanText, timeText } from './time.ts'

const options = {
  ...engineOptions,
  comment: text({ value: 'TEXT', fallback: undefined, help: 'restore: why, for the list.' }),
  'dry-run': flag({ help: 'restore: only shows what it would change.' }),
  json: flag({ help: 'Prints JSON, for programs.' }),
}

type Input = CommandInput<typeof options>

const actions: Readonly<Record<string, (input: Input, words: readonly string[]) => Promise<number>>> = {
  list,
  show,
  diff,
  restore,
}

export const deploysCommand = command({
  name: 'deploys',
  summary: 'The versions of a flow that were deployed: list, show and compare them, take one back.',
  usage: 'list FLOW | show FLOW ID | diff FLOW [ID [ID]] | restore FLOW [ID]',
  words: { least: 2, most: 4, what: 'an action and a flow' },
  options,
  notes: `It talks to the running engine.

  rulewire deploys list cold-chain
  rulewire deploys diff cold-chain             what the last deploy changed
  rulewire deploys diff cold-chain 12          from deploy 12 to what runs
  rulewire deploys restore cold-chain          back to the good version before what runs
  rulewire deploys restore cold-chain 12 --comment "too many alarms"`,
  run: (input) => {
    const [name = '', ...words] = input.words
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action !== undefined) return action(input, words)
    const names = Object.keys(actions)
    const values = { command: `deploys ${name}`, suggestion: suggestion(name, names), commands: names.join(', ') }
    throw rulewireError('UNKNOWN_COMMAND', values)
  },
})

async function list({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  const { flow } = flowAndIds('list', words, 0)
  const found = await listOf(values, flow)
  if (values.json) return print(`${JSON.stringify({ items: found }, null, 2)}\n`, terminal)
  const now = Date.now()
  const rows = found.map((deploy) => [
    deploy.current ? '*' : '',
    String(deploy.id),
    timeText(deploy.time),
    escapeControls(deploy.by === '' ? '-' : deploy.by),
    wordsOf(deploy, now),
    escapeControls([...new Set([deploy.comment, deploy.reason])].filter((text) => text !== null).join(': ')),
  ])
  const lines = columns(rows).split('\n')
  const painted = lines.map((line, index) => {
    const deploy = found[index]
    if (deploy?.verdict === 'failed') return paint(terminal, 'red', line)
    return deploy?.current ? paint(terminal, 'bold', line) : line
  })
  return print(`${painted.join('\n')}\n`, terminal)
}

async function show({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  const { flow, ids } = flowAndIds('show', words, 1)
  const [id] = ids
  if (id === undefined) throw missing('show', 'an id')
  const found = await detailOf(values, flow, id)
  if (values.json) return print(`${JSON.stringify(found, null, 2)}\n`, terminal)
  const rows = [
    ['deploy', `${found.id} of ${flow}, ${wordsOf(found, Date.now())}`],
    ['time', timeText(found.time)],
    ['by', escapeControls(found.by)],
    ...(found.comment === null ? [] : [['comment', escapeControls(found.comment)]]),
    ...(found.reason === null ? [] : [['failed', escapeControls(found.reason)]]),
    ...(found.restored === null ? [] : [['restored', `the version of deploy ${found.restored}`]]),
    ...found.problems.map((one) => [one.severity, `${one.code} ${escapeControls(one.text)}`]),
  ]
  return print(`${columns(rows)}\n${textOf(found.document)}`, terminal)
}

async function diff({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  const { flow, ids } = flowAndIds('diff', words, 2)
  const found = await listOf(values, flow)
  const to = ids[1] ?? found[0]?.id ?? 0
  const from = ids[0] ?? found[1]?.id
  if (from === undefined) return print(`${flow} was deployed once: there is nothing to compare.\n`, terminal)
  const [before, after] = [await detailOf(values, flow, from), await detailOf(values, flow, to)]
  if (values.json) return print(`${JSON.stringify({ before, after }, null, 2)}\n`, terminal)
  const changes = lineDiff(printFlow(before.document), printFlow(after.document), terminal)
  return print(`from ${headOf(before)}\nto   ${headOf(after)}\n${changes || 'Nothing differs.\n'}`, terminal)
}

async function restore({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  const { flow, ids } = flowAndIds('restore', words, 1)
  const found = await listOf(values, flow)
  const [newest] = found
  const id = ids[0] ?? goodBefore(found)
  if (id === undefined || newest === undefined) {
    const wanted = `"rulewire deploys list ${flow}" shows which there are.`
    throw rulewireError('BAD_REQUEST', { detail: `There is no good version before what runs of "${flow}".`, wanted })
  }
  const [now, then] = [await detailOf(values, flow, newest.id), await detailOf(values, flow, id)]
  const changes = lineDiff(newest.current ? printFlow(now.document) : '', printFlow(then.document), terminal)
  if (!values.json) {
    terminal.out(`back to ${headOf(then)}\n${changes}`)
    if (changes === '') return print('That is what runs; nothing was done.\n', terminal)
    if (values['dry-run']) return print('Nothing was done, because of --dry-run.\n', terminal)
  }
  const about = values.comment === undefined ? {} : { comment: values.comment }
  const answer =
    values['dry-run'] || changes === ''
      ? { diff: then.diff, problems: then.problems }
      : await askEngine<DeployAnswer>(values, `/flows/${flow}/deploys/${id}/restore`, about)
  return print(values.json ? `${JSON.stringify(answer, null, 2)}\n` : `${flow}: deploy ${id} runs again\n`, terminal)
}

/** The newest good version that is not what runs. */
function goodBefore(deploys: readonly DeploySummary[]): number | undefined {
  return deploys.find((deploy) => !deploy.current && deploy.verdict === 'good')?.id
}

function wordsOf(deploy: DeploySummary, now: number): string {
  const { origin, restored, verdict, watch, nodes } = deploy
  const how = {
    deploy: 'deployed',
    file: 'file changed',
    restore: `restored ${restored}`,
    return: `back to ${restored}`,
  }
  const left = watch === undefined ? '' : ` for ${spanText(watch.until - now)} more`
  const seen = watch === undefined ? '' : `, ${watch.errors} of ${watch.messages} messages failed`
  const judged = {
    good: '',
    failed: ', failed',
    watched: watch === undefined ? ', not watched to the end' : `, watched${left}${seen}`,
  }
  return `${how[origin]}, ${nodes} nodes${judged[verdict]}`
}

function headOf({ id, time, by, comment, current }: DeploySummary): string {
  const words = [`deploy ${id}`, timeText(time), by === '' ? '' : `by ${escapeControls(by)}`, current ? 'runs' : '']
  const why = comment === null ? '' : ` (${escapeControls(comment)})`
  return `${words.filter((word) => word !== '').join(', ')}${why}`
}

async function listOf(values: Input['values'], flow: string): Promise<DeploySummary[]> {
  return (await askEngine<DeployList>(values, `/flows/${flow}/deploys`)).items
}

function detailOf(values: Input['values'], flow: string, id: number): Promise<DeployDetail> {
  return askEngine<DeployDetail>(values, `/flows/${flow}/deploys/${id}`)
}

function flowAndIds(action: string, words: readonly string[], most: number): { flow: string; ids: number[] } {
  const [flow = '', ...rest] = words
  const usage = `rulewire deploys ${action} FLOW${' ID'.repeat(most)}`
  if (!/^[a-z0-9-]{1,64}$/.test(flow)) throw rulewireError('BAD_ID', { id: flow })
  const wrong = rest[most] ?? rest.find((word) => !/^[1-9]\d{0,14}$/.test(word))
  if (wrong !== undefined)
    throw rulewireError('SURPLUS_ARGUMENT', { command: `deploys ${action}`, argument: wrong, usage })
  return { flow, ids: rest.map(Number) }
}

function missing(action: string, what: string) {
  const usage = `rulewire deploys ${action} FLOW ID`
  return rulewireError('MISSING_ARGUMENT', { command: `deploys ${action}`, what, usage })
}

function textOf(document: FlowDocument): string {
  return printFlow(document).split('\n').map(escapeControls).join('\n')
}

function print(out: string, terminal: Terminal): number {
  terminal.out(out)
  return exitCodes.ok
}
