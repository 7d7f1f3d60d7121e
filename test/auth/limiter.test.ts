import { expect, test } from 'vitest'
import { LoginLimiter } from '../../engine/auth/index.ts'

/** A limiter on a clock that stands until it is moved. */
function limiter() {
  const clock = { time: 1_000_000 }
  const limits = new LoginLimiter({ now: () => clock.time })
  return { clock, limits, fail: (name: string, address = '192.0.2.1') => limits.begin(name, address) }
}

test('C11: five failures of a name cost nothing, then each doubles the wait up to a minute', () => {
  const { clock, fail } = limiter()
  for (let count = 0; count < 5; count++) expect(fail('anna', `192.0.2.${count}`)).toBe(0)
  const waits: number[] = []
  for (let count = 0; count < 9; count++) {
    expect(fail('anna', '198.51.100.1')).toBe(0)
    const wait = fail('anna', '198.51.100.2')
    waits.push(wait)
    clock.time += wait
  }
  expect(waits).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000])
})

test('C11: an address that tries many names is stopped too, for up to 15 minutes', () => {
  const { clock, fail } = limiter()
  for (let count = 0; count < 20; count++) expect(fail(`name-${count}`)).toBe(0)
  let longest = 0
  for (let count = 20; count < 40; count++) {
    expect(fail(`name-${count}`)).toBe(0)
    const wait = fail('another')
    longest = Math.max(longest, wait)
    clock.time += wait
  }
  expect(longest).toBe(900_000)
  expect(fail('another', '203.0.113.9')).toBe(0)
})

test('C11: an attempt counts from its beginning, so that many at once do not slip through', () => {
  const { fail } = limiter()
  const begun = Array.from({ length: 50 }, () => fail('anna')).filter((wait) => wait === 0)
  expect(begun).toHaveLength(6)
})

test('a right password lets the name begin anew, and gives the address one attempt back', () => {
  const { limits, fail } = limiter()
  for (let count = 0; count < 19; count++) expect(fail(`name-${count}`)).toBe(0)
  for (let count = 0; count < 30; count++) {
    expect(fail('anna')).toBe(0)
    limits.succeeded('anna', '192.0.2.1')
  }
  expect(fail('last')).toBe(0)
  expect(fail('one more')).toBe(0)
  expect(fail('too many')).toBeGreaterThan(0)
})

test('everything is forgotten after an hour without a failure', () => {
  const { clock, fail } = limiter()
  for (let count = 0; count < 6; count++) fail('anna')
  expect(fail('anna')).toBeGreaterThan(0)
  clock.time += 3_600_000
  for (let count = 0; count < 5; count++) expect(fail('anna')).toBe(0)
})

test('addresses of one IPv6 network are one address', () => {
  const { fail } = limiter()
  for (let count = 0; count < 21; count++) fail(`name-${count}`, `2001:db8::${count.toString(16)}`)
  expect(fail('another', '2001:db8:0:0:ffff::1')).toBeGreaterThan(0)
  expect(fail('another', '2001:db8:0:1::1')).toBe(0)
})

test('what it remembers is bounded: a flood of names pushes out the oldest, not the newest', () => {
  const { fail } = limiter()
  for (let count = 0; count < 6; count++) fail('anna', '203.0.113.1')
  for (let count = 0; count < 9000; count++) fail(`name-${count}`, `10.0.${count >> 8}.${count & 255}`)
  // Each of them is two entries: name and address.
  expect(fail('anna', '203.0.113.2')).toBe(0)
  for (let count = 0; count < 6; count++) fail('ben', '203.0.113.3')
  expect(fail('ben', '203.0.113.4')).toBeGreaterThan(0)
})
