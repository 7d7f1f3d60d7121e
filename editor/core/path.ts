/** A copy of plain JSON with the value at a path replaced; undefined takes the field or item away. Missing parents are made. */
export function setAt(root: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number') {
    const list: unknown[] = Array.isArray(root) ? [...root] : []
    const next = setAt(list[step], rest, value)
    if (next === undefined) list.splice(step, 1)
    else list[step] = next
    return list
  }
  const entries = isObject(root) ? Object.entries(root) : []
  const next = setAt(isObject(root) && Object.hasOwn(root, step) ? root[step] : undefined, rest, value)
  const at = entries.findIndex(([name]) => name === step)
  if (next === undefined) return Object.fromEntries(entries.filter(([name]) => name !== step))
  if (at >= 0) entries[at] = [step, next]
  else entries.push([step, next])
  return Object.fromEntries(entries)
}

/** The value at a path of plain JSON, undefined where there is none. */
export function getAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step]
    else if (isObject(value) && typeof step === 'string' && Object.hasOwn(value, step)) value = value[step]
    else return undefined
  }
  return value
}

/** Steps of a path in a problem's `at`, such as `nodes[2].config.cases[0].when`. */
export function parsePath(text: string): (string | number)[] {
  return [...text.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map((match) =>
    match[1] === undefined ? (match[2] ?? match[3] ?? '') : Number(match[1]),
  )
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
