import { describeValue, type Evaluate, type Message, readTime, rulewireError } from '../../engine/node.ts'

/** A payload as it goes to a broker or a server: text and bytes as they are, everything else as JSON. Throws WRONG_RESULT for nothing. */
export function encodePayload(value: unknown, expression: string): string | Uint8Array {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return value
  const text = JSON.stringify(value)
  if (text === undefined) throw wrongResult(expression, value, 'a value to send')
  return text
}

/** The result of an expression where one is needed. Throws WRONG_RESULT when there is none. */
export function requireValue(evaluate: Evaluate, message: Message): unknown {
  const value = evaluate(message)
  if (value === undefined) throw wrongResult(evaluate.text, value, 'a value')
  return value
}

/** The result of an expression that must be text. Throws WRONG_RESULT. */
export function requireText(evaluate: Evaluate, message: Message): string {
  return asText(evaluate(message), evaluate.text)
}

/** A text or a number as text, for keys and topics. Throws WRONG_RESULT for everything else and for empty text. */
export function asText(value: unknown, expression: string): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw wrongResult(expression, value, 'a text')
}

/** A time in UTC milliseconds. Throws WRONG_RESULT. */
export function asTime(value: unknown, expression: string): number {
  const time = readTime(value)
  if (time === undefined) throw wrongResult(expression, value, 'a time (UTC milliseconds or ISO 8601 text)')
  return time
}

/** The error of an expression that gave something that cannot be used. */
export function wrongResult(expression: string, found: unknown, wanted: string) {
  return rulewireError('WRONG_RESULT', { expression, found: describeValue(found), wanted })
}
