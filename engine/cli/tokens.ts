import { roles } from '../auth/index.ts'
import { escapeControls } from '../log.ts'
import type { ApiToken } from '../server/protocol-auth.ts'
import { type Action, runAction } from './actions.ts'
import { authDeskOptions, withDesk } from './auth-desk.ts'
import { type CommandInput, command } from './command.ts'
import { choice, flag, integer } from './option.ts'
import { columns, counted, exitCodes } from './terminal.ts'
import { timeText } from './time.ts'

const options = {
  ...authDeskOptions,
  role: choice({ words: roles, fallback: 'viewer', help: 'create: what it may do, at most what its maker may.' }),
  days: integer({ value: 'N', fallback: 90, least: 1, most: 3650, help: 'create: days until it expires.' }),
  'no-expiry': flag({ help: 'create: it never expires.' }),
}

type Input = CommandInput<typeof options>

const actions: Readonly<Record<string, Action<Input>>> = {
  list: { words: '', run: list },
  create: { words: 'TITLE', run: create },
  revoke: { words: 'ID', run: revoke },
}

export const tokensCommand = command({
  name: 'tokens',
  summary: 'API tokens for programs: list, create and revoke them.',
  usage: '[list | create TITLE | revoke ID]',
  words: { least: 0, most: Number.POSITIVE_INFINITY, what: 'an action' },
  options,
  notes: `It talks to the running engine, or works on a data directory with --data while the engine is stopped.
A token is shown once, alone on standard output. Programs send it as "Authorization: Bearer rw_..."; the commands of rulewire
take it from RULEWIRE_TOKEN.

  rulewire tokens create "nightly backup" --role viewer --days 365 > token.txt`,
  run: (input) => runAction('tokens', actions, input),
})

async function list({ values, terminal }: Input): Promise<number> {
  const tokens = await withDesk(values, (desk) => desk.tokens.list())
  if (values.json) {
    terminal.out(`${JSON.stringify(tokens, null, 2)}\n`)
    return exitCodes.ok
  }
  const rows = tokens.map((token) => [
    token.id,
    `${token.start}...`,
    token.role,
    token.user ?? '-',
    token.expires === null ? 'never expires' : `until ${timeText(token.expires)}`,
    token.lastUsed === null ? 'never used' : `used ${timeText(token.lastUsed)}`,
    escapeControls(token.title),
  ])
  if (rows.length > 0) terminal.out(`${columns(rows)}\n`)
  terminal.out(`${counted(tokens.length, 'API token')}\n`)
  return exitCodes.ok
}

async function create({ values, terminal }: Input, [title = '']: readonly string[]): Promise<number> {
  const { role } = values
  const days = values['no-expiry'] ? null : values.days
  const made = await withDesk(values, (desk) => desk.tokens.make({ title, role, days }))
  if (values.json) terminal.out(`${JSON.stringify(made, null, 2)}\n`)
  else {
    terminal.out(`${made.token}\n`)
    terminal.err(`${about(made)}. It is not shown again.\n`)
  }
  return exitCodes.ok
}

async function revoke({ values, terminal }: Input, [id = '']: readonly string[]): Promise<number> {
  await withDesk(values, (desk) => desk.tokens.revoke(id))
  terminal.out(values.json ? `${JSON.stringify({ revoked: id })}\n` : `${id} is revoked\n`)
  return exitCodes.ok
}

function about({ id, role, expires }: ApiToken): string {
  return `API token ${id}: ${role}, ${expires === null ? 'never expires' : `until ${timeText(expires)}`}`
}
