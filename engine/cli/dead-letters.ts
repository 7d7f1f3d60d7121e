import { rulewireError, suggestion } from '../errors.ts'
import { escapeControls } from '../log.ts'
import type { DeadLetter } from '../server/protocol.ts'
import { askEngine } from './client.ts'
import { type CommandInput, command } from './command.ts'
import { engineOptions } from './engine-options.ts'
import { flag, integer, text } from './option.ts'
import { columns, counted, exitCodes, paint } from './terminal.ts'
import { timeText } from './time.ts'

const options = {
  ...engineOptions,
  flow: text({ value: 'FLOW', fallback: undefined, help: 'list: only of this flow.' }),
  node: text({ value: 'NODE', fallback: undefined, help: 'list: only of this node.' }),
  code: text({ value: 'CODE', fallback: undefined, help: 'list: only with this error code.' }),
  limit: integer({ value: 'N', fallback: 20, least: 1, most: 1000, help: 'list: so many, the newest first.' }),
  before: integer({
    value: 'ID',
    fallback: undefined,
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    help: 'list: only those before this one.',
  }),
  payload: text({ value: 'JSON', fallback: undefined, help: 'retry: with this payload instead.' }),
  json: flag({ help: 'Prints JSON, for programs.' }),
}

type Input = CommandInput<typeof options>

const actions: Readonly<Record<string, (input: Input, words: readonly string[]) => Promise<number>>> = {
  list,
  show,
  retry,
  drop,
}

export const deadLettersCommand = command({
  name: 'dead-letters',
  summary: 'Messages that failed: list them, show one, run them again, throw them away.',
  usage: '[list | show ID | retry ID... | drop ID...]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'an action' },
  options,
  notes:
    'It talks to the running engine.\n\n  rulewire dead-letters list --flow cold-chain\n  rulewire dead-letters retry 17 --payload \'{"value": 4.5}\'',
  run: (input) => {
    const [name = 'list', ...words] = input.words
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action !== undefined) return action(input, words)
    const names = Object.keys(actions)
    const values = { command: `dead-letters ${name}`, suggestion: suggestion(name, names), commands: names.join(', ') }
    throw rulewireError('UNKNOWN_COMMAND', values)
  },
})

async function list({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  refuseWords('list', words)
  const { flow, node, code, limit, before } = values
  const filter = Object.entries({ flow, node, code, limit, before }).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(Object.fromEntries(filter.map(([name, value]) => [name, String(value)])))
  const page = await askEngine<{ items: DeadLetter[]; total: number }>(values, `/dead-letters?${query}`)
  if (values.json) return print(jsonText(page), terminal)
  const rows = page.items.map((letter) => [
    String(letter.id),
    timeText(letter.time),
    `${letter.flow}/${letter.node}`,
    letter.code,
    escapeControls(letter.text),
  ])
  if (rows.length > 0) terminal.out(`${columns(rows)}\n`)
  const shown = page.items.length < page.total ? `, the newest ${page.items.length} of them here` : ''
  terminal.out(`${counted(page.total, 'dead letter')}${shown}\n`)
  return exitCodes.ok
}

async function show({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  const [id] = idsOf('show', words, 1)
  const letter = await askEngine<DeadLetter>(values, `/dead-letters/${id}`)
  if (values.json) return print(jsonText(letter), terminal)
  const rows = [
    ['id', String(letter.id)],
    ['time', timeText(letter.time)],
    ['node', `${letter.flow}/${letter.node}, port ${letter.port}`],
    ['attempts', String(letter.attempts)],
    ['error', `${paint(terminal, 'red', letter.code)} ${escapeControls(letter.text)}`],
    ['', escapeControls(letter.hint)],
  ]
  terminal.out(`${columns(rows)}\n${escapeLines(JSON.stringify(letter.message, null, 2))}\n`)
  return exitCodes.ok
}

async function retry({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  const ids = idsOf('retry', words)
  const change = values.payload === undefined ? {} : { payload: payloadOf(values.payload) }
  const done = await askEngine<{ retried: number; failed: number }>(values, '/dead-letters/retry', {
    ids,
    ...change,
  })
  if (values.json) print(jsonText(done), terminal)
  else terminal.out(`${done.retried} retried, ${done.failed} failed again\n`)
  return done.failed === 0 ? exitCodes.ok : exitCodes.problems
}

async function drop({ values, terminal }: Input, words: readonly string[]): Promise<number> {
  const done = await askEngine<{ dropped: number }>(values, '/dead-letters/drop', { ids: idsOf('drop', words) })
  if (values.json) return print(jsonText(done), terminal)
  terminal.out(`${done.dropped} dropped\n`)
  return exitCodes.ok
}

function idsOf(action: string, words: readonly string[], most = Number.POSITIVE_INFINITY): number[] {
  const usage = `rulewire dead-letters ${action} ID${most === 1 ? '' : '...'}`
  if (words.length === 0)
    throw rulewireError('MISSING_ARGUMENT', { command: `dead-letters ${action}`, what: 'an id', usage })
  const wrong = words[most] ?? words.find((word) => !/^[1-9]\d{0,14}$/.test(word))
  if (wrong !== undefined)
    throw rulewireError('SURPLUS_ARGUMENT', { command: `dead-letters ${action}`, argument: wrong, usage })
  return words.map(Number)
}

function refuseWords(action: string, words: readonly string[]): void {
  const [argument] = words
  if (argument === undefined) return
  const usage = `rulewire dead-letters ${action} [--flow FLOW]`
  throw rulewireError('SURPLUS_ARGUMENT', { command: `dead-letters ${action}`, argument, usage })
}

function payloadOf(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch (cause) {
    const wanted = 'Write JSON; text stands in double quotes: --payload \'"on"\'.'
    throw rulewireError(
      'OPTION_VALUE',
      { option: '--payload', found: given, detail: 'that is not JSON', wanted },
      { cause },
    )
  }
}

function print(text: string, terminal: Input['terminal']): number {
  terminal.out(text)
  return exitCodes.ok
}

function jsonText(value: unknown): string {
  return `${escapeLines(JSON.stringify(value, null, 2))}\n`
}

/** What devices sent must not move the cursor; the lines are ours. */
function escapeLines(json: string): string {
  return json.split('\n').map(escapeControls).join('\n')
}
