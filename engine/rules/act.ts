import { RulewireError, reasonOf } from '../errors.ts'
import { listed } from '../flow/words.ts'
import type { Sandbox } from '../run/sandbox.ts'
import type { EffectResult } from '../spec/context.ts'
import type { Message } from '../spec/message.ts'
import type { RuleStep } from './document.ts'

/**
 * Does what a step asks for, besides time. Tells why it could not.
 *
 * @param filters to which the flow subscribes
 */
export function act(sandbox: Sandbox, step: RuleStep, filters: () => readonly string[]): string | undefined {
  const { publish, send, request, event, answer, command } = step
  if (publish !== undefined) {
    if (publishTo(sandbox, publish, step) > 0) return undefined
    return `No node subscribes to "${publish}". What the flow subscribes to: ${listed(filters())}.`
  }
  if (event !== undefined && sandbox.status({ complete: false, changes: [event] }) === 0) {
    return 'No node of the flow watches the engine.'
  }
  if (request !== undefined) return requestOf(sandbox, request)
  if (answer !== undefined && !sandbox.answer((message) => resultOf(answer, message))) {
    return 'There is no request that waits for an answer.'
  }
  for (const [target, fields] of Object.entries(send ?? {})) {
    const [node = '', port = ''] = target.split('.')
    sandbox.send(node, port, fields as Partial<Message>) // the document's schema has looked at every field of a message
  }
  if (command === undefined) return undefined
  const { node, ...rest } = command
  try {
    sandbox.command(node, rest)
    return undefined
  } catch (thrown) {
    return `${node} refused "${rest.name}": ${reasonOf(thrown)}`
  }
}

function requestOf(sandbox: Sandbox, { refused, body, headers = {}, query = {}, method, path }: Request) {
  const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const typed = typeof body === 'string' || body === undefined ? {} : { 'content-type': 'application/json' }
  const sent = { method, path, query, headers: { ...typed, ...Object.fromEntries(fields) }, body: bytesOf(body) }
  try {
    sandbox.request(sent)
  } catch (thrown) {
    if (refused !== undefined && thrown instanceof RulewireError && thrown.code === refused) return undefined
    return `The request was refused: ${reasonOf(thrown)}`
  }
  return refused === undefined ? undefined : `The request was taken, where ${refused} is expected.`
}

type Request = NonNullable<RuleStep['request']>

/** How many nodes took it. */
function publishTo(sandbox: Sandbox, topic: string, step: RuleStep): number {
  const { payload, retain = false, qos = 1, props = {} } = step
  return sandbox.packet({ topic, payload: bytesOf(payload), retain, qos, props })
}

function bytesOf(payload: unknown): Uint8Array {
  if (payload === undefined) return new Uint8Array()
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
}

function resultOf(answer: NonNullable<RuleStep['answer']>, message: Message): EffectResult {
  if ('failed' in answer) return { kind: 'failed', message, detail: answer.failed, attempts: 1 }
  const { status, body = null, headers = {} } = answer
  return { kind: 'response', message, status, body, headers, attempts: 1 }
}
