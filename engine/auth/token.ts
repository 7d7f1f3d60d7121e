import { createHash, randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 43 of 62 characters hold 256 bits. */
const bodyLength = 43
const sumLength = 6
const start = 'rw_'

/** How many characters of a token are kept and shown. */
export const shownLength = start.length + 4

/** A secret of 256 random bits in characters that can stand in a cookie. */
export function randomSecret(): string {
  return randomText(bodyLength)
}

/** A short name for something that is no secret. */
export function randomId(): string {
  return randomBytes(6).toString('hex')
}

/** What is kept of a secret of 256 bits: it needs no salt and no slow hash, because nobody can guess it. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A new API token: `rw_`, 43 random characters and 6 that are their checksum, so that a copy with a gap is told at once. */
export function makeToken(): string {
  const body = `${start}${randomText(bodyLength)}`
  return `${body}${checksum(body)}`
}

/** Why a text cannot be an API token at all, as the rest of a sentence; undefined when it may be one. */
export function tokenFault(text: string): string | undefined {
  if (!text.startsWith(start)) return `it does not begin with "${start}"`
  if (text.length !== start.length + bodyLength + sumLength) return 'its length is not that of a token'
  const body = text.slice(0, -sumLength)
  return checksum(body) === text.slice(-sumLength) ? undefined : 'its checksum does not fit, so it was not copied whole'
}

/** Whether a text holds something of the form of a token: nobody may write it to a log. */
export function holdsToken(text: string): boolean {
  return /rw_[0-9A-Za-z]{20}/.test(text)
}

function checksum(body: string): string {
  const bytes = createHash('sha256').update(body).digest()
  return Array.from(bytes.subarray(0, sumLength), (byte) => alphabet[byte % alphabet.length]).join('')
}

/** Each character is drawn evenly: bytes beyond the last whole multiple are thrown away. */
function randomText(length: number): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}
