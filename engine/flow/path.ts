/** A way into a document: names of fields and places in arrays. */
export type Path = readonly (string | number)[]

/** A path as people read it: `nodes[2].config.when`; a name that is no plain word stands as `["a name"]`. */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!plainName.test(step)) text += `[${JSON.stringify(step)}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** The path that {@link pathText} printed; undefined when the text is none. */
export function parsePath(text: string): (string | number)[] | undefined {
  const path: (string | number)[] = []
  const step = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y
  while (step.lastIndex < text.length) {
    const found = step.exec(text)
    if (found === null) return undefined
    const [, name, index, quoted] = found
    if (name !== undefined) path.push(name)
    else if (index !== undefined) path.push(Number(index))
    else path.push(String(JSON.parse(quoted ?? '""')))
  }
  return path
}

/** The value at a path, and whether it is there at all. Only own fields count. */
export function valueAt(root: unknown, path: Path): { found: boolean; value: unknown } {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) {
      return { found: false, value: undefined }
    }
    value = Reflect.get(value, step)
  }
  return { found: true, value }
}

const plainName = /^[A-Za-z_$][\w$-]*$/
