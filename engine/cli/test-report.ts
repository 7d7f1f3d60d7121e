import type { TextPlace } from '../flow/jsontext.ts'
import { type Coverage, failureText, type RuleFileResult, sinceText, type Tone } from '../rules/index.ts'
import { type Color, paint, type Terminal } from './terminal.ts'

const colors: Readonly<Record<Tone, Color | undefined>> = {
  head: 'bold',
  expected: 'green',
  found: 'red',
  plain: undefined,
  dim: 'dim',
}

/** What came of a file: a line for each test, the differences of those that failed, and the coverage. */
export function resultText(
  { file, tests, coverage }: RuleFileResult,
  locate: (at: string) => TextPlace | undefined,
  terminal: Terminal,
): string {
  const lines = [paint(terminal, 'bold', file)]
  for (const { name, failures, start, lasted } of tests) {
    const mark = failures.length === 0 ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗')
    lines.push(`  ${mark} ${name} ${paint(terminal, 'dim', sinceText(lasted))}`)
    for (const failure of failures) {
      const place = locate(failure.at)
      lines.push(`    ${file}${place === undefined ? '' : `:${place.line}:${place.column}`}`)
      for (const { tone, text } of failureText(failure, start)) {
        const color = colors[tone]
        lines.push(`    ${color === undefined ? text : paint(terminal, color, text)}`)
      }
    }
  }
  lines.push(...coverageLines(coverage).map((text) => `  ${paint(terminal, 'dim', text)}`))
  return `${lines.join('\n')}\n`
}

function coverageLines({ nodes, ports, left }: Coverage): string[] {
  const lines = [`nodes ${share(nodes.reached, nodes.missed)}, output ports ${share(ports.used, ports.missed)}`]
  if (nodes.missed.length > 0) lines.push(`not reached: ${nodes.missed.join(', ')}`)
  const silent = ports.missed.filter((port) => !nodes.missed.includes(port.slice(0, port.indexOf('.'))))
  if (silent.length > 0) lines.push(`not used: ${silent.join(', ')}`)
  if (left.length > 0) lines.push(`left out: ${left.join(', ')}`)
  return lines
}

function share(done: readonly string[], missed: readonly string[]): string {
  return `${done.length} of ${done.length + missed.length}`
}
