import { type Problem, warning } from '../errors.ts'
import { type Inferred, inferType } from '../jsonata/types/index.ts'
import { Expression, type ResultKind } from '../spec/fields.ts'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  fits,
  MISSING,
  NUMBER,
  openObject,
  printType,
  type Reason,
  STRING,
  type Type,
  union,
  without,
} from '../types/index.ts'
import type { CheckedNode } from './node.ts'
import { type Path, pathText } from './path.ts'
import { shortText } from './words.ts'

/** An expression in a config, and where it stands in it. */
export interface ExpressionPlace {
  expression: Expression
  path: Path
}

/** All expressions of a config that was read. */
export function expressionsIn(config: unknown, path: Path = []): ExpressionPlace[] {
  if (config instanceof Expression) return [{ expression: config, path }]
  if (typeof config !== 'object' || config === null) return []
  if (Array.isArray(config)) return config.flatMap((item, index) => expressionsIn(item, [...path, index]))
  if (Object.getPrototypeOf(config) !== Object.prototype) return []
  return Object.entries(config).flatMap(([name, item]) => expressionsIn(item, [...path, name]))
}

/**
 * What types tell about the expressions of a node: unknown fields, comparisons that never hold, results of the wrong kind.
 * All are warnings, however sure: types come from samples and schemas, and a device can still send anything.
 *
 * @param messageAt type of the messages that the expression at a path of the config sees
 */
export function expressionProblems(node: CheckedNode, messageAt: (path: Path) => Type): Problem[] {
  return expressionsIn(node.config).flatMap(({ expression, path }) => {
    const place = { node: node.entry.id, at: pathText(['nodes', node.index, 'config', ...path]) }
    const { type, warnings } = inferExpression(expression, messageAt(path))
    const found = warnings
      .filter(({ level }) => level !== 'note')
      .map(({ text, hint }) => warning('EXPRESSION_WARNING', { detail: sentence(text), hint }, place))
    const fault = resultFault(type, expression)
    return fault === undefined ? found : [...found, warning('EXPRESSION_WARNING', fault, place)]
  })
}

/** What an expression gives for messages of a type. What the node binds for it may be anything. */
export function inferExpression({ compiled, variables }: Expression, message: Type): Inferred {
  const bound = Object.fromEntries(variables.map((name) => [name, ANY]))
  return inferType(compiled.ast, message, { variables: bound })
}

/** Why the result is not of the kind that is needed. That there may be none is for the node to decide. */
function resultFault(type: Type, { text, result }: Expression): { detail: string; hint: string } | undefined {
  const given = without(type, 'missing')
  const { type: wanted, name } = results[result]
  const { verdict, reasons } = fits(given, wanted)
  const known = reasons.some((reason) => verdict === 'no' || !isUnknown(reason))
  if (verdict === 'yes' || !known) return undefined
  const found = printType(given, { depth: 2, fields: 6, values: 4 })
  const sure = verdict === 'no' ? 'gives' : 'may give'
  return { detail: `"${shortText(text)}" ${sure} ${found}, where ${name} is needed.`, hint: results[result].hint }
}

/** Whether nothing is known of what is there. That deserves no warning, or every flow without schemas would be full of them. */
export function isUnknown(reason: Reason): boolean {
  return reason.found.split(' | ').includes('any')
}

const results: Readonly<Record<ResultKind, { type: Type; name: string; hint: string }>> = {
  any: { type: union(ANY, MISSING), name: 'a value', hint: '' },
  boolean: {
    type: BOOLEAN,
    name: 'a boolean',
    hint: 'Compare it, such as value > 0, or write $boolean(value) or $exists(value).',
  },
  number: { type: NUMBER, name: 'a number', hint: 'Write $number(value), or choose a field that holds a number.' },
  // nodes take a number for text where they need a key or a topic
  string: {
    type: union(STRING, NUMBER),
    name: 'text',
    hint: 'Write $string(value), or choose a field that holds text.',
  },
  object: { type: openObject({}), name: 'an object', hint: 'Write { "name": value }.' },
  array: { type: arrayOf(ANY), name: 'a list', hint: 'Write [value], or path[] for always a list.' },
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`
}
