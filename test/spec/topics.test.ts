import { describe, expect, test } from 'vitest'
import { RulewireError } from '../../engine/errors.ts'
import { BoundedCache } from '../../engine/spec/cache.ts'
import { compileFilter, compileTemplate, filtersIntersect, topicFilterFault } from '../../engine/spec/topics.ts'

describe('a filter of a flow', () => {
  test('becomes a filter of MQTT and gives the params of a topic', () => {
    const { filter, params } = compileFilter('fridges/{fridge}/{what}')
    expect(filter).toBe('fridges/+/+')
    expect(params('fridges/f7/climate')).toEqual({ fridge: 'f7', what: 'climate' })
    expect(params('fridges//x')).toEqual({ fridge: '', what: 'x' })
  })

  test('gives the same object for the same topic, which nobody can change', () => {
    const { params } = compileFilter('a/{x}')
    expect(params('a/1')).toBe(params('a/1'))
    expect(Object.isFrozen(params('a/1'))).toBe(true)
  })

  test('may be shared: $share/group/ stays in the filter and counts for nothing in the params', () => {
    const { filter, params } = compileFilter('$share/workers/a/{x}/#')
    expect(filter).toBe('$share/workers/a/+/#')
    expect(params('a/1/b/c')).toEqual({ x: '1' })
  })

  test('may use any name, also one that objects have already', () => {
    const { params } = compileFilter('{__proto__}/{constructor}')
    expect(Object.entries(params('a/b'))).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
  })

  test.each([
    ['', 'empty'],
    ['a/#/b', '"#" must be'],
    ['a+/b', '"+" must be'],
    ['a/{x', 'is not a parameter'],
    ['a/b{x}', 'is not a parameter'],
    ['{x}/{x}', 'stands twice'],
    ['a\0', 'NUL'],
    [`a/${'ö'.repeat(40_000)}`, 'longer than'],
  ])('%j is refused with a reason', (text, reason) => {
    expect(topicFilterFault(text)).toContain(reason)
    expect(() => compileFilter(text)).toThrow(RulewireError)
    expect(() => compileFilter(text)).toThrow(reason)
  })
})

describe('a topic to publish to', () => {
  test('is filled with what the filter gave', () => {
    const topic = compileTemplate('alerts/{device}/{n}-{flag}')
    expect(topic({ device: 'd 1', n: 7, flag: true })).toBe('alerts/d 1/7-true')
    expect(topic.filter).toBe('alerts/+/+')
    expect(compileTemplate('alerts').filter).toBe('alerts')
    expect(compileTemplate('alerts')({})).toBe('alerts')
  })

  test.each([
    [undefined, 'is missing'],
    [null, 'is null'],
    ['', 'is empty'],
    ['a/b', 'which holds "/"'],
    ['+', 'which holds "+"'],
    ['x#', 'which holds "#"'],
    ['x\0', 'which holds a NUL'],
    ['$SYS', 'starts with "$"'],
    [{}, 'is an object'],
    [[], 'is an array'],
    [Number.NaN, 'is NaN'],
  ])('refuses %j as a level', (value, reason) => {
    const topic = compileTemplate('alerts/{device}')
    expect(() => topic({ device: value })).toThrow(reason)
    try {
      topic({ device: value })
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'TOPIC_NAME' })
    }
  })

  test('does not take what an object inherits for a param', () => {
    expect(() => compileTemplate('{constructor}')({})).toThrow('is missing')
  })

  test.each(['', 'a/+', 'a/#', 'a\0b', 'a/{', 'a/{b c}', 'x'.repeat(65_536)])('%j can never be a topic', (text) => {
    expect(() => compileTemplate(text)).toThrow(RulewireError)
  })

  test('may not become longer than MQTT allows', () => {
    expect(() => compileTemplate('a/{x}')({ x: 'ö'.repeat(40_000) })).toThrow('longer than 65,535 bytes')
  })
})

describe('two filters', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/+', '+/b', true],
    ['a/+', '+/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'b/#', false],
    ['#', 'a/b/c', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/+/x', true],
    ['+', '#', true],
    ['+/#', 'a', true],
    ['a/+/#', 'a', false],
    ['$share/g/a/+', 'a/b', true],
    ['a//b', 'a/+/b', true],
  ])('%s and %s: one topic may match both is %s', (left, right, expected) => {
    expect(filtersIntersect(left, right)).toBe(expected)
    expect(filtersIntersect(right, left)).toBe(expected)
  })
})

describe('a bounded cache', () => {
  test('forgets what was not asked for and keeps what was', () => {
    const cache = new BoundedCache<number, string>(3)
    for (let key = 0; key < 100; key++) {
      cache.set(key, `v${key}`)
      expect(cache.get(0)).toBe('v0')
    }
    expect(cache.get(1)).toBeUndefined()
    expect(cache.get(99)).toBe('v99')
    cache.clear()
    expect(cache.get(99)).toBeUndefined()
  })
})
