import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { type Compiled, compile, JsonataError } from '../../engine/jsonata/index.ts'

describe('compile', () => {
  it('keeps the text and the tree', () => {
    const expression = compile('payload.temperature > 30')
    expect(expression.text).toBe('payload.temperature > 30')
    expect(expression.ast).toMatchObject({ type: 'binary', value: '>', lhs: { type: 'path' }, rhs: { value: 30 } })
  })

  it('throws where a text is no expression, with what the library says', () => {
    let error: unknown
    try {
      compile('payload.temperature >')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(JsonataError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'JsonataError',
      code: 'S0207',
      position: 21,
      message: 'Unexpected end of expression',
    })
  })

  it('throws a coded error where the parser fails otherwise', () => {
    expect(() => compile('$match("a", /a**/)')).toThrow(expect.objectContaining({ code: 'X1003' }))
  })

  it('needs no making of code from text', () => {
    const url = new URL('../../engine/jsonata/index.ts', import.meta.url)
    const script = `import { compile } from '${url}'
      console.log(JSON.stringify(compile('$map(a, function($x) { $eval("$x * 2") }).{"b": $ & ""}').evaluate({ a: [1, 2] })))`
    const args = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script]
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim()).toBe('[{"b":"2"},{"b":"4"}]')
  })
})

describe('evaluate', () => {
  it('says where an error is, which operator or function is to blame, and what was found', () => {
    let error: unknown
    try {
      compile('payload.temperature > "30"').evaluate({ payload: { temperature: 31 } })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({
      code: 'T2009',
      position: 21,
      token: '>',
      value: 31,
      value2: '30',
      message: 'The values 31 and "30" either side of operator ">" must be of the same data type',
    })
  })

  it('gives plain arrays, which carry nothing hidden', () => {
    const input = { a: [{ b: 1 }, { b: 2 }] }
    for (const text of [
      'a.b',
      'a[b > 0].b',
      '[1..3]',
      'a.b[]',
      '$map(a, function($x) { $x.b })',
      'a.[b]',
      '$distinct(a.b)',
    ]) {
      const result = compile(text).evaluate(input)
      expect(
        Reflect.ownKeys(result as object).filter((key) => !/^(?:\d+|length)$/.test(String(key))),
        text,
      ).toEqual([])
      expect(structuredClone(result), text).toEqual(result)
    }
    expect(Reflect.ownKeys(input.a)).toEqual(['0', '1', 'length'])
  })

  it('hands out parts of the input as they are', () => {
    const input = { a: { b: [1] } }
    expect(compile('a').evaluate(input)).toBe(input.a)
    expect(compile('a.b').evaluate(input)).toBe(input.a.b)
  })

  it('can run while it is running, when a host function asks for it', () => {
    const expression: Compiled = compile('$n = 0 ? "done" : $again($n - 1)')
    const again = (n: unknown): unknown => expression.evaluate(undefined, { n, again })
    expect(expression.evaluate(undefined, { n: 5, again })).toBe('done')
  })
})

describe('bindings', () => {
  it('are variables', () => {
    expect(compile('$limit + 1').evaluate(undefined, { limit: 2 })).toBe(3)
    expect(compile('$list.x').evaluate(undefined, { list: [{ x: 1 }, { x: 2 }] })).toEqual([1, 2])
    expect(compile('$$').evaluate(1, { $: 2 })).toBe(1)
  })

  it('may replace built-ins, and only for that evaluation', () => {
    const expression = compile('$sum([1, 2])')
    expect(expression.evaluate(undefined, { sum: () => 'mine' })).toBe('mine')
    expect(expression.evaluate(undefined, { other: 1 })).toBe(3)
    expect(() => expression.evaluate(undefined, { sum: 5 })).toThrow(expect.objectContaining({ code: 'T1006' }))
    expect(expression.evaluate(undefined)).toBe(3)
    expect(compile('$eval("$sum([1, 2])")').evaluate(undefined, { sum: () => 'mine' })).toBe('mine')
  })

  it('may be functions that get and give values and functions', () => {
    expect(compile('$twice(21)').evaluate(undefined, { twice: (x: number) => x * 2 })).toBe(42)
    expect(compile('$map([1, 2], $twice)').evaluate(undefined, { twice: (x: number) => x * 2 })).toEqual([2, 4])
    expect(
      compile('$apply(function($x) { $x + 1 }, 1)').evaluate(undefined, {
        apply: (f: (x: number) => number, x: number) => f(x),
      }),
    ).toBe(2)
    expect(compile('$adder(1)(2)').evaluate(undefined, { adder: (a: number) => (b: number) => a + b })).toBe(3)
    expect(compile('$lib.twice(2)').evaluate(undefined, { lib: { twice: (x: number) => x * 2 } })).toBe(4)
    expect(compile('2 ~> $twice ~> $string').evaluate(undefined, { twice: (x: number) => x * 2 })).toBe('4')
  })
})

describe('the environment', () => {
  it('has the clock, asked once for an evaluation', () => {
    let asked = 0
    const now = (): number => {
      asked++
      return Date.UTC(2024, 1, 3, 4, 5, 6)
    }
    expect(compile('[$now(), $millis(), $now("[Y]")]').evaluate(undefined, undefined, { now })).toEqual([
      '2024-02-03T04:05:06.000Z',
      1706933106000,
      '2024',
    ])
    expect(asked).toBe(1)
    expect(compile('$toMillis("12:30", "[H]:[m]")').evaluate(undefined, undefined, { now })).toBe(
      Date.UTC(2024, 1, 3, 12, 30),
    )
  })

  it('has the random numbers', () => {
    const numbers = [0.5, 0.25, 0.75]
    expect(
      compile('[$random(), $random()]').evaluate(undefined, undefined, { random: () => numbers.shift() ?? 0 }),
    ).toEqual([0.5, 0.25])
    expect(compile('$shuffle([1, 2, 3])').evaluate(undefined, undefined, { random: () => 0 })).toEqual([3, 1, 2])
  })
})
