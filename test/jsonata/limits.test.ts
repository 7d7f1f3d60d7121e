import { describe, expect, it } from 'vitest'
import { compile, defaultLimits, type Limits } from '../../engine/jsonata/index.ts'

function run(text: string, limits: Partial<Limits>, input?: unknown): () => unknown {
  return () => compile(text, { limits }).evaluate(input)
}

describe('[D3] limits', () => {
  it('have defaults', () => {
    expect(defaultLimits).toEqual({
      steps: 1_000_000,
      depth: 250,
      sequence: 1_000_000,
      string: 1_000_000,
      milliseconds: 150,
    })
  })

  it('stop at a number of steps, on any machine at the same one', () => {
    const text = '$sum($map([1..100], function($x) { $x * 2 }))'
    const fits = (steps: number): boolean => {
      try {
        return compile(text, { limits: { steps } }).evaluate(undefined) === 10100
      } catch {
        return false
      }
    }
    let enough = 1
    while (!fits(enough)) enough++
    expect(enough).toBeGreaterThan(100)
    expect(enough).toBeLessThan(500)
    expect(run(text, { steps: enough - 1 })).toThrow(
      expect.objectContaining({ code: 'L1001', message: expect.stringContaining(`more than ${enough - 1} steps`) }),
    )
  })

  it('stop at a depth of calls, but not of calls in tail position', () => {
    const down = '($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(20))'
    expect(run(down, { depth: 21 })()).toBe(20)
    expect(run(down, { depth: 20 })).toThrow(expect.objectContaining({ code: 'D1011' }))
    const tail = '($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(10000))'
    expect(run(tail, { depth: 1 })()).toBe(0)
  })

  it('stop at the length of an array', () => {
    expect(run('$count([1..100])', { sequence: 100 })()).toBe(100)
    expect(run('$count([1..101])', { sequence: 100 })).toThrow(expect.objectContaining({ code: 'D2015', value: 101 }))
    expect(run('$append([1..60], [1..60])', { sequence: 100 })).toThrow(expect.objectContaining({ code: 'D2015' }))
    expect(run('a.b', { sequence: 100 }, { a: Array.from({ length: 30 }, () => ({ b: [1, 2, 3, 4] })) })).toThrow(
      expect.objectContaining({ code: 'D2015' }),
    )
  })

  it('stop at the length of a string', () => {
    const { message, code } = thrownBy(run('$pad("a", 101)', { string: 100 }))
    expect(code).toBe('L1002')
    expect(message).toBe(
      'The expression builds a string of more than 100 characters. Build less, or raise limits.string',
    )
    expect(run('$pad("a", 100)', { string: 100 })()).toHaveLength(100)
    expect(run('a & a', { string: 100 }, { a: 'x'.repeat(60) })).toThrow(expect.objectContaining({ code: 'L1002' }))
    expect(run('$string($)', { string: 100 }, { a: 'x'.repeat(100) })).toThrow(
      expect.objectContaining({ code: 'L1002' }),
    )
  })

  it('stop when the clock has gone on too far', () => {
    let now = 5
    const clock = (): number => {
      now += 30
      return now
    }
    const expression = compile('$count($map([1..100000], function($x) { $x }))', {
      clock,
      limits: { milliseconds: 70 },
    })
    expect(() => expression.evaluate(undefined)).toThrow(
      expect.objectContaining({
        code: 'D1012',
        message: 'Evaluation timeout after 70 milliseconds. Check for infinite loop',
      }),
    )
  })

  it('do not look at the clock for what takes few steps', () => {
    const clock = (): number => {
      throw new Error('the clock was read')
    }
    expect(compile('payload.temperature > 30', { clock }).evaluate({ payload: { temperature: 31 } })).toBe(true)
  })

  it('begin anew with each evaluation, also after an error', () => {
    const expression = compile('$count([1..n].($ * 2))', { limits: { steps: 500 } })
    for (let turn = 0; turn < 20; turn++) {
      expect(() => expression.evaluate({ n: 1000 })).toThrow(expect.objectContaining({ code: 'L1001' }))
      expect(expression.evaluate({ n: 100 })).toBe(100)
    }
  })

  it('are not hidden by $eval', () => {
    expect(run('$eval("[1..1000].($ * 2)")', { steps: 2000 })).toThrow(expect.objectContaining({ code: 'L1001' }))
    expect(run('$eval("-true")', {})).toThrow(expect.objectContaining({ code: 'D3121' }))
  })
})

interface Thrown {
  readonly code?: string
  readonly message?: string
}

function thrownBy(evaluate: () => unknown): Thrown {
  try {
    evaluate()
    return {}
  } catch (error) {
    return error as Thrown
  }
}
