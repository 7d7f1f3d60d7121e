import type { FlowDocument } from './model.ts'

/** Longest line that a node, a wire or a field is kept in. */
const longestLine = 120

const fieldOrder = [
  '$schema',
  'flow',
  'title',
  'description',
  'disabled',
  'history',
  'guard',
  'nodes',
  'wires',
  'layout',
]
const nodeOrder = ['id', 'type', 'title', 'disabled', 'config']
const wireOrder = ['from', 'to']

/**
 * The one way in which a flow is written: fields in a fixed order, a node or wire in one line while that is at most 120
 * characters, else broken up, two spaces, a line end last. Configs keep the author's order. Fields that do not belong there
 * are printed last and not lost.
 */
export function printFlow(document: FlowDocument): string {
  const fields = entriesInOrder(document, fieldOrder).map(([name, value]) => {
    const key = `  ${JSON.stringify(name)}: `
    if (name === 'nodes') return key + printList(value, nodeOrder)
    if (name === 'wires') return key + printList(value, wireOrder)
    return key + printValue(value, '  ', key.length)
  })
  return `{\n${fields.join(',\n')}\n}\n`
}

/** Any JSON in the same manner: in one line if that is short, else broken up. No line end last. */
export function printJson(value: unknown): string {
  return printValue(value, '', 0)
}

/** A list with one item a line, at least. */
function printList(value: unknown, order: readonly string[]): string {
  if (!Array.isArray(value) || value.length === 0) return printValue(value, '  ', 0)
  const items = value.map((item) => `    ${printValue(inOrder(item, order), '    ', 4)}`)
  return `[\n${items.join(',\n')}\n  ]`
}

/**
 * A value in one line if that fits, else its parts in lines of their own.
 *
 * @param indent white space of the line it begins in
 * @param used characters of that line before it
 */
function printValue(value: unknown, indent: string, used: number): string {
  const line = oneLine(value)
  // one character is kept for the comma behind it
  if (used + line.length < longestLine || !isParted(value)) return line
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    const items = value.map((item) => inner + printValue(item, inner, inner.length))
    return `[\n${items.join(',\n')}\n${indent}]`
  }
  const fields = definedEntries(value).map(([name, item]) => {
    const key = `${inner}${JSON.stringify(name)}: `
    return key + printValue(item, inner, key.length)
  })
  return `{\n${fields.join(',\n')}\n${indent}}`
}

/** Any JSON in one line, with white space between its parts. */
export function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = definedEntries(value).map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

function isParted(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function inOrder(value: unknown, order: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(entriesInOrder(value, order))
}

function entriesInOrder(value: object, order: readonly string[]): [string, unknown][] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return definedEntries(value).sort(([one], [other]) => place(one) - place(other))
}

/** As JSON has it, a field that is undefined is none. */
function definedEntries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined)
}
