import { isRole, roles } from '../auth/index.ts'
import { rulewireError } from '../errors.ts'
import type { User, UserChange } from '../server/protocol-auth.ts'
import { type Action, runAction } from './actions.ts'
import { authDeskOptions, withDesk } from './auth-desk.ts'
import { type CommandInput, command } from './command.ts'
import { newPassword } from './new-password.ts'
import { choice } from './option.ts'
import { columns, counted, exitCodes } from './terminal.ts'
import { timeText } from './time.ts'

const options = {
  ...authDeskOptions,
  role: choice({ words: roles, fallback: 'viewer', help: 'add: what the user may do.' }),
}

type Input = CommandInput<typeof options>

const actions: Readonly<Record<string, Action<Input>>> = {
  list: { words: '', run: list },
  add: { words: 'NAME', run: add },
  role: {
    words: 'NAME ROLE',
    run: (input, [name = '', role = '']) => {
      if (isRole(role)) return change(input, name, { role }, `is ${role} now`)
      const wanted = `Write one of ${roles.join(', ')}.`
      throw rulewireError('OPTION_VALUE', { option: 'ROLE', found: role, detail: 'that is no role', wanted })
    },
  },
  password: {
    words: 'NAME',
    run: async (input, [name = '']) => {
      const password = await newPassword(input.terminal, name)
      return change(input, name, { password }, 'has a new password; all sessions have ended')
    },
  },
  disable: {
    words: 'NAME',
    run: (input, [name = '']) => change(input, name, { disabled: true }, 'may not log in now'),
  },
  enable: { words: 'NAME', run: (input, [name = '']) => change(input, name, { disabled: false }, 'may log in again') },
  remove: { words: 'NAME', run: remove },
}

export const usersCommand = command({
  name: 'users',
  summary: 'Users and what they may do: list, add, change and remove them.',
  usage: '[list | add NAME | role NAME ROLE | password NAME | disable NAME | enable NAME | remove NAME]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'an action' },
  options,
  notes: `It talks to the running engine, or works on a data directory with --data while the engine is stopped: that is also the
way back in when nobody knows the password of an admin. Passwords are typed unseen or piped in, never an argument.
Roles: viewer sees; operator also acts on alarms, dead letters and topics; editor also changes flows; admin does everything.
The first user is an admin; from then on everybody must log in.

  rulewire users add anna --role admin
  rulewire users password anna --data ./data
  rulewire users role ben operator`,
  run: (input) => runAction('users', actions, input),
})

async function list({ values, terminal }: Input): Promise<number> {
  const users = await withDesk(values, (desk) => desk.users.list())
  if (values.json) {
    terminal.out(`${JSON.stringify(users, null, 2)}\n`)
    return exitCodes.ok
  }
  const rows = users.map((user) => [
    user.name,
    user.disabled ? `${user.role}, disabled` : user.role,
    user.lastLogin === null ? 'never logged in' : `last login ${timeText(user.lastLogin)}`,
    counted(user.sessions, 'session'),
    counted(user.tokens, 'API token'),
  ])
  if (rows.length > 0) terminal.out(`${columns(rows)}\n`)
  terminal.out(
    users.length === 0
      ? 'There are no users, so nobody has to log in on this machine.\n'
      : `${counted(users.length, 'user')}\n`,
  )
  return exitCodes.ok
}

async function add({ values, terminal }: Input, [name = '']: readonly string[]): Promise<number> {
  const { role } = values
  const password = await newPassword(terminal, name)
  const user = await withDesk(values, (desk) => desk.users.add({ name, role, password }))
  return told({ values, terminal }, user, `is ${role} now`)
}

async function change(input: Input, name: string, changes: UserChange, sentence: string): Promise<number> {
  const user = await withDesk(input.values, (desk) => desk.users.change(name, changes))
  return told(input, user, sentence)
}

async function remove({ values, terminal }: Input, [name = '']: readonly string[]): Promise<number> {
  await withDesk(values, (desk) => desk.users.remove(name))
  terminal.out(
    values.json ? `${JSON.stringify({ removed: name })}\n` : `${name} is removed, with sessions and API tokens\n`,
  )
  return exitCodes.ok
}

function told({ values, terminal }: Pick<Input, 'values' | 'terminal'>, user: User, sentence: string): number {
  terminal.out(values.json ? `${JSON.stringify(user, null, 2)}\n` : `${user.name} ${sentence}\n`)
  return exitCodes.ok
}
