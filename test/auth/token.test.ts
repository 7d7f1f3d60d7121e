import { describe, expect, test } from 'vitest'
import {
  holdsToken,
  isAllowed,
  isUserName,
  lesserRole,
  localAdmin,
  makeToken,
  nobody,
  randomSecret,
  roles,
  secretHash,
  sessionEnds,
  tokenFault,
} from '../../engine/auth/index.ts'

describe('tokens and sessions', () => {
  test('C8: a token has 256 random bits, a checksum, and is told from other texts', () => {
    const made = Array.from({ length: 200 }, makeToken)
    expect(new Set(made).size).toBe(200)
    for (const token of made) {
      expect(token).toMatch(/^rw_[0-9A-Za-z]{49}$/)
      expect(tokenFault(token)).toBeUndefined()
      expect(holdsToken(`x=${token}`)).toBe(true)
    }
  })

  test.each([
    ['', 'it does not begin with "rw_"'],
    ['Basic abc', 'it does not begin with "rw_"'],
    ['rw_abc', 'its length is not that of a token'],
    [`${makeToken()}x`, 'its length is not that of a token'],
  ])('C8: %j is no token: %s', (text, fault) => {
    expect(tokenFault(text)).toBe(fault)
  })

  test('C8: one changed character is noticed without asking the database', () => {
    const token = makeToken()
    const other = `${token.slice(0, 10)}${token[10] === 'a' ? 'b' : 'a'}${token.slice(11)}`
    expect(tokenFault(other)).toContain('checksum')
  })

  test('C7: a session id has 256 bits, and what is kept of it tells nothing', () => {
    const ids = Array.from({ length: 200 }, randomSecret)
    expect(new Set(ids).size).toBe(200)
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{43}$/)
    expect(secretHash('a')).toBe('ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb')
  })

  test('each character of a secret is as likely as each other', () => {
    const text = Array.from({ length: 400 }, randomSecret).join('')
    const counts = new Map<string, number>()
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(62)
    const expected = text.length / 62
    // Eight standard deviations: a seed is not needed for something that never happens.
    for (const [character, count] of counts) {
      expect(Math.abs(count - expected), character).toBeLessThan(8 * Math.sqrt(expected))
    }
  })

  test('C7: a session ends when it is idle, and in any case', () => {
    const limits = { idle: 10, life: 100, perUser: 1 }
    expect(sessionEnds({ created: 0, seen: 0 }, limits)).toEqual({ idle: 10, expires: 100 })
    expect(sessionEnds({ created: 0, seen: 95 }, limits)).toEqual({ idle: 100, expires: 100 })
  })
})

describe('roles', () => {
  test('C10: each role may do what those before it may, and nobody may do nothing', () => {
    for (const [have, role] of roles.entries()) {
      for (const [need, access] of roles.entries()) expect(isAllowed(role, access)).toBe(have >= need)
      expect(isAllowed(role, 'anyone')).toBe(true)
      expect(isAllowed(nobody.role, role)).toBe(false)
    }
    expect(isAllowed(nobody.role, 'anyone')).toBe(true)
    expect(isAllowed(localAdmin.role, 'admin')).toBe(true)
  })

  test('C10: a role that does not exist may do nothing', () => {
    // as a row of a database that somebody changed by hand
    const strange = 'root' as (typeof roles)[number]
    expect(roles.filter((access) => isAllowed(strange, access))).toEqual([])
    expect(lesserRole('admin', 'viewer')).toBe('viewer')
  })
})

test.each(['anna', 'a', '0', 'anna.k', 'a_b-c', 'x'.repeat(32)])('%s is a name', (name) => {
  expect(isUserName(name)).toBe(true)
})
test.each(['', 'Anna', '-a', '.a', 'a b', 'ä', 'a/b', 'x'.repeat(33), 'a\n', '__proto__'])('%j is no name', (name) => {
  expect(isUserName(name)).toBe(false)
})
