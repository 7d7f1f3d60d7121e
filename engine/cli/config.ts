import { rulewireError, suggestion } from '../errors.ts'
import { problemText } from './check.ts'
import { type CommandInput, command } from './command.ts'
import { flag } from './option.ts'
import { defaultConfigFile, readConfigFile, readSettings } from './settings.ts'
import { furtherStartOptions, startOptions } from './start-options.ts'
import { columns, counted, exitCodes, paint } from './terminal.ts'
import { straySettings } from './variables.ts'

const options = { ...startOptions, json: flag({ help: 'print: JSON, for programs.' }) }

type Input = CommandInput<typeof options>

const actions: Readonly<Record<string, (input: Input, words: readonly string[]) => number>> = { print, check }

export const configCommand = command({
  name: 'config',
  summary: 'Settings of "rulewire start": print them with where each comes from, or check a config file.',
  usage: '[print [options] | check [FILE]]',
  words: { least: 0, most: 2, what: 'an action' },
  options,
  borrowed: { from: 'start', options: furtherStartOptions },
  notes: `An option goes before its variable, that before the config file, that before the default. Passwords are not shown.
Exit code: 0 fine, 1 the file has problems, 2 wrong usage.

  rulewire config print --config /etc/rulewire/rulewire.json
  rulewire config check rulewire.json`,
  run: (input) => {
    const [name = 'print', ...words] = input.words
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action !== undefined) return action(input, words)
    const names = Object.keys(actions)
    const values = { command: `config ${name}`, suggestion: suggestion(name, names), commands: names.join(', ') }
    throw rulewireError('UNKNOWN_COMMAND', values)
  },
})

function print({ values, sources, terminal }: Input, words: readonly string[]): number {
  const [surplus] = words
  if (surplus !== undefined) {
    throw rulewireError('SURPLUS_ARGUMENT', {
      command: 'config print',
      argument: surplus,
      usage: 'rulewire config print',
    })
  }
  const { entries } = readSettings({ values, sources })
  for (const sentence of straySettings(terminal.env)) terminal.err(`${paint(terminal, 'yellow', sentence)}\n`)
  if (values.json) {
    terminal.out(`${JSON.stringify(entries, null, 2)}\n`)
    return exitCodes.ok
  }
  const rows = entries.map(({ name, value, from }) => [name, JSON.stringify(value), paint(terminal, 'dim', from)])
  terminal.out(`${columns(rows)}\n`)
  return exitCodes.ok
}

/** Looks at the file alone: what is given beside it changes nothing. */
function check({ values, terminal }: Input, words: readonly string[]): number {
  const file = readConfigFile(words[0] ?? values.config)
  if (file === undefined) {
    terminal.out(`There is no ${defaultConfigFile} here, so all settings are defaults.\n`)
    return exitCodes.ok
  }
  for (const one of file.problems) terminal.out(problemText(one, terminal))
  const count = file.problems.length
  terminal.out(`${paint(terminal, count === 0 ? 'green' : 'red', `${file.file}: ${counted(count, 'problem')}`)}\n`)
  return count === 0 ? exitCodes.ok : exitCodes.problems
}
