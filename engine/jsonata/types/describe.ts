import { joinPath, membersOf, nearest, printType, type Type } from '../../types/index.ts'
import type { Node } from './ast.ts'

/** A type as a warning names it: short, without the fields of large shapes. */
export function describe(type: Type): string {
  return printType(type, { depth: 1, fields: 4, values: 3 })
}

/** The kinds of a type in words: `null or a string`. */
export function kindsOf(type: Type): string {
  return namesOf(membersOf(type).map((member) => member.kind))
}

/** Kinds in words: `a number or an array`. */
export function namesOf(kinds: readonly string[]): string {
  const names = kinds.map((kind) => kindNames[kind] ?? kind)
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : (names[0] ?? 'nothing')
}

const kindNames: Partial<Record<string, string>> = {
  any: 'any value',
  boolean: 'a boolean',
  number: 'a number',
  string: 'a string',
  bytes: 'bytes',
  function: 'a function',
  object: 'an object',
  array: 'an array',
  missing: 'missing',
}

/** `; did you mean round?` for the nearest candidate, else nothing. */
export function suggestion(name: string, candidates: Iterable<string>, prefix = ''): string {
  const near = nearest(name, candidates)
  return near === undefined ? '' : `; did you mean ${prefix}${near}?`
}

/** A list of names, cut off when it is long. */
export function listOf(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}

/**
 * The text of a path up to and with the step of this index, as far as it can be written: `payload.temperature`. Filters
 * are shown as `[…]`, those of the last step only on request.
 */
export function pathText(steps: readonly Node[], last: number, filtered = true): string {
  let text = ''
  for (const [index, step] of steps.slice(0, last + 1).entries()) {
    if (step.type === 'variable') text = `$${String(step.value)}`
    else if (step.type === 'name') text = joinPath(text, String(step.value))
    else text = step.type === 'sort' ? `${text}^(…)` : joinStep(text, step)
    if (index === last && !filtered) return text
    const filters = [...(step.predicate ?? []), ...(step.stages ?? [])].map((stage) => `[${filterText(stage.expr)}]`)
    text += filters.join('')
  }
  return text
}

function filterText(filter: Node | undefined): string {
  return filter?.type === 'number' ? String(filter.value) : '…'
}

function joinStep(text: string, step: Node): string {
  const shown =
    step.type === 'wildcard' ? '*' : step.type === 'descendant' ? '**' : step.type === 'parent' ? '%' : '(…)'
  return text === '' ? shown : `${text}.${shown}`
}

/** Where a node ends in the text: a path ends with its last step. */
export function positionOf(node: Node | undefined): number | undefined {
  return node?.position ?? node?.steps?.at(-1)?.position
}

/** The text of an operand in a warning: its path, its literal, or its type. */
export function operandText(node: Node | undefined, type: Type): string {
  if (node?.type === 'path' && node.steps) {
    const text = pathText(node.steps, node.steps.length - 1)
    if (!text.includes('(…)')) return `${text} (${describe(type)})`
  }
  if (node?.type === 'variable' && node.value !== '') return `$${String(node.value)} (${describe(type)})`
  return describe(type)
}
