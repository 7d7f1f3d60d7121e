import { rulewireError, suggestion } from '../errors.ts'
import type { BrokerRule, BrokerUser, BrokerUserChange } from '../server/protocol-broker-users.ts'
import { withAccess } from './access-desk.ts'
import { type Action, runAction } from './actions.ts'
import { authDeskOptions } from './auth-desk.ts'
import { type CommandInput, command } from './command.ts'
import { newPassword } from './new-password.ts'
import { flag } from './option.ts'
import { columns, counted, exitCodes } from './terminal.ts'

const options = {
  ...authDeskOptions,
  certificate: flag({ help: 'add: without a password; only a client certificate of that name lets the user in.' }),
}

type Input = CommandInput<typeof options>

const actions: Readonly<Record<string, Action<Input>>> = {
  list: { words: '', run: list },
  add: { words: 'NAME', run: add },
  password: { words: 'NAME', run: password },
  allow: { words: 'NAME ACTION FILTER', run: allow },
  deny: { words: 'NAME FILTER', run: deny },
  disable: { words: 'NAME', run: (input, [name = '']) => change(input, name, { disabled: true }, 'cannot log in') },
  enable: { words: 'NAME', run: (input, [name = '']) => change(input, name, { disabled: false }, 'can log in') },
  remove: { words: 'NAME', run: remove },
}

export const brokerUsersCommand = command({
  name: 'broker-users',
  summary: 'Users of the embedded MQTT broker, and the topics that each may publish and subscribe to.',
  usage: '[list | add | password | allow | deny | disable | enable | remove]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'an action' },
  options,
  notes: `It talks to the running engine, or with --data to the directory of one that does not run. ACTION is publish, subscribe or both; in FILTER stands %u for the user's name and %c for the
client id. What nothing allows is denied. A change ends the connections of the user, which then come back.

  rulewire broker-users add pump
  rulewire broker-users allow pump publish 'pumps/%u/#'
  rulewire broker-users allow pump subscribe 'cmd/%u/+'
  rulewire broker-users deny pump 'cmd/%u/+'`,
  run: (input) => runAction('broker-users', actions, input),
})

async function list({ values, terminal }: Input): Promise<number> {
  const found = await listOf({ values, terminal })
  if (values.json) terminal.out(`${JSON.stringify(found, null, 2)}\n`)
  else {
    const rows = found.map(({ name, password, disabled, fixed, rules, clients }) => [
      name,
      disabled ? 'disabled' : password ? 'password' : 'certificate only',
      fixed ? 'config file' : '',
      clients === 0 ? '' : counted(clients, 'client'),
      rules.length === 0 ? 'may do nothing' : rules.map(({ action, filter }) => `${action} ${filter}`).join(', '),
    ])
    if (rows.length > 0) terminal.out(`${columns(rows)}\n`)
    terminal.out(`${counted(found.length, 'user')}\n`)
  }
  return exitCodes.ok
}

async function add(input: Input, [name = '']: readonly string[]): Promise<number> {
  const known = await listOf(input)
  if (known.some((user) => user.name === name)) {
    const wanted = `Change it with "rulewire broker-users password ${name}" or "allow".`
    throw rulewireError('BAD_REQUEST', { detail: `There is a user "${name}" already.`, wanted })
  }
  const secret = input.values.certificate ? null : await newPassword(input.terminal, name)
  return change(input, name, { password: secret }, 'is added, and may do nothing until "allow" says what')
}

async function password(input: Input, [name = '']: readonly string[]): Promise<number> {
  await userOf(input, name)
  return change(input, name, { password: await newPassword(input.terminal, name) }, 'has another password')
}

async function allow(input: Input, [name = '', action = '', filter = '']: readonly string[]): Promise<number> {
  if (action !== 'publish' && action !== 'subscribe' && action !== 'both') {
    const wanted = 'Write publish, subscribe or both.'
    throw rulewireError('OPTION_VALUE', { option: 'ACTION', found: action, detail: 'that is no action', wanted })
  }
  const { rules } = await userOf(input, name)
  const others = rules.filter((rule) => rule.filter !== filter)
  const before = rules.find((rule) => rule.filter === filter)?.action ?? action
  const rule: BrokerRule = { action: before === action ? action : 'both', filter }
  return change(input, name, { rules: [...others, rule] }, `may ${wordOf(rule.action)} ${filter}`)
}

async function deny(input: Input, [name = '', filter = '']: readonly string[]): Promise<number> {
  const { rules } = await userOf(input, name)
  const left = rules.filter((rule) => rule.filter !== filter)
  if (left.length < rules.length) return change(input, name, { rules: left }, `has no rule for ${filter} any more`)
  const near = suggestion(
    filter,
    rules.map((rule) => rule.filter),
  )
  const has = `It has ${rules.map((rule) => rule.filter).join(', ') || 'none'}.`
  throw rulewireError('BAD_REQUEST', { detail: `"${name}" has no rule for "${filter}"${near}.`, wanted: has })
}

async function remove({ values, terminal }: Input, [name = '']: readonly string[]): Promise<number> {
  await withAccess(values, terminal.env, ({ brokerUsers }) => brokerUsers.remove(name))
  terminal.out(values.json ? `${JSON.stringify({ removed: name })}\n` : `${name} is removed\n`)
  return exitCodes.ok
}

function listOf({ values, terminal }: Pick<Input, 'values' | 'terminal'>): Promise<BrokerUser[]> {
  return withAccess(values, terminal.env, ({ brokerUsers }) => brokerUsers.list())
}

async function userOf(input: Input, name: string): Promise<BrokerUser> {
  const all = await listOf(input)
  const found = all.find((user) => user.name === name)
  if (found !== undefined) return found
  const near = suggestion(
    name,
    all.map((user) => user.name),
  )
  const list = '/api/v1/broker-users'
  throw rulewireError('NOT_FOUND', { what: 'user of the broker', name, suggestion: near, list })
}

async function change(
  { values, terminal }: Input,
  name: string,
  changes: BrokerUserChange,
  sentence: string,
): Promise<number> {
  const user = await withAccess(values, terminal.env, ({ brokerUsers }) => brokerUsers.put(name, changes))
  terminal.out(values.json ? `${JSON.stringify(user, null, 2)}\n` : `${name} ${sentence}\n`)
  return exitCodes.ok
}

function wordOf(action: BrokerRule['action']): string {
  return action === 'both' ? 'publish and subscribe to' : action === 'publish' ? 'publish to' : 'subscribe to'
}
