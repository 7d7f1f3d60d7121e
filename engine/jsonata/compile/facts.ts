import type { Node, Pair } from '../ast.ts'

/** What one walk over the tree finds out, before anything is compiled. */
export interface Facts {
  /** Names of variables that are called in place: how often. */
  readonly calls: ReadonlyMap<string, number>
  /** Names of variables that are used otherwise, or called in tail position. */
  readonly values: ReadonlySet<string>
  readonly hasTuples: boolean
}

/** Every node right below a node. */
export function children(node: Node): readonly Node[] {
  const { predicate, stages, group } = node
  const own = ownChildren(node)
  if (predicate === undefined && stages === undefined && group === undefined) return own
  return [...own, ...behind(node)]
}

const none: readonly Node[] = []

function ownChildren(node: Node): readonly Node[] {
  switch (node.type) {
    case 'path':
      return node.steps ?? none
    case 'block':
      return node.expressions ?? none
    case 'binary':
    case 'bind':
    case 'apply':
      return present(node.lhs as Node, node.rhs) // only object constructors have pairs
    case 'unary':
      if (node.value === '{') return (node.lhs as readonly Pair[]).flat()
      return node.expressions ?? present(node.expression)
    case 'condition':
      return present(node.condition, node.then, node.else)
    case 'function':
    case 'partial':
      return [...(node.arguments ?? none), ...present(node.procedure)]
    case 'lambda':
      return present(node.body)
    case 'transform':
      return present(node.pattern, node.update, node.delete)
    case 'sort':
      return (node.terms ?? []).map((term) => term.expression)
    default:
      return none
  }
}

function present(...nodes: readonly (Node | undefined)[]): readonly Node[] {
  return nodes.filter((node) => node !== undefined)
}

/** What stands behind a node: predicates and a group. */
function behind(node: Node): Node[] {
  const nodes: Node[] = []
  for (const stage of node.predicate ?? []) if (stage.expr !== undefined) nodes.push(stage.expr)
  for (const stage of node.stages ?? []) if (stage.expr !== undefined) nodes.push(stage.expr)
  for (const pair of node.group?.lhs ?? []) nodes.push(...pair)
  return nodes
}

/** Looks at the whole tree once. */
export function findFacts(root: Node): Facts {
  const calls = new Map<string, number>()
  const values = new Set<string>()
  let hasTuples = false
  forEachNode(root, (node, parent, isThunk) => {
    if (node.tuple || node.type === 'parent' || node.focus !== undefined || node.index !== undefined) hasTuples = true
    if (node.type === 'transform') values.add('clone')
    if (node.type !== 'variable') return
    const name = String(node.value)
    const isCalled =
      parent?.type === 'function' && parent.procedure === node && !isThunk && node.predicate === undefined
    if (isCalled) calls.set(name, (calls.get(name) ?? 0) + 1)
    else values.add(name)
  })
  return { calls, values, hasTuples }
}

/** Visits each node with the one above it, and whether that is a call in tail position. */
export function forEachNode(root: Node, visit: (node: Node, parent: Node | undefined, isThunk: boolean) => void): void {
  const open: { node: Node; parent: Node | undefined; isThunk: boolean }[] = [
    { node: root, parent: undefined, isThunk: false },
  ]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, parent } = next
    visit(node, parent, next.isThunk)
    const isThunk = parent?.type === 'lambda' && parent.thunk === true
    for (const child of children(node)) open.push({ node: child, parent: node, isThunk })
  }
}

/** Names that `:=` binds in the frame of these nodes, not in a frame of a block or lambda inside. */
export function boundNames(nodes: readonly Node[]): Set<string> {
  const names = new Set<string>()
  const open = [...nodes]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === 'bind' && node.lhs !== undefined && 'value' in node.lhs) names.add(String(node.lhs.value))
    if (node.type === 'block') open.push(...behind(node))
    else if (node.type !== 'lambda' || node.thunk === true) open.push(...children(node))
  }
  return names
}
