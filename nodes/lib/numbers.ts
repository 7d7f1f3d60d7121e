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

/** The error of a number that cannot be reckoned with those that came before: what comes out is beyond the largest one. */
export function tooLarge(expression: string, found: number) {
  return wrongResult(expression, found, 'a number that can be added to those before')
}

/** Results of decimal numbers as people expect them: 8.3 - 8 is 0.3. -0 is 0. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12)) + 0
}
