import {
  ANY,
  BOOLEAN,
  fits,
  intersect,
  MISSING,
  memberOfKind,
  NEVER,
  NUMBER,
  STRING,
  type Type,
  union,
  without,
} from '../../types/index.ts'
import { leftOf, type Node } from './ast.ts'
import { describe, kindsOf, operandText } from './describe.ts'
import { type Inference, inBranch, warn } from './inference.ts'
import { isOnly, type Known, known, mayMiss, type Stream, TOP } from './known.ts'
import { narrow } from './narrow.ts'
import type { Scope } from './scope.ts'

/** What an operator with two sides gives. */
export function inferBinary(inference: Inference, node: Node, scope: Scope): Known | Stream {
  const [left, right] = [leftOf(node), node.rhs]
  if (left === undefined || right === undefined) return known(TOP)
  const operator = String(node.value)
  const first = inference.infer(left, scope)
  if (operator === 'and' || operator === 'or') {
    const reached = narrow(inference, left, scope, operator === 'and')
    if (reached) inBranch(inference, () => inference.infer(right, reached))
    return known(BOOLEAN)
  }
  const sides: Sides = { node, operator, left, right, first: first.type, second: inference.infer(right, scope).type }
  if ('+-*/%'.includes(operator)) return known(arithmetic(inference, sides))
  if (operator === '&') return known(STRING)
  if (operator === '..') return range(inference, sides)
  if (operator === '=' || operator === '!=') checkEquality(inference, sides)
  else if (operator === 'in') checkMembership(inference, sides)
  else return known(compared(inference, sides))
  return known(BOOLEAN)
}

/** `-x`. */
export function inferMinus(inference: Inference, node: Node, scope: Scope): Known {
  if (node.expression === undefined) return known(TOP)
  const { type } = inference.infer(node.expression, scope)
  checkNumber(inference, { side: 'value', operator: 'a minus', position: node.position, node: node.expression, type })
  return known(mayMiss(type) ? union(NUMBER, MISSING) : NUMBER)
}

interface Sides {
  readonly node: Node
  readonly operator: string
  readonly left: Node
  readonly right: Node
  readonly first: Type
  readonly second: Type
}

function arithmetic(inference: Inference, sides: Sides): Type {
  const { node, operator, left, right, first, second } = sides
  const { position } = node
  checkNumber(inference, { side: 'left side', operator, position, node: left, type: first })
  checkNumber(inference, { side: 'right side', operator, position, node: right, type: second })
  return absentIfEither(NUMBER, sides)
}

/** The type, or nothing when a side may be absent; only nothing when one surely is. */
function absentIfEither(type: Type, { first, second }: Sides): Type {
  if (isOnly(first, 'missing') || isOnly(second, 'missing')) return MISSING
  return mayMiss(first) || mayMiss(second) ? union(type, MISSING) : type
}

interface Operand {
  readonly side: string
  readonly operator: string
  readonly position: number | undefined
  readonly node: Node
  readonly type: Type
}

/** What arithmetic cannot take raises an error when it comes; `any` is not held against anyone. */
function checkNumber(inference: Inference, operand: Operand): void {
  const wrong = without(operand.type, 'missing', 'number', 'any')
  if (wrong.kind === 'never') return
  const possible = memberOfKind(operand.type, 'number') ?? memberOfKind(operand.type, 'any')
  warn(inference, possible ? 'MAYBE_NOT_A_NUMBER' : 'NOT_A_NUMBER', operand.position, {
    side: operand.side,
    operator: operand.operator,
    found: possible ? kindsOf(wrong) : operandText(operand.node, operand.type),
    hint: numberHint(wrong),
  })
}

function numberHint(wrong: Type): string {
  if (memberOfKind(wrong, 'array')) return 'Take one item with [0], or all of them with $sum, $average, $max or $map.'
  if (isOnly(wrong, 'string')) return 'Convert it with $number(…), or join strings with &.'
  if (isOnly(wrong, 'boolean')) return 'Convert it with $number(…): true is 1, false is 0.'
  return 'Check it first: $type(x) = "number" ? … : ….'
}

function range(inference: Inference, sides: Sides): Stream {
  arithmetic(inference, sides)
  return { item: NUMBER, none: true, many: true }
}

/** An equation is never true when no value is on both sides. It is no error, so only what is known for sure counts. */
function checkEquality(inference: Inference, sides: Sides): void {
  const [left, right] = [without(sides.first, 'missing'), without(sides.second, 'missing')]
  if (left.kind === 'never' || right.kind === 'never') return
  if (intersect(left, right).kind !== 'never' || fits(left, right).verdict !== 'no') return
  reportNever(inference, sides, { left, right, outcome: sides.operator === '=' ? 'false' : 'true' })
}

function checkMembership(inference: Inference, sides: Sides): void {
  const left = without(sides.first, 'missing')
  const list = memberOfKind(sides.second, 'array')
  const right = union(without(sides.second, 'missing', 'array'), list?.item ?? NEVER)
  if (left.kind === 'never' || right.kind === 'never' || intersect(left, right).kind !== 'never') return
  reportNever(inference, sides, { left, right, outcome: 'false' })
}

function reportNever(inference: Inference, sides: Sides, found: { left: Type; right: Type; outcome: string }): void {
  warn(inference, 'NEVER_EQUAL', sides.node.position, {
    left: operandText(sides.left, found.left),
    operator: sides.operator,
    right: operandText(sides.right, found.right),
    outcome: found.outcome,
    hint: equalityHint(found.left, found.right),
  })
}

function equalityHint(left: Type, right: Type): string {
  const listed = [left, right].find(
    (type) => (type.kind === 'string' || type.kind === 'number') && (type.values?.length ?? 0) > 1,
  )
  if (listed && left.kind === right.kind) return `The values are ${describe(listed)}.`
  if (memberOfKind(left, 'array') || memberOfKind(right, 'array'))
    return 'Look for an item of the array: value in list.'
  return 'Compare values of the same kind; convert with $number(…) or $string(…).'
}

/** Order needs two numbers or two strings; anything else raises an error. */
function compared(inference: Inference, sides: Sides): Type {
  const { first, second } = sides
  if (first.kind === 'never' || second.kind === 'never') return BOOLEAN
  const strays = union(
    without(first, 'missing', 'any', 'number', 'string'),
    without(second, 'missing', 'any', 'number', 'string'),
  )
  const [a, b] = [comparable(first), comparable(second)]
  const possible = a.kind === 'any' || b.kind === 'any' || overlap(a, b)
  const absent = isOnly(first, 'missing') || isOnly(second, 'missing')
  const mixed = !isSettled(a) || !isSettled(b) || (a.kind !== 'any' && b.kind !== 'any' && a.kind !== b.kind)
  const hopeless = !absent && (!possible || a.kind === 'never' || b.kind === 'never')
  if (strays.kind !== 'never' || (mixed && !absent)) {
    warn(inference, hopeless ? 'MIXED_COMPARISON' : 'MAYBE_MIXED_COMPARISON', sides.node.position, {
      left: operandText(sides.left, without(first, 'missing')),
      operator: sides.operator,
      right: operandText(sides.right, without(second, 'missing')),
      hint: comparisonHint(strays, a, b),
    })
  }
  return absentIfEither(BOOLEAN, sides)
}

/** The part that can be ordered: a number, a string, both, or any. */
function comparable(type: Type): Type {
  if (memberOfKind(type, 'any')) return ANY
  return union(memberOfKind(type, 'number') ? NUMBER : NEVER, memberOfKind(type, 'string') ? STRING : NEVER)
}

function overlap(a: Type, b: Type): boolean {
  return intersect(a, b).kind !== 'never'
}

/** Whether it is one kind only, or nobody knows. */
function isSettled(type: Type): boolean {
  return type.kind !== 'union'
}

function comparisonHint(strays: Type, a: Type, b: Type): string {
  if (memberOfKind(strays, 'array')) return 'Take one item with [0], or count those that match: $count(list[…]) > 0.'
  if (strays.kind !== 'never') return `Check first that it is not ${kindsOf(strays)}: $type(x) = "number" and ….`
  const text = isOnly(a, 'string') || isOnly(b, 'string')
  return text
    ? 'Compare two numbers or two strings; convert with $number(…) or $string(…).'
    : 'Check the kind with $type(x) first.'
}
