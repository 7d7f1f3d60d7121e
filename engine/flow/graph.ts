/** Which vertices each vertex leads to. */
export type Edges = ReadonlyMap<string, readonly string[]>

/**
 * The strongly connected components of a graph (Tarjan 1972, without recursion): sets of vertices that all reach each other.
 * They come in reverse topological order: a component before those that lead to it.
 */
export function strongComponents(vertices: Iterable<string>, edges: Edges): string[][] {
  const components: string[][] = []
  const state = new Map<string, { index: number; low: number; open: boolean }>()
  const open: string[] = []
  const enter = (vertex: string) => {
    state.set(vertex, { index: state.size, low: state.size, open: true })
    open.push(vertex)
    return { vertex, next: 0 }
  }
  for (const start of vertices) {
    if (state.has(start)) continue
    const work = [enter(start)]
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const own = state.get(frame.vertex)
      const target = edges.get(frame.vertex)?.[frame.next++]
      if (own === undefined) break
      if (target !== undefined) {
        const known = state.get(target)
        if (known === undefined) work.push(enter(target))
        else if (known.open) own.low = Math.min(own.low, known.index)
        continue
      }
      work.pop()
      const parent = state.get(work.at(-1)?.vertex ?? '')
      if (parent !== undefined) parent.low = Math.min(parent.low, own.low)
      if (own.low === own.index) components.push(close(frame.vertex, open, state))
    }
  }
  return components
}

function close(root: string, open: string[], state: Map<string, { open: boolean }>): string[] {
  const component = open.splice(open.lastIndexOf(root))
  for (const vertex of component) {
    const known = state.get(vertex)
    if (known !== undefined) known.open = false
  }
  return component
}

/** The shortest circle through a vertex, beginning with it; undefined when there is none. */
export function shortestCircle(start: string, edges: Edges): string[] | undefined {
  const before = new Map<string, string>()
  const queue = [start]
  for (const vertex of queue) {
    for (const target of edges.get(vertex) ?? []) {
      if (target === start) return wayTo(vertex, start, before)
      if (before.has(target)) continue
      before.set(target, vertex)
      queue.push(target)
    }
  }
  return undefined
}

function wayTo(end: string, start: string, before: ReadonlyMap<string, string>): string[] {
  const way = [end]
  for (let vertex = end; vertex !== start; ) {
    vertex = before.get(vertex) ?? start
    way.unshift(vertex)
  }
  return way
}

/**
 * All vertices, each after those that lead to it, except round a circle: there, `hard` edges decide as far as they can.
 */
export function orderVertices(vertices: readonly string[], all: Edges, hard: Edges): string[] {
  const components = strongComponents(vertices, all).reverse()
  return components.flatMap((component) => {
    if (component.length === 1) return component
    return strongComponents(component, edgesInside(component, hard)).reverse().flat()
  })
}

/** The edges between these vertices. */
export function edgesInside(vertices: readonly string[], edges: Edges): Edges {
  const inside = new Set(vertices)
  return new Map(vertices.map((vertex) => [vertex, (edges.get(vertex) ?? []).filter((to) => inside.has(to))]))
}
