import { RulewireError, reasonOf, rulewireError, suggestion } from '../errors.ts'
import { adviseCommand } from './advise.ts'
import { alarmsCommand } from './alarms.ts'
import { backtestCommand } from './backtest.ts'
import { backupCommand, restoreCommand } from './backup.ts'
import { brokerUsersCommand } from './broker-users.ts'
import { checkCommand, problemText } from './check.ts'
import type { Command } from './command.ts'
import { configCommand } from './config.ts'
import { deadLettersCommand } from './dead-letters.ts'
import { deployCommand } from './deploy.ts'
import { deploysCommand } from './deploys.ts'
import { diagCommand } from './diag.ts'
import { doctorCommand } from './doctor.ts'
import { fmtCommand } from './fmt.ts'
import { commandHelp, generalHelp } from './help.ts'
import { historyCommand } from './history.ts'
import { packageVersion } from './home.ts'
import { nodesCommand } from './nodes.ts'
import { parse } from './parse.ts'
import { secretsCommand } from './secrets.ts'
import { startCommand } from './start.ts'
import { exitCodes, paint, type Terminal } from './terminal.ts'
import { testCommand } from './test.ts'
import { tokensCommand } from './tokens.ts'
import { usersCommand } from './users.ts'

const helpCommand: Command = {
  name: 'help',
  summary: 'Tells how to use a command.',
  usage: '[COMMAND]',
  words: { least: 0, most: 1, what: 'a command' },
  options: {},
  run: ({ words, terminal }) => {
    const [name] = words
    terminal.out(name === undefined ? generalHelp(commands) : commandHelp(find(name)))
    return exitCodes.ok
  },
}

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  startCommand,
  checkCommand,
  testCommand,
  backtestCommand,
  adviseCommand,
  fmtCommand,
  nodesCommand,
  deployCommand,
  deploysCommand,
  deadLettersCommand,
  historyCommand,
  alarmsCommand,
  secretsCommand,
  brokerUsersCommand,
  configCommand,
  usersCommand,
  tokensCommand,
  backupCommand,
  restoreCommand,
  doctorCommand,
  diagCommand,
  helpCommand,
]

/** Errors that say the command was written wrongly. */
const usageCodes: ReadonlySet<string> = new Set([
  'UNKNOWN_COMMAND',
  'UNKNOWN_OPTION',
  'OPTION_VALUE',
  'OPTION_NEEDS_VALUE',
  'OPTION_TAKES_NONE',
  'MISSING_ARGUMENT',
  'SURPLUS_ARGUMENT',
  'UNSAFE_BIND',
  'INSECURE_HTTP',
  'INSECURE_MQTT',
  'CONFIG_PROBLEMS',
])

/**
 * Runs a command line (without node and script) and gives the exit code: 0 fine, 1 problems, 2 written wrongly. Never throws:
 * errors are one message with a hint; stacks are shown only of defects, and only with RULEWIRE_LOG_LEVEL=debug.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal)
  } catch (thrown) {
    return showError(thrown, terminal)
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    terminal.err(generalHelp(commands))
    return exitCodes.usage
  }
  if (name === '--version' || name === '-v') return showVersion(terminal)
  if (name === '--help' || name === '-h') return helpCommand.run({ values: {}, sources: {}, words: [], terminal })
  if (name.startsWith('-')) throw unknownFirst(name)
  const command = find(name)
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (own.includes('--help') || own.includes('-h')) {
    terminal.out(commandHelp(command))
    return exitCodes.ok
  }
  if (own.includes('--version')) return showVersion(terminal)
  const parsed = parse({ command: name, options: command.options, arguments: rest, env: terminal.env })
  checkWords(command, parsed.words)
  return command.run({ ...parsed, terminal })
}

function find(name: string): Command {
  const names = commands.map((command) => command.name)
  const found = commands.find((command) => command.name === name)
  if (found !== undefined) return found
  const values = { command: name, suggestion: suggestion(name, names), commands: names.join(', ') }
  throw rulewireError('UNKNOWN_COMMAND', values)
}

function unknownFirst(option: string): RulewireError {
  const near = suggestion(option, ['--help', '--version'])
  return rulewireError('UNKNOWN_OPTION', { option, suggestion: near, command: 'help' })
}

function checkWords({ name, usage, words }: Command, given: readonly string[]): void {
  const values = { command: name, usage: `rulewire ${name} ${usage}`.trim() }
  if (given.length < words.least) throw rulewireError('MISSING_ARGUMENT', { ...values, what: words.what })
  const surplus = given[words.most]
  if (surplus !== undefined) throw rulewireError('SURPLUS_ARGUMENT', { ...values, argument: surplus })
}

function showVersion(terminal: Terminal): number {
  terminal.out(`rulewire ${packageVersion()}\n`)
  return exitCodes.ok
}

function showError(thrown: unknown, terminal: Terminal): number {
  const known = thrown instanceof RulewireError
  const error = known ? thrown : rulewireError('INTERNAL', { detail: reasonOf(thrown) }, { cause: thrown })
  const places = error.problems.map((one) =>
    one.line === undefined ? `  ${one.at ?? ''} ${one.code} ${one.text}\n` : problemText(one, terminal),
  )
  const head = paint(terminal, 'red', `rulewire: ${error.code}`)
  terminal.err(`${head} ${error.message}\n  ${error.hint}\n${places.join('')}`)
  if (!known && terminal.env.RULEWIRE_LOG_LEVEL === 'debug' && thrown instanceof Error)
    terminal.err(`${thrown.stack}\n`)
  return usageCodes.has(error.code) ? exitCodes.usage : exitCodes.problems
}
