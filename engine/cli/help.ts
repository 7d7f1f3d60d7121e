import type { Command } from './command.ts'
import { columns } from './terminal.ts'

/** Characters of a line of help at most, where words allow it. */
const lineWidth = 110
/** Options that are longer than this have their help on the next line, so that one of them does not push all help to the right. */
const headWidth = 26

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
export function commandHelp({ name, usage, summary, options, borrowed, notes }: Command): string {
  const own = Object.entries(options).filter(([option]) => !Object.hasOwn(borrowed?.options ?? {}, option))
  const rows = own.map(([option, { value, help, shown, variable }]): [string, string] => {
    const head = value === undefined ? `--${option}` : `--${option} ${value}`
    const extra = [shown === undefined ? '' : `default ${shown}`, variable ?? ''].filter((entry) => entry !== '')
    return [head, extra.length === 0 ? help : `${help} (${extra.join('; ')})`]
  })
  const table = optionTable([...rows, ['--help', 'This help.'], ['--version', 'The version.']])
  const further = borrowed === undefined ? '' : `\n\nAnd the options of "rulewire ${borrowed.from}".`
  const parts = [`rulewire ${name}${usage === '' ? '' : ` ${usage}`}`, summary, `Options:\n${table}${further}`]
  if (notes !== undefined) parts.push(notes)
  return `${parts.join('\n\n')}\n`
}

function optionTable(rows: readonly [head: string, help: string][]): string {
  const width = Math.min(headWidth, Math.max(...rows.map(([head]) => head.length)))
  const margin = ' '.repeat(width + 4)
  return rows
    .flatMap(([head, help]) => {
      const [first = '', ...rest] = wrapped(help, lineWidth - margin.length)
      const begin = head.length > width ? [`  ${head}`, margin + first] : [`  ${head.padEnd(width)}  ${first}`]
      return [...begin, ...rest.map((line) => margin + line)]
    })
    .join('\n')
}

/** The text in lines of at most so many characters; a longer word has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
