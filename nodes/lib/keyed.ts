import { type Evaluate, expression, type Message } from '../../engine/node.ts'
import { asText, wrongResult } from './values.ts'

/** Characters of a key: as long as a topic may be. A longer one is a mistake, such as a payload, and nobody could name it. */
const longestKey = 65_535

/** The config field that says what a node's state belongs to. `each` is what a key has of its own, such as `a timer of its own`. */
export function keyField(each: string, without = 'the key of the message, which is its topic') {
  return expression()
    .optional()
    .meta({
      title: 'Key',
      description: `JSONata: each key has ${each}. Without it: ${without}.`,
      examples: ['params.fridge', 'payload.serial'],
    })
}

/** Reads the key of messages; the message's own without an expression. It throws WRONG_RESULT for what can be no key. */
export function keyReader(evaluate: Evaluate | undefined): (message: Message) => string {
  return (message) => {
    const key = evaluate === undefined ? message.key : asText(evaluate(message), evaluate.text)
    if (key.includes('\0')) throw wrongResult(evaluate?.text ?? 'key', key, 'a text without NUL')
    if (key.length > longestKey)
      throw wrongResult(evaluate?.text ?? 'key', key, `a text of ${longestKey} characters at most`)
    return key
  }
}

/** Where a part of a key's state is kept by itself, so that a long list is not written anew for each item. */
export function partOf(key: string, part: string | number): string {
  // no key has a NUL, so no part is taken for a key or for the part of another one
  return `${key}\0${part}`
}

/** When a message was measured, UTC milliseconds; a time in the future counts as now, so that one wrong clock does not stop everything. */
export function measured(message: Message, now: number): number {
  return Math.min(message.time, now)
}
