import * as crypto from 'node:crypto'
import { rulewireError } from '../errors.ts'

/** Characters (code points) of a password. There is no other rule: length is what matters. */
export const passwordLength = { least: 10, most: 1024 } as const

/** How passwords are hashed. */
export type HashMethod =
  /** `memory` in KiB. RFC 9106, section 4, second choice, with one lane. */
  | { readonly name: 'argon2id'; readonly memory: number; readonly passes: number; readonly lanes: number }
  /** `cost` is the binary logarithm of N. RFC 7914. */
  | { readonly name: 'scrypt'; readonly cost: number; readonly block: number; readonly lanes: number }

/** Argon2id where node:crypto has it (Node 24.7 and newer), else scrypt; both take 64 MiB for a moment (C6). */
export const bestMethod: HashMethod =
  typeof crypto.argon2 === 'function'
    ? { name: 'argon2id', memory: 65_536, passes: 3, lanes: 1 }
    : { name: 'scrypt', cost: 16, block: 8, lanes: 2 }

const tagBytes = 32
const saltBytes = 16

/** Throws PASSWORD_LENGTH when a new password is too short or too long. */
export function checkPassword(password: string): void {
  const { least, most } = passwordLength
  const length = [...password].length
  if (length < least || length > most) throw rulewireError('PASSWORD_LENGTH', { length, least, most })
}

/**
 * Hashes a password beside the event loop, with a salt of its own. The text names method and parameters, as
 * `$argon2id$v=19$m=65536,t=3,p=1$salt$tag` does, so that a later Rulewire can still read it.
 */
export async function hashPassword(password: string, method: HashMethod = bestMethod): Promise<string> {
  const salt = crypto.randomBytes(saltBytes)
  const tag = await derive(password, salt, method)
  return `$${headOf(method)}$${unpadded(salt)}$${unpadded(tag)}`
}

/** Whether a password is the one of a hash. Rejects when the hash is of no method that is known here. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const { method, salt, tag } = parse(stored)
  const found = await derive(password, salt, method)
  return found.length === tag.length && crypto.timingSafeEqual(found, tag)
}

/** Whether a hash was made in another way than new ones are. */
export function isOutdated(stored: string, method: HashMethod = bestMethod): boolean {
  return headOf(parse(stored).method) !== headOf(method)
}

/** A hash that belongs to no password, made of the same method: what an unknown name is compared with, so that it takes as long (C11). */
export function decoyHash(method: HashMethod = bestMethod): string {
  return `$${headOf(method)}$${unpadded(crypto.randomBytes(saltBytes))}$${unpadded(crypto.randomBytes(tagBytes))}`
}

function headOf(method: HashMethod): string {
  return method.name === 'argon2id'
    ? `argon2id$v=19$m=${method.memory},t=${method.passes},p=${method.lanes}`
    : `scrypt$ln=${method.cost},r=${method.block},p=${method.lanes}`
}

function parse(stored: string): { method: HashMethod; salt: Buffer; tag: Buffer } {
  const argon = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored)
  const found = argon ?? /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored)
  if (found === null) throw new TypeError('a stored password is of no method that is known here')
  const [, first, second, third, salt = '', tag = ''] = found
  const [one, two, lanes] = [Number(first), Number(second), Number(third)]
  const method: HashMethod =
    argon === null
      ? { name: 'scrypt', cost: one, block: two, lanes }
      : { name: 'argon2id', memory: one, passes: two, lanes }
  return { method, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') }
}

/** Both run on the thread pool of libuv. The password is taken in one form of Unicode, so that each keyboard gives the same. */
function derive(password: string, salt: Buffer, method: HashMethod): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFC'))
  if (method.name === 'argon2id' && typeof crypto.argon2 !== 'function')
    return Promise.reject(rulewireError('HASH_UNKNOWN', { version: process.versions.node }))
  return new Promise((resolve, reject) => {
    const done = (fault: Error | null, tag: Buffer) => (fault === null ? resolve(tag) : reject(fault))
    if (method.name === 'argon2id') {
      const { memory, passes, lanes: parallelism } = method
      return crypto.argon2('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength: tagBytes }, done)
    }
    const N = 2 ** method.cost
    const { block: r, lanes: p } = method
    crypto.scrypt(message, salt, tagBytes, { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1_048_576 }, done)
  })
}

/** Base64 as PHC strings have it. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
