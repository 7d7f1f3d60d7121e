import type { Node } from '../ast.ts'
import { builtIns } from '../functions/table.ts'
import { forEachNode } from './facts.ts'

/** Built-ins that give numbers, texts or truth. */
const simple: ReadonlySet<unknown> = new Set([
  ...['sum', 'count', 'max', 'min', 'average', 'abs', 'floor', 'ceil', 'sqrt', 'round', 'power', 'number', 'random'],
  ...['string', 'substring', 'substringBefore', 'substringAfter', 'lowercase', 'uppercase', 'length', 'trim', 'pad'],
  ...['contains', 'join', 'replace', 'formatNumber', 'formatBase', 'formatInteger', 'parseInteger', 'boolean', 'not'],
  ...[
    'exists',
    'type',
    'now',
    'millis',
    'toMillis',
    'fromMillis',
    'lookup',
    'keys',
    'map',
    'filter',
    'single',
    'reduce',
  ],
])

/** Constructors that it takes before one value in many places can matter. */
const MANY = 8

/**
 * True when the result has to be looked at before it leaves: it may hold functions, or one value in so many places that
 * it is far larger written out than in memory. Wrong only on the safe side.
 */
export function isIntricate(root: Node): boolean {
  let constructors = 0
  let repeats = false
  let hasFunctions = false
  forEachNode(root, (node, parent) => {
    if (givesFunctions(node, parent)) hasFunctions = true
    if (builds(node)) constructors++
    if (node.type === 'bind' || node.type === 'apply' || node.steps?.some(builds)) repeats = true
  })
  return hasFunctions || (repeats && constructors >= MANY)
}

/** True for what can put one value into two places. */
function builds(node: Node): boolean {
  if (node.type === 'unary') return node.value !== '-'
  if (node.type === 'block') return true
  return node.group !== undefined || (node.type === 'function' && !isCallOfSimple(node))
}

function givesFunctions(node: Node, parent: Node | undefined): boolean {
  const isArgument = parent?.type === 'function' && parent.arguments?.includes(node) === true
  switch (node.type) {
    case 'lambda':
      return (
        node.thunk !== true && !(isArgument && isCallOfSimple(parent) && node.body !== undefined && isSimple(node.body))
      )
    case 'regex':
      return !(isArgument && isCallOfSimple(parent))
    case 'partial':
    case 'transform':
      return true
    case 'function':
      return node.procedure?.type !== 'variable' || !isPlainBuiltIn(String(node.procedure.value))
    case 'variable':
      return parent?.procedure !== node && node.value !== '' && node.value !== '$'
    default:
      return false
  }
}

/** A function of the caller may give anything. */
function isPlainBuiltIn(name: string): boolean {
  return builtIns.has(name) && name !== 'eval'
}

function isCallOfSimple(node: Node | undefined): boolean {
  return node?.procedure?.type === 'variable' && simple.has(node.procedure.value)
}

/** True for an expression that builds nothing: what it gives is a value of the input or a plain one. */
function isSimple(root: Node): boolean {
  let result = true
  forEachNode(root, (node) => {
    if (node.type === 'unary' && node.value !== '-') result = false
    if (node.group !== undefined || node.type === 'apply' || node.type === 'bind') result = false
    if (node.type === 'function' && !isCallOfSimple(node)) result = false
  })
  return result
}
