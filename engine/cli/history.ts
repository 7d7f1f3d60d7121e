import { closeSync, openSync, writeSync } from 'node:fs'
import { reasonOf, rulewireError, suggestion } from '../errors.ts'
import { inputOf } from '../host/backtest-run.ts'
import { importHistory, importOwner } from '../host/history-import.ts'
import { historyLine } from '../host/history-lines.ts'
import { newestMessages } from '../host/history-newest.ts'
import { escapeControls } from '../log.ts'
import { defaultConnection } from '../spec/connection.ts'
import { compileFilter } from '../spec/topics.ts'
import { historyOverview } from '../store/history-overview.ts'
import { openReader, readHistory } from '../store/history-read.ts'
import { type CommandInput, command } from './command.ts'
import { chosenInput, inputOptions } from './input-options.ts'
import { flag, integer, text } from './option.ts'
import { readSettings } from './settings.ts'
import { directoryOptions } from './start-options.ts'
import { columns, counted, exitCodes } from './terminal.ts'
import { spanText, timeText } from './time.ts'

const { input: _, ...fileOptions } = inputOptions
const options = {
  ...fileOptions,
  connection: text({ value: 'NAME', fallback: undefined, help: 'Only of this connection; import: under this one.' }),
  limit: integer({ value: 'N', fallback: 20, least: 1, most: 100_000, help: 'show: so many, the newest.' }),
  output: text({ value: 'FILE', fallback: undefined, help: 'export: writes to this file.' }),
  ...directoryOptions,
  json: flag({ help: 'list: prints JSON, for programs.' }),
}

type Input = CommandInput<typeof options>
type Action = (input: Input, words: readonly string[]) => Promise<number> | number

const actions: Readonly<Record<string, Action>> = { list, show, export: exportLines, import: importFile }

export const historyCommand = command({
  name: 'history',
  summary: 'Recorded messages: what there is, show some, export and import them.',
  usage: '[list | show [FILTER...] | export [FILTER...] | import FILE]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'an action' },
  options,
  notes: `It reads the database in --data, also while its engine runs; for an import the engine must not run. What is recorded is
said by "history" in a flow or in a connection of the config file.

  rulewire history show 'plant/+/temperature' --from 1h
  rulewire history export 'plant/#' --from 2026-05-01 --to 2026-05-08 --output week.jsonl
  rulewire history import readings.csv --topic 'machine/{name}/temperature' --time timestamp`,
  run: (input) => {
    const [name = 'list', ...words] = input.words
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action !== undefined) return Promise.resolve(action(input, words))
    const names = Object.keys(actions)
    const values = { command: `history ${name}`, suggestion: suggestion(name, names), commands: names.join(', ') }
    throw rulewireError('UNKNOWN_COMMAND', values)
  },
})

function list(input: Input, words: readonly string[]): number {
  if (words[0] !== undefined) throw surplus('list', words[0])
  const { terminal, values } = input
  const database = openReader(dataOf(input))
  try {
    const all = historyOverview(database)
    if (values.json) {
      terminal.out(`${JSON.stringify(all, null, 2)}\n`)
      return exitCodes.ok
    }
    const rows = all.map((one) => [
      one.owner === '' ? one.connection : `${one.connection} (${one.owner})`,
      one.messages.toLocaleString('en'),
      sizeText(one.stored),
      sizeText(one.bytes),
      one.oldest === undefined ? '' : timeText(one.oldest),
      one.newest === undefined ? '' : timeText(one.newest),
      one.owner === importOwner ? 'until cleared' : spanText(one.keep),
      one.owner === importOwner ? '' : sizeText(one.size),
      one.dropped === 0 ? '' : one.dropped.toLocaleString('en'),
      escapeControls(one.filters.join(', ')),
    ])
    terminal.out(rows.length === 0 ? 'Nothing is recorded.\n' : `${columns([listHead, ...rows])}\n`)
    return exitCodes.ok
  } finally {
    database.close()
  }
}

async function show(input: Input, words: readonly string[]): Promise<number> {
  const { terminal, values } = input
  const { query } = queryOf(input, words)
  const database = openReader(dataOf(input))
  try {
    const { items } = await newestMessages(database, { ...query, limit: values.limit }, setImmediate)
    const lines = items.map((item) => [
      new Date(item.time).toISOString(),
      escapeControls(item.topic),
      escapeControls(item.text),
    ])
    if (lines.length > 0) terminal.out(`${columns(lines)}\n`)
    return exitCodes.ok
  } finally {
    database.close()
  }
}

/** JSON lines; in pieces, so that the whole is never in memory. */
function exportLines(input: Input, words: readonly string[]): number {
  const { terminal, values } = input
  const { query, data } = queryOf(input, words)
  const reader = readHistory(data, query)
  const file = values.output === undefined ? undefined : openFile(values.output)
  const write = (lines: string) => {
    if (file === undefined) terminal.out(lines)
    else writeAll(file, Buffer.from(lines))
  }
  try {
    let piece = ''
    let messages = 0
    for (const packet of reader) {
      piece += historyLine(packet)
      messages++
      if (piece.length < 65_536) continue
      write(piece)
      piece = ''
    }
    if (piece !== '') write(piece)
    if (file !== undefined) terminal.out(`${counted(messages, 'message')} in ${values.output}\n`)
    return exitCodes.ok
  } finally {
    reader.close()
    if (file !== undefined) closeSync(file)
  }
}

async function importFile(input: Input, words: readonly string[]): Promise<number> {
  const [file, more] = words
  const usage = 'rulewire history import FILE'
  if (file === undefined) throw rulewireError('MISSING_ARGUMENT', { command: 'history import', what: 'a file', usage })
  if (more !== undefined) throw rulewireError('SURPLUS_ARGUMENT', { command: 'history import', argument: more, usage })
  const { terminal, values } = input
  const data = dataOf(input)
  const { source, from, to } = chosenInput({ ...values, input: file }, data, Date.now())
  const recorded = inputOf(source, { filters: ['#'], from, to })
  const { connection = defaultConnection } = values
  const messages = await importHistory({ data, connection, input: within(recorded, from, to) })
  const { count, first } = recorded.badLines()
  for (const { line, text: fault } of first) terminal.err(`line ${line}: ${escapeControls(fault)}\n`)
  if (count > 0) terminal.err(`${counted(count, 'line')} could not be used\n`)
  terminal.out(`${counted(messages, 'message')} imported\n`)
  return count > 0 ? exitCodes.problems : exitCodes.ok
}

type Recorded = ReturnType<typeof inputOf>

function within(input: Recorded, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): Recorded {
  return {
    ...input,
    async *pieces() {
      for await (const piece of input.pieces()) yield piece.filter(({ received }) => received >= from && received < to)
    },
  }
}

function queryOf(input: Input, words: readonly string[]) {
  const data = dataOf(input)
  const { from, to } = chosenInput({ ...input.values, input: undefined }, data, Date.now())
  const filters = words.length === 0 ? undefined : words.map((word) => compileFilter(word).filter)
  return { data, query: { connection: input.values.connection, filters, from, to } }
}

/** `--connection` is not the setting of that name here. */
function dataOf({ values, sources: { connection: _, ...sources } }: Input): string {
  return readSettings({ values, sources }).settings.data
}

function openFile(file: string): number {
  try {
    return openSync(file, 'w', 0o600)
  } catch (cause) {
    throw rulewireError('FILE_UNWRITABLE', { file, detail: reasonOf(cause) }, { cause })
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

function surplus(action: string, argument: string) {
  const usage = `rulewire history ${action}`
  return rulewireError('SURPLUS_ARGUMENT', { command: `history ${action}`, argument, usage })
}

/** `dropped`: messages that went because of the size, although they were not too old. */
const listHead = 'connection,messages,on disk,received,oldest,newest,kept,at most,dropped,topic filters'.split(',')

function sizeText(bytes: number): string {
  const [unit, size] = (
    [
      ['GB', 1e9],
      ['MB', 1e6],
    ] as const
  ).find((each) => bytes >= each[1]) ?? ['kB', 1e3]
  return `${Number((bytes / size).toPrecision(3))} ${unit}`
}
