/** A node of the tree that the parser of the library gives; which fields there are depends on the type. */
export interface Node {
  readonly type: NodeType
  readonly value?: unknown
  readonly position?: number
  /** Predicates behind an expression that is no path. */
  readonly predicate?: readonly Stage[]
  /** Predicates and index variables behind a step of a path. */
  readonly stages?: readonly Stage[]
  readonly group?: Group
  /** `[]` behind the expression: one result stays an array. */
  readonly keepArray?: boolean
  /** `[]` somewhere in the path. */
  readonly keepSingletonArray?: boolean
  /** An array constructor that is the first or the last step of a path: its array is one item. */
  readonly consarray?: boolean
  readonly tuple?: boolean
  /** The variable of `@$name`. */
  readonly focus?: string
  /** The variable of `#$name`. */
  readonly index?: string
  readonly ancestor?: Slot
  readonly slot?: Slot
  readonly steps?: readonly Node[]
  readonly expressions?: readonly Node[]
  readonly expression?: Node
  readonly arguments?: readonly Node[]
  readonly procedure?: Node
  readonly body?: Node
  readonly thunk?: boolean
  readonly signature?: { readonly definition: string }
  readonly condition?: Node
  readonly then?: Node
  readonly else?: Node
  readonly pattern?: Node
  readonly update?: Node
  readonly delete?: Node
  readonly terms?: readonly Term[]
  /** A node, or the pairs of an object constructor. */
  readonly lhs?: Node | readonly Pair[]
  readonly rhs?: Node
}

export type NodeType =
  | 'path'
  | 'binary'
  | 'unary'
  | 'name'
  | 'string'
  | 'number'
  | 'value'
  | 'wildcard'
  | 'descendant'
  | 'parent'
  | 'condition'
  | 'block'
  | 'bind'
  | 'regex'
  | 'function'
  | 'variable'
  | 'lambda'
  | 'partial'
  | 'apply'
  | 'transform'
  | 'sort'
  | 'operator'

/** A key expression and its value expression. */
export type Pair = readonly [Node, Node]

/** What stands in brackets behind a step: a predicate, or `#$name` behind predicates. */
export interface Stage {
  readonly type: 'filter' | 'index'
  readonly expr?: Node
  readonly value?: string
  readonly position?: number
}

/** `{key: value}` behind an expression. */
export interface Group {
  readonly lhs: readonly Pair[]
  readonly position: number
}

/** One key of `^(...)`. */
export interface Term {
  readonly descending: boolean
  readonly expression: Node
}

/** What `%` stands for: a label that the step it refers to binds. */
export interface Slot {
  readonly label: string
}
