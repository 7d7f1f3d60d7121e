import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Edges, orderVertices, shortestCircle, strongComponents } from '../../engine/flow/graph.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const graphs: fc.Arbitrary<Edges> = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 16 })
  .map(edgesOf)

test('two vertices share a component exactly when each reaches the other', () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const components = strongComponents(names, edges)
      expect(components.flat().sort()).toEqual(names)
      for (const one of names) {
        for (const other of names) {
          const together = components.some((component) => component.includes(one) && component.includes(other))
          const mutual = one === other || (reaches(edges, one, other) && reaches(edges, other, one))
          expect(together).toBe(mutual)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('components come before those that lead to them', () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const place = new Map<string, number>()
      for (const [index, component] of strongComponents(names, edges).entries()) {
        for (const vertex of component) place.set(vertex, index)
      }
      for (const [from, targets] of edges) {
        for (const to of targets) expect(place.get(to)).toBeLessThanOrEqual(place.get(from) ?? -1)
      }
    }),
  )
})

test('the shortest circle is a circle, and there is one when a vertex reaches itself', () => {
  fc.assert(
    fc.property(graphs, fc.constantFrom(...names), (edges, start) => {
      const circle = shortestCircle(start, edges)
      expect(circle !== undefined).toBe(reaches(edges, start, start))
      if (circle === undefined) return
      expect(circle[0]).toBe(start)
      expect(new Set(circle).size).toBe(circle.length)
      for (const [index, vertex] of circle.entries()) {
        expect(edges.get(vertex)).toContain(circle[(index + 1) % circle.length])
      }
    }),
    { numRuns: 500 },
  )
})

test('vertices come after all that lead to them, except round a circle', () => {
  fc.assert(
    fc.property(graphs, graphs, (hard, soft) => {
      const all = edgesOf([...pairs(hard), ...pairs(soft)])
      const order = orderVertices(names, all, hard)
      expect([...order].sort()).toEqual(names)
      for (const [from, to] of pairs(all)) {
        if (!reaches(all, to, from)) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to))
      }
    }),
    { numRuns: 500 },
  )
})

test('a circle is entered where only soft edges lead in', () => {
  const hard = edgesOf([
    ['b', 'c'],
    ['c', 'a'],
  ])
  const all = edgesOf([...pairs(hard), ['a', 'b']])
  expect(orderVertices(['a', 'b', 'c'], all, hard)).toEqual(['b', 'c', 'a'])
})

function edgesOf(list: readonly (readonly [string, string])[]): Edges {
  const edges = new Map<string, string[]>()
  for (const [from, to] of list) edges.set(from, [...(edges.get(from) ?? []), to])
  return edges
}

function pairs(edges: Edges): [string, string][] {
  return [...edges].flatMap(([from, targets]) => targets.map((to): [string, string] => [from, to]))
}

/** Over one edge or more. */
function reaches(edges: Edges, from: string, to: string): boolean {
  const seen = new Set<string>()
  const queue = [...(edges.get(from) ?? [])]
  for (const vertex of queue) {
    if (vertex === to) return true
    if (seen.has(vertex)) continue
    seen.add(vertex)
    queue.push(...(edges.get(vertex) ?? []))
  }
  return false
}
