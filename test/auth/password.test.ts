import { expect, test } from 'vitest'
import {
  bestMethod,
  checkPassword,
  decoyHash,
  hashPassword,
  isOutdated,
  isPassword,
  passwordLength,
} from '../../engine/auth/index.ts'

const argon = { name: 'argon2id', memory: 1024, passes: 1, lanes: 1 } as const
const scrypt = { name: 'scrypt', cost: 10, block: 8, lanes: 1 } as const

test.each([
  ['argon2id', argon, /^\$argon2id\$v=19\$m=1024,t=1,p=1\$[\w+/]{22}\$[\w+/]{43}$/],
  ['scrypt', scrypt, /^\$scrypt\$ln=10,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/],
] as const)('C6: a password is hashed by %s with a salt of its own, and known again', async (_, method, form) => {
  const [one, two] = await Promise.all([hashPassword('correct horse', method), hashPassword('correct horse', method)])
  expect(one).toMatch(form)
  expect(one).not.toBe(two)
  expect(await isPassword('correct horse', one)).toBe(true)
  expect(await isPassword('correct horsf', one)).toBe(false)
  expect(await isPassword('', one)).toBe(false)
})

test('C6: the usual method is argon2id with 64 MiB, since this Node.js has it', () => {
  expect(bestMethod).toEqual({ name: 'argon2id', memory: 65_536, passes: 3, lanes: 1 })
})

test('C6: hashing leaves the event loop free', async () => {
  let done = false
  const hashed = hashPassword('correct horse').then(() => {
    done = true
  })
  let turns = 0
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve))
    turns++
  }
  await hashed
  // If it ran on the loop, it would be done within one turn or two.
  expect(turns).toBeGreaterThan(10)
})

test('C6: a hash of other parameters or of the other method is outdated, and can still be read', async () => {
  const old = await hashPassword('correct horse', scrypt)
  expect(isOutdated(old, scrypt)).toBe(false)
  expect(isOutdated(old, { ...scrypt, cost: 11 })).toBe(true)
  expect(isOutdated(old, argon)).toBe(true)
  expect(await isPassword('correct horse', old)).toBe(true)
})

test('a stored text that is no hash is a defect, not a wrong password', async () => {
  await expect(isPassword('x', 'plain text')).rejects.toThrow('no method that is known')
})

test('C11: a decoy has the form of a real hash and belongs to no password', async () => {
  expect(isOutdated(decoyHash(scrypt), scrypt)).toBe(false)
  expect(await isPassword('', decoyHash(scrypt))).toBe(false)
})

test('the same letters give the same password however a keyboard writes them', async () => {
  const stored = await hashPassword('Tür ist offen', scrypt)
  expect(await isPassword('Tür ist offen'.normalize('NFD'), stored)).toBe(true)
})

test('a password has at least 10 characters of any kind, counted as people count', () => {
  const { least, most } = passwordLength
  expect(() => checkPassword('x'.repeat(least - 1))).toThrow('The password has 9 characters.')
  expect(() => checkPassword('🔑'.repeat(9))).toThrow('9 characters')
  expect(() => checkPassword('          ')).not.toThrow()
  expect(() => checkPassword('x'.repeat(most))).not.toThrow()
  expect(() => checkPassword('x'.repeat(most + 1))).toThrow('1025 characters')
})
