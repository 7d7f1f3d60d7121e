import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** A key for secrets: 32 bytes, and a short name that tells nothing about them. */
export interface SecretKey {
  readonly id: string
  readonly bytes: Buffer
}

/** AES-256-GCM: the sizes that NIST SP 800-38D names. */
const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** First byte of what {@link seal} gives, so that a later form can be told apart. */
const form = 1

/** Reads a key: 64 hexadecimal digits, or base64 of 32 bytes. Undefined when the text is none. */
export function readKey(text: string): SecretKey | undefined {
  const plain = text.trim()
  if (/^[0-9a-f]{64}$/i.test(plain)) return keyOf(Buffer.from(plain, 'hex'))
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(plain)) return undefined
  const bytes = Buffer.from(plain, 'base64')
  return bytes.length === keyBytes ? keyOf(bytes) : undefined
}

/** A new key from the system's source of chance. */
export function newKey(): SecretKey {
  return keyOf(randomBytes(keyBytes))
}

/** As {@link readKey} reads it. */
export function keyText({ bytes }: SecretKey): string {
  return bytes.toString('hex')
}

/**
 * Encrypts a value for one place (C25). The place is authenticated with it: what was sealed for one name cannot be opened under
 * another, so nobody who can write the database can move a value to where it is sent to somebody else.
 */
export function seal({ bytes }: SecretKey, place: string, value: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, bytes, nonce, { authTagLength: tagBytes })
  cipher.setAAD(placeBytes(place))
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(form), nonce, cipher.getAuthTag(), sealed])
}

/** The value that was sealed for this place with this key. Throws when either is another, or a bit has changed. */
export function open({ bytes }: SecretKey, place: string, sealed: Uint8Array): string {
  const all = Buffer.from(sealed)
  if (all.length < 1 + nonceBytes + tagBytes || all[0] !== form)
    throw new Error('it is not in a form that is known here')
  const nonce = all.subarray(1, 1 + nonceBytes)
  const decipher = createDecipheriv(algorithm, bytes, nonce, { authTagLength: tagBytes })
  decipher.setAAD(placeBytes(place))
  decipher.setAuthTag(all.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes))
  const rest = all.subarray(1 + nonceBytes + tagBytes)
  return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8')
}

function placeBytes(place: string): Buffer {
  return Buffer.from(`rulewire secret ${form} ${place}`, 'utf8')
}

function keyOf(bytes: Buffer): SecretKey {
  return { bytes, id: createHmac('sha256', bytes).update('rulewire key id').digest('hex').slice(0, 16) }
}
