import type { Node } from '../ast.ts'

/** What one walk over the tree finds out, before anything is compiled. */
export interface Facts {
  /** Names of variables that are called in place: how often. */
  readonly calls: ReadonlyMap<string, number>
  /** Names of variables that are used otherwise, or called in tail position. */
  readonly values: ReadonlySet<string>
  readonly hasTuples: boolean
}

/** Every node right below a node. */
export function* children(node: Node): Generator<Node> {
  const { lhs, rhs } = node
  if (Array.isArray(lhs)) for (const pair of lhs) yield* pair
  else if (lhs !== undefined) yield lhs as Node // not the pairs of an object
  if (rhs !== undefined) yield rhs
  for (const list of [node.steps, node.expressions, node.arguments]) if (list !== undefined) yield* list
  for (const one of [node.expression, node.procedure, node.body, node.condition, node.then, node.else]) {
    if (one !== undefined) yield one
  }
  for (const one of [node.pattern, node.update, node.delete]) if (one !== undefined) yield one
  for (const stage of [...(node.predicate ?? []), ...(node.stages ?? [])])
    if (stage.expr !== undefined) yield stage.expr
  for (const pair of node.group?.lhs ?? []) yield* pair
  for (const term of node.terms ?? []) yield term.expression
}

/** Looks at the whole tree once. */
export function findFacts(root: Node): Facts {
  const calls = new Map<string, number>()
  const values = new Set<string>()
  let hasTuples = false
  const visit = (node: Node, isTail: boolean): void => {
    if (node.tuple || node.type === 'parent' || node.focus !== undefined || node.index !== undefined) hasTuples = true
    if (node.type === 'variable') values.add(String(node.value))
    for (const child of children(node)) {
      const isCalled = node.type === 'function' && child === node.procedure && child.type === 'variable' && !isTail
      if (isCalled && child.predicate === undefined) {
        const name = String(child.value)
        calls.set(name, (calls.get(name) ?? 0) + 1)
      } else visit(child, node.thunk === true)
    }
  }
  visit(root, false)
  return { calls, values, hasTuples }
}

/** Names that `:=` binds in the frame of these nodes, not in a frame of a block or lambda inside. */
export function boundNames(nodes: readonly Node[], names: Set<string> = new Set()): Set<string> {
  for (const node of nodes) {
    if (node.type === 'bind' && node.lhs !== undefined && 'value' in node.lhs) names.add(String(node.lhs.value))
    const inner = [...children(node)]
    if (node.type === 'block') boundNames(outsideBlock(node), names)
    else if (node.type !== 'lambda' || node.thunk === true) boundNames(inner, names)
  }
  return names
}

/** What stands behind a block and is evaluated in the frame around it. */
function outsideBlock(block: Node): Node[] {
  const nodes: Node[] = []
  for (const stage of [...(block.predicate ?? []), ...(block.stages ?? [])]) {
    if (stage.expr !== undefined) nodes.push(stage.expr)
  }
  for (const pair of block.group?.lhs ?? []) nodes.push(...pair)
  return nodes
}
