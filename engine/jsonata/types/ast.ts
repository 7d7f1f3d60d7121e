/**
 * The tree that the parser of jsonata 2.2.2 gives, as far as types need it. Its own declarations cover only a part, so
 * everything is optional here and a node of an unknown type is a value of any type.
 */
export interface Node {
  readonly type: string
  readonly value?: unknown
  /** Characters from the start of the text to the end of the token, as in the library's errors. */
  readonly position?: number
  readonly steps?: readonly Node[]
  readonly expressions?: readonly Node[]
  readonly arguments?: readonly Node[]
  readonly procedure?: Node
  /** Pairs in an object constructor, a node elsewhere. */
  readonly lhs?: Node | readonly Pair[]
  readonly rhs?: Node
  readonly expression?: Node
  readonly condition?: Node
  readonly then?: Node
  readonly else?: Node
  readonly body?: Node
  readonly pattern?: Node
  readonly update?: Node
  readonly delete?: Node
  /** Filters of a node that is no step of a path, and of the first step of a path. */
  readonly predicate?: readonly Stage[]
  /** Filters and index bindings of a step. */
  readonly stages?: readonly Stage[]
  readonly group?: Group
  readonly terms?: readonly { readonly expression: Node }[]
  /** `@$name`, `#$name` and the label under which `%` finds the parent. */
  readonly focus?: string
  readonly index?: string
  readonly ancestor?: { readonly label: string }
  readonly slot?: { readonly label: string }
  readonly tuple?: boolean
  readonly keepArray?: boolean
  readonly keepSingletonArray?: boolean
  readonly consarray?: boolean
  readonly thunk?: boolean
  readonly signature?: { readonly definition?: string }
}

export type Pair = readonly [Node, Node]

export interface Group {
  readonly lhs: readonly Pair[]
  readonly position?: number
}

/** A filter, or an index binding whose `value` is the name of the variable. */
export interface Stage {
  readonly type: string
  readonly expr?: Node
  readonly value?: unknown
  readonly position?: number
}

/** The operand on the left of a binary node. */
export function leftOf(node: Node): Node | undefined {
  return isPairs(node.lhs) ? undefined : node.lhs
}

/** The pairs of an object constructor. */
export function pairsOf(node: Node): readonly Pair[] {
  return isPairs(node.lhs) ? node.lhs : []
}

function isPairs(lhs: Node['lhs']): lhs is readonly Pair[] {
  return Array.isArray(lhs)
}

/** The names of all variables that `@` and `#` bind anywhere in a tree, however deep it is. */
export function boundByPaths(root: Node): ReadonlySet<string> {
  const names = new Set<string>()
  const open: unknown[] = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) {
      for (const item of node) if (typeof item === 'object' && item !== null) open.push(item)
      continue
    }
    if (typeof node !== 'object' || node === null) continue
    for (const [key, value] of Object.entries(node)) {
      if ((key === 'focus' || key === 'index') && typeof value === 'string') names.add(value)
      else if (typeof value === 'object' && value !== null) open.push(value)
    }
    if ('type' in node && node.type === 'index' && 'value' in node && typeof node.value === 'string')
      names.add(node.value)
  }
  return names
}
