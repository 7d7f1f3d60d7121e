import { type Evaluate, type Message, messageType, NUMBER, port } from '../../engine/node.ts'
import { wrongResult } from './values.ts'

/** Reads the number of messages; the payload without an expression. It throws WRONG_RESULT for what is no number. */
export function numberReader(evaluate: Evaluate | undefined): (message: Message) => number {
  if (evaluate === undefined) return (message) => asNumber(message.payload, 'payload')
  return (message) => asNumber(evaluate(message), evaluate.text)
}

/** The input port of a node that takes the payload for a number unless an expression tells which. */
export function numberPort(evaluate: unknown, summary: string) {
  return port(evaluate === undefined ? messageType({ payload: NUMBER }) : 'any', summary)
}

/** A number that has a value. Throws WRONG_RESULT. */
export function asNumber(value: unknown, expression: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0 // JSON has no -0
  throw wrongResult(expression, value, 'a number')
}

/** A number that can be squared and added up as often as anybody will: up to 1e150. Throws WRONG_RESULT. */
export function asSummand(value: unknown, expression: string): number {
  const number = asNumber(value, expression)
  if (Math.abs(number) > largestSummand) throw wrongResult(expression, value, `a number up to ${largestSummand}`)
  return number
}

/** A sum beyond the largest number that there is would have no value any more, whatever came later. */
const largestSummand = 1e150

/** Results of decimal numbers as people expect them: 8.3 - 8 is 0.3. -0 is 0. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12)) + 0
}
