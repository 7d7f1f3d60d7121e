import { nodeSpecs } from '../../nodes/index.ts'
import { problem, rulewireError, suggestion } from '../errors.ts'
import { nodeReference } from '../flow/index.ts'
import { command } from './command.ts'
import { columns, exitCodes, paint } from './terminal.ts'

export const nodesCommand = command({
  name: 'nodes',
  summary: 'Lists the node types, or shows the reference of one.',
  usage: '[TYPE]',
  words: { least: 0, most: 1, what: 'a node type' },
  options: {},
  run: ({ words, terminal }) => {
    const [type] = words
    if (type !== undefined) {
      terminal.out(reference(type))
      return exitCodes.ok
    }
    const groups = Map.groupBy(nodeSpecs.values(), (spec) => spec.category)
    const width = Math.max(...[...nodeSpecs.keys()].map((name) => name.length))
    const texts = [...groups].map(([category, specs]) => {
      const rows = specs.map((spec) => [spec.type.padEnd(width), spec.summary])
      return `${paint(terminal, 'bold', category)}\n${columns(rows, '  ')}\n`
    })
    terminal.out(`${texts.join('\n')}\n"rulewire nodes TYPE" shows the fields, ports and examples of one.\n`)
    return exitCodes.ok
  },
})

function reference(type: string): string {
  const spec = nodeSpecs.get(type)
  if (spec !== undefined) return nodeReference(spec)
  const { text } = problem('UNKNOWN_NODE_TYPE', { type, suggestion: suggestion(type, nodeSpecs.keys()) })
  throw rulewireError('BAD_REQUEST', { detail: text, wanted: `The types are: ${[...nodeSpecs.keys()].join(', ')}.` })
}
