import { type Member, membersOf, type ObjectType, type Type } from './type.ts'
import { without } from './union.ts'

/** How much of a type the one-line text shows. */
export interface PrintLimits {
  /** Shapes nested deeper than this are shown as `{…}`. */
  readonly depth?: number
  /** Fields of a shape beyond this number are counted, not shown. */
  readonly fields?: number
  /** Literal values beyond this number are counted, not shown. */
  readonly values?: number
}

/** One line, such as `{ temperature: number, unit?: string, … }`. `…` means an open shape, `?` an optional field. */
export function printType(type: Type, limits: PrintLimits = {}): string {
  const { depth = 6, fields = 24, values = 8 } = limits
  return print(type, { depth, fields, values })
}

/** Several lines, one for each field, indented by two spaces. Nothing is left out. */
export function printTypeLines(type: Type): string {
  return printLines(type, '')
}

/** A step of a path as one would write it in JSONata: `a.b`, or with backticks where the name is not an identifier. */
export function joinPath(path: string, name: string): string {
  const step = isIdentifier(name) ? name : `\`${name}\``
  return path === '' ? step : `${path}.${step}`
}

interface Limits {
  readonly depth: number
  readonly fields: number
  readonly values: number
}

function print(type: Type, limits: Limits): string {
  const members = membersOf(type)
  if (members.length === 0) return 'never'
  return members.map((member) => printMember(member, limits)).join(' | ')
}

function printMember(type: Member, limits: Limits): string {
  if (type.kind === 'object') return printShape(type, limits)
  if (type.kind === 'array') return `array(${print(type.item, limits)})`
  return printLeaf(type, limits.values)
}

function printLeaf(type: Exclude<Member, { kind: 'object' | 'array' }>, limit: number): string {
  if (type.kind === 'string' && type.values) return printValues(type.values, limit)
  if (type.kind !== 'number') return type.kind
  if (type.values) return printValues(type.values, limit)
  if (type.min !== undefined || type.max !== undefined) return `number(${type.min ?? ''}..${type.max ?? ''})`
  return type.format ?? type.kind
}

function printValues(values: readonly (string | number)[], limit: number): string {
  const shown = values.slice(0, limit).map((value) => JSON.stringify(value))
  if (values.length > limit) shown.push(`… ${values.length - limit} more`)
  return shown.join(' | ')
}

function printShape(shape: ObjectType, limits: Limits): string {
  const entries = Object.entries(shape.fields)
  const rest = shape.rest ? [printRest(shape.rest, limits)] : []
  if (entries.length + rest.length === 0) return '{}'
  if (limits.depth <= 0) return '{…}'
  const inner = { ...limits, depth: limits.depth - 1 }
  const shown = entries.slice(0, limits.fields).map(([name, type]) => printField(name, type, (t) => print(t, inner)))
  if (entries.length > limits.fields) shown.push(`… ${entries.length - limits.fields} more`)
  return `{ ${[...shown, ...rest].join(', ')} }`
}

function printField(name: string, type: Type, show: (type: Type) => string): string {
  const needed = without(type, 'missing')
  const mark = needed === type || needed.kind === 'never' ? '' : '?'
  return `${isIdentifier(name) ? name : JSON.stringify(name)}${mark}: ${show(mark ? needed : type)}`
}

function printRest(rest: Type, limits: Limits): string {
  return rest.kind === 'any' ? '…' : `…: ${print(rest, limits)}`
}

function printLines(type: Type, indent: string): string {
  const all = { depth: 0, fields: 0, values: Number.POSITIVE_INFINITY }
  return (
    membersOf(type)
      .map((member) => {
        if (member.kind === 'array') return `array(${printLines(member.item, indent)})`
        if (member.kind !== 'object') return printMember(member, all)
        const inner = `${indent}  `
        const lines = Object.entries(member.fields).map(([name, field]) =>
          printField(name, field, (t) => printLines(t, inner)),
        )
        if (member.rest) lines.push(member.rest.kind === 'any' ? '…' : `…: ${printLines(member.rest, inner)}`)
        return lines.length === 0 ? '{}' : `{\n${lines.map((line) => `${inner}${line}\n`).join('')}${indent}}`
      })
      .join(' | ') || 'never'
  )
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}
