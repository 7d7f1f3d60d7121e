import { rulewireError } from '../errors.ts'
import type { Packet } from './message.ts'

/** How a payload is read. `auto`: JSON when it is JSON, else text, and bytes when it is not UTF-8. */
export type Decoding = 'auto' | 'json' | 'text' | 'number' | 'bytes'

/** Levels of arrays and objects that a JSON payload may have. */
export const maxJsonDepth = 64

/**
 * What the bytes of a packet turned out to be. It is kept with the packet, so each of text and JSON is made once however many
 * nodes take it, and only if one does.
 */
export interface DecodedPayload {
  /** Undefined when the bytes are not UTF-8. */
  readonly text: string | undefined
  json: unknown
  /** Why `json` is not there; empty when it is; undefined when nobody has tried yet. */
  jsonFault: string | undefined
}

/** The value of a packet's payload. Throws PAYLOAD_DECODE when it is not what `decoding` says. */
export function decodePayload(packet: Packet, decoding: Decoding): unknown {
  if (decoding === 'bytes') return packet.payload
  packet.decoded ??= { text: readText(packet.payload), json: undefined, jsonFault: undefined }
  const decoded = packet.decoded
  const text = decoded.text
  if (text === undefined) {
    if (decoding === 'auto') return packet.payload
    throw fault(packet, wantedOf[decoding], 'its bytes are not UTF-8')
  }
  if (decoding === 'text') return text
  if (decoding === 'number') return readNumber(packet, text)
  if (decoded.jsonFault === undefined) readJson(decoded, text)
  if (decoded.jsonFault === '') return decoded.json
  if (decoding === 'auto' && decoded.jsonFault !== tooDeep) return text
  throw fault(packet, wantedOf.json, decoded.jsonFault ?? '')
}

/** Whether arrays and objects of a JSON text stand deeper in each other than a limit. Broken JSON has some answer, too. */
export function isDeeperThan(text: string, limit: number): boolean {
  // So deep a text has a bracket for each level, and their partners.
  if (text.length < 2 * (limit + 1) || !hasMoreBracketsThan(text, limit)) return false
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === quote) {
      index = endOfString(text, index)
    } else if (unit === openBrace || unit === openBracket) {
      depth += 1
      if (depth > limit) return true
    } else if (unit === closeBrace || unit === closeBracket) depth -= 1
  }
  return false
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const byteOrderMark = 0xfeff
const tooDeep = `it is nested deeper than ${maxJsonDepth} levels`

const wantedOf = { json: 'JSON', text: 'text', number: 'a number' } as const

function fault(packet: Packet, wanted: string, detail: string) {
  return rulewireError('PAYLOAD_DECODE', { topic: packet.topic, wanted, detail })
}

function readText(payload: Uint8Array): string | undefined {
  const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const text = bytes.toString('utf8')
  // Broken bytes become U+FFFD. One that was sent as such is compared; that is rare, and cheaper than a check of every payload.
  if (text.includes('\ufffd') && Buffer.compare(Buffer.from(text, 'utf8'), bytes) !== 0) return undefined
  return text
}

function readJson(decoded: DecodedPayload, text: string): void {
  const json = text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text
  if (!mayBeJson(json)) {
    decoded.jsonFault = json === '' ? 'it is empty' : `it starts with ${JSON.stringify(json.trimStart().slice(0, 20))}`
    return
  }
  if (isDeeperThan(json, maxJsonDepth)) {
    decoded.jsonFault = tooDeep
    return
  }
  try {
    decoded.json = JSON.parse(json)
    decoded.jsonFault = ''
  } catch (thrown) {
    decoded.jsonFault = thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** Whether the first sign can start JSON: most plain text is told apart without a costly exception. */
function mayBeJson(text: string): boolean {
  const first = text.charCodeAt(0)
  if (first === openBrace || first === openBracket) return true
  return /^[\t\n\r ]*[[{"\-0-9tfn]/.test(text)
}

function readNumber(packet: Packet, text: string): number {
  const trimmed = text.trim()
  const value = trimmed === '' ? Number.NaN : Number(trimmed)
  // Number also reads 0x10 and 1e999: neither is what a sensor means.
  if (Number.isFinite(value) && /^[-+]?[0-9.]+(?:e[-+]?[0-9]+)?$/i.test(trimmed)) return value
  throw fault(
    packet,
    wantedOf.number,
    trimmed === '' ? 'it is empty' : `it is ${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)}`,
  )
}

function hasMoreBracketsThan(text: string, limit: number): boolean {
  let found = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      found += 1
      if (found > limit) return true
    }
  }
  return false
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes += 1
    if (backslashes % 2 === 0) return at
  }
  return text.length
}
