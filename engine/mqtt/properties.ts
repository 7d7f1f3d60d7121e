import type { ReceivedPublish } from './contract.ts'
import { ProtocolFault } from './faults.ts'

/** What we keep of the properties of a PUBLISH. */
export interface PublishProperties {
  props: ReceivedPublish['props']
  subscriptions: readonly number[]
  /** Where the payload begins. */
  end: number
}

/** One object for all packets without user properties. */
export const noProps: ReceivedPublish['props'] = Object.freeze(Object.create(null))
export const noSubscriptions: readonly number[] = Object.freeze([])

/** How the value of each property is written that a PUBLISH may have (MQTT 5, table 2-4). */
const forms: Readonly<Record<number, 1 | 2 | 4 | 'text' | 'pair' | 'variable'>> = {
  1: 1, // payload format indicator
  2: 4, // message expiry interval
  3: 'text', // content type
  8: 'text', // response topic
  9: 'text', // correlation data, bytes with their length in front as a text has
  11: 'variable', // subscription identifier
  38: 'pair', // user property
}
const subscriptionIdentifier = 11
const topicAlias = 35

/** Reads the properties whose length stands at `bytes[start]`; the packet ends before `end`. Throws ProtocolFault. */
export function readPublishProperties(bytes: Buffer, start: number, end: number): PublishProperties {
  const { value: length, next } = readVariable(bytes, start, end)
  const stop = next + length
  if (stop > end) throw truncated()
  const found: PublishProperties = { props: noProps, subscriptions: noSubscriptions, end: stop }
  const props: Record<string, string | string[]> = Object.create(null)
  let any = false
  let at = next
  while (at < stop) {
    const id = bytes.readUInt8(at++)
    const form = forms[id]
    if (form === undefined) {
      throw new ProtocolFault(
        id === topicAlias
          ? 'a topic alias came, which was not allowed'
          : `a PUBLISH with the unknown property ${id} came`,
      )
    }
    if (form === 'pair') {
      const name = textEnd(bytes, at, stop)
      const value = textEnd(bytes, name, stop)
      append(props, bytes.toString('utf8', at + 2, name), bytes.toString('utf8', name + 2, value))
      any = true
      at = value
    } else if (form === 'variable') {
      const read = readVariable(bytes, at, stop)
      if (id === subscriptionIdentifier) found.subscriptions = [...found.subscriptions, read.value]
      at = read.next
    } else at = form === 'text' ? textEnd(bytes, at, stop) : at + form
    if (at > stop) throw truncated()
  }
  if (any) found.props = Object.freeze(props)
  return found
}

/** A name that stands twice has a list. */
function append(props: Record<string, string | string[]>, name: string, value: string): void {
  const before = props[name]
  if (before === undefined) props[name] = value
  else if (typeof before === 'string') props[name] = [before, value]
  else before.push(value)
}

/** Where a text ends whose length stands at `at`. */
function textEnd(bytes: Buffer, at: number, stop: number): number {
  if (at + 2 > stop) throw truncated()
  const end = at + 2 + bytes.readUInt16BE(at)
  if (end > stop) throw truncated()
  return end
}

function readVariable(bytes: Buffer, start: number, stop: number): { value: number; next: number } {
  let value = 0
  for (let index = 0; index < 4; index++) {
    if (start + index >= stop) throw truncated()
    const byte = bytes.readUInt8(start + index)
    value += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return { value, next: start + index + 1 }
  }
  throw truncated()
}

function truncated(): ProtocolFault {
  return new ProtocolFault('a PUBLISH came whose properties are cut short')
}
