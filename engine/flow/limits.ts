/** How large a flow may be. Beyond that, a check reports TOO_LARGE and looks no further into what is too large. */
export const flowLimits = {
  /** Bytes of a flow file in UTF-8. */
  fileBytes: 1_000_000,
  nodes: 5_000,
  wires: 20_000,
  /** Characters of one JSONata expression. */
  expressionLength: 10_000,
  /** Steps of all paths in one JSONata expression. */
  pathSteps: 500,
  /** Objects and arrays inside each other; the document itself is the first. */
  depth: 64,
} as const

/** How deep objects and arrays stand inside each other: 0 for a plain value. Counts no further than `limit` + 1. */
export function depthOf(value: unknown, limit: number = flowLimits.depth): number {
  if (typeof value !== 'object' || value === null) return 0
  if (limit <= 0) return 1
  let deepest = 0
  for (const item of Object.values(value)) deepest = Math.max(deepest, depthOf(item, limit - 1))
  return deepest + 1
}
