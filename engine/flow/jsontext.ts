import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser'
import { type Problem, problem } from '../errors.ts'
import { explainBrokenJson } from './brokenjson.ts'
import { duplicateFields } from './duplicates.ts'
import { flowLimits } from './limits.ts'
import { type Path, parsePath, pathText } from './path.ts'

/** Fields that stand twice of which it is told. */
const mostDuplicates = 100

/** A place in a text, counted from 1; columns count UTF-16 units. */
export interface TextPlace {
  line: number
  column: number
}

export interface JsonText {
  /** What stands there; undefined when the text is not JSON, is too large or too deep. */
  value: unknown
  problems: Problem[]
  /** The place of a path such as `nodes[2].config.when`: where the field begins, or what is nearest around it. */
  locate(at: string): TextPlace | undefined
}

/**
 * Reads JSON as RFC 8259 has it, with a byte order mark and any line ends. Every problem has its place.
 * A field that stands twice in one object is a problem too: JSON.parse would drop the first in silence.
 */
export function readJsonText(source: string): JsonText {
  const bytes = Buffer.byteLength(source)
  if (bytes > flowLimits.fileBytes) {
    const values = { what: 'The file', found: `${bytes} bytes`, limit: `${flowLimits.fileBytes} bytes` }
    return { value: undefined, problems: [problem('TOO_LARGE', values)], locate: () => undefined }
  }
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const place = placesOf(text)
  const deep = firstTooDeep(text, flowLimits.depth)
  if (deep !== undefined) {
    const values = { what: 'The nesting of the file', found: 'deeper', limit: `${flowLimits.depth} levels` }
    return { value: undefined, problems: [problem('TOO_LARGE', values, place(deep))], locate: () => undefined }
  }
  try {
    return readSound(text, JSON.parse(text), place)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    const problems = explainBrokenJson(text, thrown).map(({ detail, offset }) =>
      problem('BROKEN_JSON', { detail }, place(offset)),
    )
    return { value: undefined, problems, locate: () => undefined }
  }
}

function readSound(text: string, value: unknown, place: (offset: number) => TextPlace): JsonText {
  let root: Node | undefined
  const locate = (at: string) => {
    const path = parsePath(at)
    // Only who asks for places pays for the tree.
    root ??= parseTree(text, [], { disallowComments: true, allowTrailingComma: false })
    const node = root === undefined || path === undefined ? undefined : nearest(root, path)
    return node === undefined ? undefined : place(node.offset)
  }
  const problems = duplicateFields(text, mostDuplicates).map(({ path, count, offset }) =>
    problem('DUPLICATE_FIELD', { field: String(path.at(-1)), count }, { at: pathText(path), ...place(offset) }),
  )
  return { value, problems, locate }
}

/** The property or value at a path, or the last one on the way to it that is there. */
function nearest(root: Node, path: Path): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length))
    if (node !== undefined) return node.parent?.type === 'property' ? node.parent : node
  }
  return root
}

/** Where objects and arrays stand deeper inside each other than the limit; undefined when they nowhere do. */
function firstTooDeep(text: string, limit: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let offset = 0; offset < text.length; offset++) {
    const character = text[offset]
    if (quoted) {
      if (character === '\\') offset++
      else if (character === '"' || character === '\n' || character === '\r') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{' || character === '[') {
      depth++
      if (depth > limit) return offset
    } else if (character === '}' || character === ']') depth--
  }
  return undefined
}

/** Gives line and column of an offset. Lines end in LF, CR LF or CR. */
function placesOf(text: string): (offset: number) => TextPlace {
  let known: number[] | undefined
  return (offset) => {
    known ??= lineStarts(text)
    const starts = known
    let [line, beyond] = [0, starts.length]
    while (beyond - line > 1) {
      const middle = (line + beyond) >> 1
      if ((starts[middle] ?? 0) <= offset) line = middle
      else beyond = middle
    }
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === 0x0a || (sign === 0x0d && text.charCodeAt(at + 1) !== 0x0a)) starts.push(at + 1)
  }
  return starts
}
