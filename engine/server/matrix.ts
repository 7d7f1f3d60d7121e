import { type Access, isAllowed, roles } from '../auth/index.ts'
import { isAudited } from './audit.ts'
import { hooksRoot } from './hooks.ts'
import { liveMessages } from './live-pass.ts'
import { livePath, routes, welcomeRoute } from './routes.ts'

/** The page that says who may use which route and message; made from the table of routes (C10). */
export function routesMarkdown(): string {
  const rows = [...routes, welcomeRoute].map((route) => [
    `\`${route.method} ${route.path}\``,
    ...marks(route.access),
    isAudited(route) ? 'yes' : '',
    cell(route.summary),
  ])
  const messages = Object.entries(liveMessages).map(([type, { access, summary }]) => [
    `\`${type}\``,
    ...marks(access),
    cell(summary),
  ])
  return `# Who may use what

Made from the table of routes by \`npm run generate\`; a test asks every route and message as every role and compares.
What is in no row is refused. "Audit" says that each use is written into the audit log.

## Routes

${table(['Route', ...columns, 'Audit', 'What it does'], rows)}

The files of the editor, without data, are for anyone. Everything below \`${hooksRoot}\` belongs to \`http-in\` nodes of flows: each says
itself who may send, so roles do not count there.

## Messages of the live stream

A client of \`${livePath}\` may connect as viewer. Each of its messages is asked for again:

${table(['Message', ...columns, 'What it does'], messages)}
`
}

const columns = ['anyone', ...roles]

function marks(access: Access): string[] {
  return [access === 'anyone' ? 'yes' : '', ...roles.map((role) => (isAllowed(role, access) ? 'yes' : ''))]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
