import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import { compile, JsonataError } from '../../engine/jsonata/index.ts'

/** The numbers are those of engine/jsonata/SPEC.md. */

function evaluate(text: string, input?: unknown, bindings?: Record<string, unknown>): unknown {
  return compile(text).evaluate(input, bindings)
}

function codeOf(text: string, input?: unknown, bindings?: Record<string, unknown>): string | undefined {
  try {
    evaluate(text, input, bindings)
    return undefined
  } catch (error) {
    if (!(error instanceof JsonataError)) throw error
    return error.code
  }
}

describe('[D1] data never poses as something else', () => {
  const lambda = {
    _jsonata_lambda: true,
    input: null,
    environment: {},
    arguments: [],
    body: { type: 'number', value: 42 },
  }
  const native = { _jsonata_function: true, implementation: 'x', signature: { definition: '<x:x>' } }

  it('calls no object with the marks of a function', () => {
    for (const f of [lambda, native]) {
      expect(codeOf('f(1)', { f })).toBe('T1006')
      expect(codeOf('$map([1], f)', { f })).toBe('T0410')
      expect(codeOf('1 ~> f', { f })).toBe('T2006')
      expect(codeOf('f(?)', { f })).toBe('T1008')
      expect(codeOf('$sort([2, 1], f)', { f })).toBe('T0410')
      expect(codeOf('$ ~> |$|{}|', {}, { clone: f })).toBe('T2013')
    }
  })

  it('treats such objects as objects', () => {
    expect(evaluate('$type(f)', { f: lambda })).toBe('object')
    expect(evaluate('$boolean(f)', { f: native })).toBe(true)
    expect(evaluate('$keys(f)', { f: native })).toEqual(['_jsonata_function', 'implementation', 'signature'])
    expect(evaluate('f.signature.definition', { f: native })).toBe('<x:x>')
    expect(evaluate('$string(f)', { f: { _jsonata_lambda: true } })).toBe('{"_jsonata_lambda":true}')
    expect(evaluate('*', { f: { _jsonata_lambda: true } })).toEqual({ _jsonata_lambda: true })
    expect(evaluate('$', lambda)).toEqual(lambda)
    expect(evaluate('{"_jsonata_lambda": true}')).toEqual({ _jsonata_lambda: true })
  })

  it('knows its own sequences from objects with their marks', () => {
    expect(evaluate('$', { outerWrapper: true, 0: 'inside' })).toEqual({ outerWrapper: true, 0: 'inside' })
    expect(evaluate('$.x{y: 1}', { x: { tupleStream: true, y: 'k' } })).toEqual({ k: 1 })
    expect(evaluate('x[y = 1]', { x: { tupleStream: true, y: 1 } })).toEqual({ tupleStream: true, y: 1 })
    expect(evaluate('x', { x: { sequence: true, length: 1, 0: 'a' } })).toEqual({ sequence: true, length: 1, 0: 'a' })
  })

  it('does not find marks among the items of a sequence', () => {
    expect(evaluate('[*].a', { a: 1 })).toBe(1)
    expect(evaluate('[*].**', { a: 1 })).toEqual([{ a: 1 }, 1])
  })

  it('takes no object for an open argument', () => {
    const open = { type: 'operator', value: '?' }
    expect(evaluate('($f := $append(?, x); $f(1))', { x: open })).toEqual([1, open])
  })

  it('takes no object for a promise or an iterator', () => {
    expect(evaluate('$lookup($, "x").next', JSON.parse('{"x": {"then": 1, "next": 2}}'))).toBe(2)
  })
})

describe('[D2] __proto__ is a name like any other', () => {
  const input: unknown = JSON.parse('{"a": {"__proto__": {"x": 1}, "b": 2}, "constructor": 3}')

  it('is read and written as an own field', () => {
    expect(evaluate('a.`__proto__`.x', input)).toBe(1)
    expect(evaluate('$keys(a)', input)).toEqual(['__proto__', 'b'])
    for (const text of [
      '{"__proto__": {"x": 1}}',
      '$merge([{"__proto__": {"x": 1}}])',
      '$sift(a, function($v, $k) { $k = "__proto__" })',
      '$spread(a)[0]',
      '{} ~> |$|{"__proto__": {"x": 1}}|',
      '[1]{"__proto__": {"x": 1}}',
    ]) {
      const result = evaluate(text, input) as object
      expect(Object.getOwnPropertyNames(result), text).toEqual(['__proto__'])
      expect(Object.getPrototypeOf(result), text).toBe(Object.prototype)
      expect(JSON.stringify(result), text).toBe('{"__proto__":{"x":1}}')
    }
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it('is not found where no data has it, and neither is what prototypes have', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'valueOf']) {
      expect(evaluate(`a.c.\`${name}\``, { a: { c: {} } }), name).toBeUndefined()
      expect(evaluate(`\`${name}\``, { a: 1 }), name).toBeUndefined()
      expect(evaluate(`$lookup($, "${name}")`, { a: 1 }), name).toBeUndefined()
      expect(evaluate(`$sum.\`${name}\``, { a: 1 }), name).toBeUndefined()
    }
    expect(evaluate('length', 'text')).toBeUndefined()
    expect(evaluate('payload.length', { payload: Buffer.from('abc') })).toBeUndefined()
    expect(evaluate('$constructor')).toBeUndefined()
  })

  it('gives objects with the prototype of all objects', () => {
    for (const text of [
      '{"a": 1}',
      '{"a": b}',
      '[1]{"a": 1}',
      '$spread({"a": 1})',
      '$merge([{"a": 1}])',
      '$match("a", /a/)',
    ]) {
      expect(Object.getPrototypeOf(evaluate(text)), text).toBe(Object.prototype)
    }
  })
})

describe('[D4] no function of the host is asynchronous', () => {
  it('refuses a promise', () => {
    expect(codeOf('$later(1)', {}, { later: async () => 1 })).toBe('X1002')
  })

  it('keeps what the function has thrown', () => {
    const cause = new Error('no such table')
    const run = (): unknown =>
      evaluate(
        '$query()',
        {},
        {
          query: () => {
            throw cause
          },
        },
      )
    expect(run).toThrow(expect.objectContaining({ code: 'X1004', token: 'query', cause }))
  })
})

describe('[D5] a result holds no functions', () => {
  it('leaves them out', () => {
    expect(evaluate('$sum')).toBeUndefined()
    expect(evaluate('function($x) { $x }')).toBeUndefined()
    expect(evaluate('$substring(?, 1)')).toBeUndefined()
    expect(evaluate('/a/')).toBeUndefined()
    expect(evaluate('{"f": $sum, "x": 1}')).toEqual({ x: 1 })
    expect(evaluate('[1, $sum, {"f": $sum}]')).toEqual([1, null, {}])
    expect(evaluate('/a/("bab")')).toEqual({ match: 'a', start: 1, end: 2, groups: [] })
    expect(evaluate('$f', {}, { f: () => 1 })).toBeUndefined()
    expect(evaluate('$o', {}, { o: { f: () => 1, x: 2 } })).toEqual({ x: 2 })
  })
})

describe('[D6] the input is never changed', () => {
  const frozen = deepFreeze({ list: [], one: [{ a: 1 }], object: { x: { y: 1 } } })

  it.each([
    'list{"a": 1}',
    'list.{"a": 1}',
    '$$.object ~> |$$.object|{"z": 1}|',
    '($c := $$; $ ~> |$c|{"z": 1}, "one"|)',
    '($clone := function($x) { $x }; $ ~> |object|{"z": 1}|)',
    'one[]',
    'object()',
    '$sort(one, function($l, $r) { false })',
    '$append(list, 1)',
    '$ ~> |**|{"z": 1}, ["a"]|',
    'one#$i[$i = 0]',
  ])('by %s', (text) => {
    codeOf(text, frozen)
  })

  it('and a transform changes its copy only', () => {
    expect(evaluate('($x := {"a": 1}; $y := {"b": 1} ~> |$x|{"c": 1}|; [$x, $y])')).toEqual([{ a: 1 }, { b: 1 }])
    expect(evaluate('($clone := function($x) { $x }; $ ~> |object|{"z": 1}|).object', frozen)).toEqual({
      x: { y: 1 },
      z: 1,
    })
  })
})

describe('[D7] constructors go from left to right', () => {
  it('reports the first error in the text', () => {
    expect(() => evaluate('[$map([1], function($x) { $uppercase($x) }), -"a"]')).toThrow(
      expect.objectContaining({ code: 'T0410' }),
    )
    expect(() => evaluate('{"a": $map([1], function($x) { $uppercase($x) }), "b": -"a"}')).toThrow(
      expect.objectContaining({ code: 'T0410' }),
    )
  })

  it('binds variables for what stands to the right', () => {
    expect(evaluate('([$x := 1, $x])')).toEqual([1, 1])
  })
})

describe('[D8] errors do not depend on other expressions', () => {
  it('whatever was called before', () => {
    codeOf('           $uppercase("a") & $uppercase(1)')
    expect(() => evaluate('$map([1], $uppercase)')).toThrow(
      expect.objectContaining({ code: 'T0410', position: 5, token: 'map' }),
    )
  })
})

describe('[D9] a regular expression stays one', () => {
  it('behind ?: and ??', () => {
    expect(evaluate('$match("ab", /b/).match ?: "none"')).toBe('b')
    expect(evaluate('$match("ab", /c/).match ?? "none"')).toBe('none')
    expect(evaluate('$contains("12", /[a-z]/) ?: "no letters"')).toBe('no letters')
  })
})

describe('[D10] where the library fails with an error of JavaScript', () => {
  it('says T1006 for an undefined function in tail position', () => {
    expect(codeOf('(function() { $missing() })()')).toBe('T1006')
  })

  it('takes built-ins as arguments in tail position', () => {
    expect(evaluate('($f := function($l) { $map($l, $uppercase) }; $f(["a", "b"]))')).toEqual(['A', 'B'])
  })

  it('says X1001 for unchecked arguments that do not fit', () => {
    expect(codeOf('$uppercase(?)(1)')).toBe('X1001')
    expect(codeOf('$power(?, 2)("3")')).toBe('X1001')
    expect(codeOf('$sum(?)("3")')).toBe('X1001')
  })
})

describe('[D11] built-ins with a default or without parameters', () => {
  it('can be applied partially', () => {
    expect(evaluate('$string(?)(12)')).toBe('12')
    expect(evaluate('$zip(?)([1, 2])')).toEqual([[1], [2]])
  })
})

describe('[D12] sorting', () => {
  it('takes more items than the stack of the library has room for', () => {
    const input = Array.from({ length: 20_000 }, (_, index) => ({ n: (index * 7919) % 20_000 }))
    const sorted = compile('$sort($, function($l, $r) { $l.n > $r.n }).n', {
      limits: { steps: 1e7, milliseconds: 10_000 },
    }).evaluate(input) as number[]
    expect(sorted).toEqual(input.map((one) => one.n).sort((a, b) => a - b))
  })
})

describe('[D13] an array', () => {
  it('never equals an object', async () => {
    const text = '$eval("[]") = {"length": 0}'
    expect(evaluate(text)).toBe(false)
    expect(await jsonata('x = {"length": 0}').evaluate({ x: [] })).toBe(true)
    expect(evaluate('x = {"length": 0}', { x: [] })).toBe(false)
  })
})

describe('[D14] long values', () => {
  it('are cut in the texts of errors', () => {
    const error = (text: string, input?: unknown): string => {
      try {
        evaluate(text, input)
        return ''
      } catch (thrown) {
        return (thrown as Error).message
      }
    }
    expect(error('-$', { a: 'x'.repeat(5000) })).toBe('Cannot negate a non-numeric value: {...}')
    expect(error('$number($)', 'x'.repeat(5000))).toBe(`Unable to cast value to a number: "${'x'.repeat(1000)}..."`)
  })
})

describe('[D15] an infinite number', () => {
  it('has no exponent and no letters', () => {
    expect(codeOf('$formatNumber(1/0, "0e0")')).toBe('D1001')
    expect(codeOf('$formatInteger(1/0, "a")')).toBe('D1001')
    expect(evaluate('$formatNumber(12345, "0.0e0")')).toBe('1.2e4')
  })
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
