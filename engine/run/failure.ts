import { RulewireError, reasonOf, rulewireError } from '../errors.ts'
import { derive, type Message } from '../spec/message.ts'
import { keptOfArgument, type NodeRuntime, type Target } from './node-runtime.ts'
import type { DeadLetterEntry } from './ports.ts'

/** A handler that failed, and where its argument went. */
export interface Failure {
  readonly error: RulewireError
  readonly kept: 'error-port' | 'dead-letter' | 'refused'
}

/** What a handler threw, as an error of the table: anything else is a defect of the node type. */
export function errorOf(thrown: unknown): RulewireError {
  if (thrown instanceof RulewireError) return thrown
  return rulewireError('NODE_FAILED', { detail: reasonOf(thrown) }, { cause: thrown })
}

/** The message of an error port: the one that failed, with the reason. */
export function withError(message: Message, { code, message: text, hint }: RulewireError, node: NodeRuntime): Message {
  return derive(message, { error: { code, text, hint, node: node.ref } })
}

/** What is kept of something that a handler could not take. `time`: UTC milliseconds. */
export function letterOf(
  { node, port }: { node: string; port: Target['port'] },
  argument: unknown,
  { error, time, attempts }: { error: RulewireError; time: number; attempts: number },
): DeadLetterEntry {
  const { code, message: text, hint } = error
  return { node, port, time, code, text, hint, message: keptOfArgument(port, argument), attempts }
}
