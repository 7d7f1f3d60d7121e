import type { Command } from './command.ts'
import { columns } from './terminal.ts'

/** The help of all commands. */
export function generalHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary])
  return `Rulewire: a flow and rules engine for MQTT.

rulewire COMMAND [options]

${columns(rows, '  ')}

"rulewire COMMAND --help" tells more of a command, "rulewire --version" the version.
`
}

/** The help of one command: all of it comes from its tables. */
export function commandHelp({ name, usage, summary, options, notes }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help, shown, variable }]) => {
    const head = value === undefined ? `--${option}` : `--${option} ${value}`
    const extra = [shown === undefined ? '' : `default ${shown}`, variable ?? ''].filter((entry) => entry !== '')
    return [head, extra.length === 0 ? help : `${help} (${extra.join('; ')})`]
  })
  const all = [...rows, ['--help', 'This help.'], ['--version', 'The version.']]
  const parts = [`rulewire ${name}${usage === '' ? '' : ` ${usage}`}`, summary, `Options:\n${columns(all, '  ')}`]
  if (notes !== undefined) parts.push(notes)
  return `${parts.join('\n\n')}\n`
}
