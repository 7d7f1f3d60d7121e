import { withAccess } from './access-desk.ts'
import { type Action, runAction } from './actions.ts'
import { authDeskOptions } from './auth-desk.ts'
import { type CommandInput, command } from './command.ts'
import { flag } from './option.ts'
import { columns, counted, exitCodes } from './terminal.ts'
import { timeText } from './time.ts'

const options = {
  ...authDeskOptions,
  force: flag({ help: 'remove: also one that is used.' }),
}

type Input = CommandInput<typeof options>

const actions: Readonly<Record<string, Action<Input>>> = {
  list: { words: '', run: list },
  set: { words: 'NAME', run: set },
  remove: { words: 'NAME', run: remove },
  'rotate-key': { words: '', run: rotateKey },
}

export const secretsCommand = command({
  name: 'secrets',
  summary: 'Secrets that flows and connections name: list, set, remove them, change their key.',
  usage: '[list | set NAME | remove NAME | rotate-key]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'an action' },
  options,
  notes: `It talks to the running engine, or with --data to the directory of one that does not run. The value is typed unseen or piped in, never an argument: others see those.

  rulewire secrets set hook-token
  rulewire secrets set hook-token < token.txt
  rulewire secrets list

Flows name it as { "$secret": "hook-token" }. A variable RULEWIRE_SECRET_HOOK_TOKEN of the engine goes before it.`,
  run: (input) => runAction('secrets', actions, input),
})

async function list({ values, terminal }: Input): Promise<number> {
  const found = await withAccess(values, terminal.env, ({ secrets }) => secrets.list())
  if (values.json) terminal.out(`${JSON.stringify(found, null, 2)}\n`)
  else {
    const rows = found.map(({ name, source, changed, fault, users }) => [
      name,
      source,
      changed === undefined ? '' : timeText(changed),
      users.length === 0 ? 'not used' : users.join(', '),
      fault === undefined ? '' : `cannot be read: ${fault}`,
    ])
    if (rows.length > 0) terminal.out(`${columns(rows)}\n`)
    terminal.out(`${counted(found.length, 'secret')}\n`)
  }
  return found.some(({ fault }) => fault !== undefined) ? exitCodes.problems : exitCodes.ok
}

async function set({ values, terminal }: Input, [name = '']: readonly string[]): Promise<number> {
  const value = await terminal.readHidden(`Value of ${name} (it is not shown): `)
  const info = await withAccess(values, terminal.env, ({ secrets }) => secrets.set(name, value))
  if (values.json) terminal.out(`${JSON.stringify(info, null, 2)}\n`)
  else {
    const users = info.users.length === 0 ? 'nobody uses it yet' : `used by ${info.users.join(', ')}`
    terminal.out(`${name} is set; ${users}\n`)
    if (info.source === 'environment') terminal.err(`A variable of the engine's environment goes before it.\n`)
  }
  return exitCodes.ok
}

async function remove({ values, terminal }: Input, [name = '']: readonly string[]): Promise<number> {
  await withAccess(values, terminal.env, ({ secrets }) => secrets.remove(name, values.force))
  terminal.out(`${name} is removed\n`)
  return exitCodes.ok
}

async function rotateKey({ values, terminal }: Input): Promise<number> {
  const { rotated } = await withAccess(values, terminal.env, ({ secrets }) => secrets.rotate())
  terminal.out(`${counted(rotated, 'secret')} encrypted anew\n`)
  return exitCodes.ok
}
