import type { Node } from '../ast.ts'
import { children } from './facts.ts'

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
  const visit = (node: Node, parent: Node | undefined): boolean => {
    if (givesFunctions(node, parent)) return true
    if (builds(node)) constructors++
    if (node.type === 'bind' || node.type === 'apply' || node.steps?.some(builds)) repeats = true
    for (const child of children(node)) if (visit(child, node)) return true
    return false
  }
  return visit(root, undefined) || (repeats && constructors >= MANY)
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
      return node.procedure?.type !== 'variable' || node.procedure.value === 'eval'
    case 'variable':
      return parent?.procedure !== node && node.value !== '' && node.value !== '$'
    default:
      return false
  }
}

function isCallOfSimple(node: Node | undefined): boolean {
  return node?.procedure?.type === 'variable' && simple.has(node.procedure.value)
}

/** True for an expression that builds nothing: what it gives is a value of the input or a plain one. */
function isSimple(node: Node): boolean {
  if (node.type === 'unary' && node.value !== '-') return false
  if (node.group !== undefined || node.type === 'apply' || node.type === 'bind') return false
  if (node.type === 'function' && !isCallOfSimple(node)) return false
  for (const child of children(node)) if (!isSimple(child)) return false
  return true
}
