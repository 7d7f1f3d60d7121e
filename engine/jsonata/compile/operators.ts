import type { Node } from '../ast.ts'
import { Failure } from '../errors.ts'
import type { Run, Scope } from '../frame.ts'
import { fresh, type State } from '../state.ts'
import { toText } from '../text.ts'
import { isArray, isEqual, isNumeric, isTrue } from '../values.ts'
import type { Unit } from './unit.ts'

/** What an operator does with the values of its two sides. */
type Operation = (left: unknown, right: unknown, state: State) => unknown

/** Compiles an operator between two expressions; a long sum is gone through without recursion. */
export function compileBinary(node: Node, scope: Scope, unit: Unit): Run {
  const chain: Node[] = []
  let first = node
  while (first === node || (first.type === 'binary' && first.predicate === undefined && first.group === undefined)) {
    chain.push(first)
    first = first.lhs as Node // only object constructors have pairs on the left
  }
  return chain.reduceRight((left, one) => compileOperator(one, left, { scope, unit }), unit.compile(first, scope))
}

function compileOperator(node: Node, left: Run, { scope, unit }: { scope: Scope; unit: Unit }): Run {
  const right = unit.compile(node.rhs as Node, scope) // every operator has a right side
  const operator = String(node.value)
  const place = { position: node.position, token: operator }
  switch (operator) {
    case 'and':
    case 'or':
      return logical(left, right, place)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(operator, { left, right, constant: constantOf(node.rhs) }, place)
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(operator, { left, right, constant: constantOf(node.rhs) }, place)
    case '=':
    case '!=':
      return equality(operator === '=', { left, right, constant: constantOf(node.rhs) }, place)
    case '&':
      return concatenation(left, right, place)
    case '..':
      return guarded(left, right, range, place)
    default:
      return guarded(left, right, isIn, place)
  }
}

interface Sides {
  readonly left: Run
  readonly right: Run
  /** The right side where it is a literal. */
  readonly constant: unknown
}

interface Place {
  readonly position: number | undefined
  readonly token: string
}

function constantOf(node: Node | undefined): unknown {
  const isLiteral = node?.type === 'number' || node?.type === 'string'
  return isLiteral && node.predicate === undefined && node.group === undefined ? node.value : undefined
}

/** An error in an operator, or on the right of `and` and `or`, is the operator's. */
function blame(error: unknown, { position, token }: Place): unknown {
  if (error instanceof Failure) {
    error.position = position
    error.token = token
  }
  return error
}

function guarded(left: Run, right: Run, operation: Operation, place: Place): Run {
  return (input, frame, state) => {
    const a = left(input, frame, state)
    const b = right(input, frame, state)
    try {
      return operation(a, b, state)
    } catch (error) {
      throw blame(error, place)
    }
  }
}

function logical(left: Run, right: Run, place: Place): Run {
  const isAnd = place.token === 'and'
  return (input, frame, state) => {
    const a = left(input, frame, state)
    try {
      if (isTrue(a, state) !== isAnd) return !isAnd
      return isTrue(right(input, frame, state), state)
    } catch (error) {
      throw blame(error, place)
    }
  }
}

function comparison(operator: string, { left, right, constant }: Sides, place: Place): Run {
  const slow = (a: unknown, b: unknown): boolean | undefined => compare(a, b, operator, place)
  if (typeof constant === 'number') {
    switch (operator) {
      case '<':
        return (input, frame, state) => {
          const a = left(input, frame, state)
          return typeof a === 'number' ? a < constant : slow(a, constant)
        }
      case '<=':
        return (input, frame, state) => {
          const a = left(input, frame, state)
          return typeof a === 'number' ? a <= constant : slow(a, constant)
        }
      case '>':
        return (input, frame, state) => {
          const a = left(input, frame, state)
          return typeof a === 'number' ? a > constant : slow(a, constant)
        }
      default:
        return (input, frame, state) => {
          const a = left(input, frame, state)
          return typeof a === 'number' ? a >= constant : slow(a, constant)
        }
    }
  }
  return (input, frame, state) => slow(left(input, frame, state), right(input, frame, state))
}

function compare(a: unknown, b: unknown, operator: string, place: Place): boolean | undefined {
  if (!isComparable(a) || !isComparable(b)) {
    throw new Failure('T2010', { ...place, value: typeof a === 'string' || typeof a === 'number' ? b : a })
  }
  if (a === undefined || b === undefined) return undefined
  if (typeof a !== typeof b) throw new Failure('T2009', { ...place, value: a, value2: b })
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    default:
      return a >= b
  }
}

function isComparable(value: unknown): value is string | number | undefined {
  return typeof value === 'number' || typeof value === 'string' || value === undefined
}

function arithmetic(operator: string, { left, right, constant }: Sides, place: Place): Run {
  const calculate = calculations[operator] ?? ((a: number, _b: number) => a)
  const slow = (a: unknown, b: unknown): number | undefined => {
    try {
      if (a !== undefined && !isNumeric(a)) throw new Failure('T2001', { value: a })
      if (b !== undefined && !isNumeric(b)) throw new Failure('T2002', { value: b })
      return a === undefined || b === undefined ? undefined : calculate(a, b)
    } catch (error) {
      throw blame(error, place)
    }
  }
  if (typeof constant === 'number' && Number.isFinite(constant)) return withConstant(operator, left, constant, slow)
  switch (operator) {
    case '+':
      return (input, frame, state) => {
        const a = left(input, frame, state)
        const b = right(input, frame, state)
        return isSafe(a) && isSafe(b) ? a + b : slow(a, b)
      }
    case '-':
      return (input, frame, state) => {
        const a = left(input, frame, state)
        const b = right(input, frame, state)
        return isSafe(a) && isSafe(b) ? a - b : slow(a, b)
      }
    case '*':
      return (input, frame, state) => {
        const a = left(input, frame, state)
        const b = right(input, frame, state)
        return isSafe(a) && isSafe(b) ? a * b : slow(a, b)
      }
    default:
      return (input, frame, state) => {
        const a = left(input, frame, state)
        const b = right(input, frame, state)
        return slow(a, b)
      }
  }
}

function isSafe(value: unknown): value is number {
  return typeof value === 'number' && value - value === 0
}

function withConstant(operator: string, left: Run, b: number, slow: (a: unknown, b: number) => unknown): Run {
  switch (operator) {
    case '+':
      return (input, frame, state) => {
        const a = left(input, frame, state)
        return isSafe(a) ? a + b : slow(a, b)
      }
    case '-':
      return (input, frame, state) => {
        const a = left(input, frame, state)
        return isSafe(a) ? a - b : slow(a, b)
      }
    case '*':
      return (input, frame, state) => {
        const a = left(input, frame, state)
        return isSafe(a) ? a * b : slow(a, b)
      }
    case '/':
      return (input, frame, state) => {
        const a = left(input, frame, state)
        return isSafe(a) ? a / b : slow(a, b)
      }
    default:
      return (input, frame, state) => slow(left(input, frame, state), b)
  }
}

const calculations: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

function equality(isPositive: boolean, { left, right, constant }: Sides, place: Place): Run {
  if (constant !== undefined) {
    // Only the same text or number equals a literal.
    return (input, frame, state) => {
      const a = left(input, frame, state)
      return a !== undefined && (a === constant) === isPositive
    }
  }
  const operation: Operation = (a, b, state) => {
    if (a === undefined || b === undefined) return false
    return isEqual(a, b, state) === isPositive
  }
  return guarded(left, right, operation, place)
}

function concatenation(left: Run, right: Run, place: Place): Run {
  return (input, frame, state) => {
    const a = left(input, frame, state)
    const b = right(input, frame, state)
    try {
      const text = (typeof a === 'string' ? a : toText(a, state)) + (typeof b === 'string' ? b : toText(b, state))
      if (text.length > state.limits.string) state.text(text.length)
      return text
    } catch (error) {
      throw blame(error, place)
    }
  }
}

/** Integers from one to another; the library's own limit of ten million stands before ours. */
function range(from: unknown, to: unknown, state: State): unknown {
  if (from !== undefined && !Number.isInteger(from)) throw new Failure('T2003', { value: from })
  if (to !== undefined && !Number.isInteger(to)) throw new Failure('T2004', { value: to })
  if (typeof from !== 'number' || typeof to !== 'number' || from > to) return undefined
  const size = to - from + 1
  if (size > 1e7) throw new Failure('D2014', { value: size })
  state.items(size)
  state.charge(size >> 3)
  const items = new Array<number>(size)
  for (let index = 0; index < size; index++) items[index] = from + index
  return fresh(items, state, false)
}

/** `in` knows a value only by identity. */
function isIn(value: unknown, list: unknown, state: State): boolean {
  if (value === undefined || list === undefined) return false
  if (!isArray(list)) return list === value
  state.charge(list.length >> 3)
  for (let index = 0; index < list.length; index++) if (list[index] === value) return true
  return false
}
