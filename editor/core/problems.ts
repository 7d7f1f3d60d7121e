import type { Problem } from '../../engine/errors.ts'
import type { FlowDocument } from './document.ts'
import { parsePath } from './path.ts'

/** A problem with the place in the form where it belongs. */
export interface PlacedProblem extends Problem {
  /** Path in the node's config; absent when it is about the node, a wire or the flow. */
  field?: (string | number)[]
}

/** Problems of a check, with the node and the field that each is about, errors first. */
export function placeProblems(document: FlowDocument, problems: readonly Problem[]): PlacedProblem[] {
  return problems
    .map((problem) => {
      const path = problem.at === undefined ? [] : parsePath(problem.at)
      const [list, index, part, ...field] = path
      const entry = list === 'nodes' && typeof index === 'number' ? document.nodes[index] : undefined
      const node = problem.node ?? entry?.id
      return {
        ...problem,
        ...(node === undefined ? {} : { node }),
        ...(part === 'config' && field.length > 0 ? { field } : {}),
      }
    })
    .sort((a, b) => rank(a) - rank(b))
}

/** The problems of each node, and under '' those of none. */
export function problemsByNode(problems: readonly PlacedProblem[]): Map<string, PlacedProblem[]> {
  const byNode = new Map<string, PlacedProblem[]>()
  for (const problem of problems) {
    const list = byNode.get(problem.node ?? '') ?? []
    list.push(problem)
    byNode.set(problem.node ?? '', list)
  }
  return byNode
}

/** The problems at a field or inside it. */
export function problemsAt(problems: readonly PlacedProblem[], path: readonly (string | number)[]): PlacedProblem[] {
  return problems.filter(
    (problem) => problem.field !== undefined && path.every((step, index) => problem.field?.[index] === step),
  )
}

function rank(problem: Problem): number {
  return problem.severity === 'error' ? 0 : 1
}
