import { describe, expect, it } from 'vitest'
import { compile } from '../../engine/jsonata/index.ts'
import { inferType, type WarningCode, warningTable } from '../../engine/jsonata/types/index.ts'
import { ANY, messageType, openObject, printType, type Type } from '../../engine/types/index.ts'
import { deviceExpressions } from './device-expressions.ts'
import { messageOf, type PayloadName } from './payloads.ts'

type Row = [
  payload: PayloadName,
  text: string,
  level: string,
  code: WarningCode,
  position: number,
  text: string,
  hint: string,
]

/** What each of these expressions is told, in the order of their places. */
const rows: readonly Row[] = [
  [
    'climate',
    'payload.temprature',
    'warning',
    'UNKNOWN_FIELD',
    18,
    'payload.temprature: no such field; did you mean temperature?',
    'The fields are device, ts, temperature, humidity, battery.',
  ],
  [
    'gateway',
    'payload.readings.temp > 30',
    'warning',
    'MAYBE_MIXED_COMPARISON',
    23,
    'payload.readings.temp (number | array(number)) > 30 cannot always be compared',
    'Take one item with [0], or count those that match: $count(list[…]) > 0.',
  ],
  [
    'plug',
    'payload.state = "on"',
    'warning',
    'NEVER_EQUAL',
    15,
    'payload.state ("OFF" | "ON") = "on" is always false',
    'The values are "OFF" | "ON".',
  ],
  [
    'plug',
    'payload.power > 5',
    'warning',
    'MAYBE_MIXED_COMPARISON',
    15,
    'payload.power (null | number) > 5 cannot always be compared',
    'Check first that it is not null: $type(x) = "number" and ….',
  ],
  [
    'plug',
    'payload.voltage',
    'warning',
    'UNKNOWN_FIELD',
    15,
    'payload.voltage: no such field',
    'The fields are state, power, energy, linkquality, locked.',
  ],
  [
    'plug',
    'payload.stat',
    'warning',
    'UNKNOWN_FIELD',
    12,
    'payload.stat: no such field; did you mean state?',
    'The fields are state, power, energy, linkquality, locked.',
  ],
  [
    'text',
    'payload.value',
    'warning',
    'NO_FIELDS',
    13,
    'payload.value: there are no fields in payload, which is string',
    'Leave value out, or check the value before it.',
  ],
  [
    'text',
    '$number($match(payload, /t=([0-9]+)/).groups[0])',
    'warning',
    'MAYBE_WRONG_ARGUMENT',
    44,
    'Argument 1 of $number may be an array; it must be a number, a string or a boolean',
    'Take one item with [0], or go over all of them with $map.',
  ],
  [
    'text',
    'payload + 1',
    'error',
    'NOT_A_NUMBER',
    9,
    'The left side of + is payload (string), not a number',
    'Convert it with $number(…), or join strings with &.',
  ],
  [
    'text',
    'payload > 30',
    'error',
    'MIXED_COMPARISON',
    9,
    'payload (string) > 30 cannot be compared',
    'Compare two numbers or two strings; convert with $number(…) or $string(…).',
  ],
  [
    'list',
    'payload * 2',
    'error',
    'NOT_A_NUMBER',
    9,
    'The left side of * is payload (array(number)), not a number',
    'Take one item with [0], or all of them with $sum, $average, $max or $map.',
  ],
  [
    'mixed',
    'payload > 3',
    'warning',
    'MAYBE_MIXED_COMPARISON',
    9,
    'payload (number | string) > 3 cannot always be compared',
    'Check the kind with $type(x) first.',
  ],
  [
    'climate',
    '$rond(payload.temperature)',
    'error',
    'UNKNOWN_FUNCTION',
    5,
    '$rond: no such function; did you mean $round?',
    'Use a built-in function or bind one with $rond := function(…){…}.',
  ],
  [
    'climate',
    'round(payload.temperature)',
    'error',
    'MISSING_DOLLAR',
    5,
    'round(…): a function name starts with $',
    'Write $round(…).',
  ],
  [
    'climate',
    '$round()',
    'error',
    'ARGUMENT_COUNT',
    7,
    '$round takes 1 to 2 arguments, not 0',
    'Write $round(number, precision?).',
  ],
  [
    'climate',
    '$round(payload.device)',
    'error',
    'WRONG_ARGUMENT',
    21,
    'Argument 1 of $round is payload.device (string); it must be a number',
    'Write $round(number, precision?).',
  ],
  [
    'climate',
    '$substring(payload.device)',
    'error',
    'ARGUMENT_COUNT',
    11,
    '$substring takes 2 to 3 arguments, not 1',
    'Write $substring(text, start, length?).',
  ],
  [
    'climate',
    '$round(payload.temperature, 1, 2)',
    'error',
    'ARGUMENT_COUNT',
    7,
    '$round takes 1 to 2 arguments, not 3',
    'Write $round(number, precision?).',
  ],
  [
    'climate',
    '$pad(payload.device, "5")',
    'error',
    'WRONG_ARGUMENT',
    24,
    'Argument 2 of $pad is "5"; it must be a number',
    'Write $pad(text, width, character?).',
  ],
  [
    'climate',
    '"a" > 3',
    'error',
    'MIXED_COMPARISON',
    5,
    '"a" > 3 cannot be compared',
    'Compare two numbers or two strings; convert with $number(…) or $string(…).',
  ],
  [
    'climate',
    'payload.device > 3',
    'error',
    'MIXED_COMPARISON',
    16,
    'payload.device (string) > 3 cannot be compared',
    'Compare two numbers or two strings; convert with $number(…) or $string(…).',
  ],
  [
    'climate',
    'payload.device * 2',
    'error',
    'NOT_A_NUMBER',
    16,
    'The left side of * is payload.device (string), not a number',
    'Convert it with $number(…), or join strings with &.',
  ],
  [
    'climate',
    '-payload.device',
    'error',
    'NOT_A_NUMBER',
    1,
    'The value of a minus is payload.device (string), not a number',
    'Convert it with $number(…), or join strings with &.',
  ],
  [
    'climate',
    'payload.temperature = "30"',
    'warning',
    'NEVER_EQUAL',
    21,
    'payload.temperature (number) = "30" is always false',
    'Compare values of the same kind; convert with $number(…) or $string(…).',
  ],
  [
    'climate',
    '$x + 1',
    'warning',
    'UNKNOWN_VARIABLE',
    2,
    '$x: no such variable',
    'Bind it before with $x := …; it has no value here.',
  ],
  [
    'climate',
    '{payload.temperature: 1}',
    'error',
    'KEY_NOT_A_STRING',
    1,
    'The key of an object is number, not a string',
    'Write $string(…) around it.',
  ],
  ['climate', '{"a": 1, "a": 2}', 'error', 'DUPLICATE_KEY', 12, 'The key "a" stands here twice', 'Give each key once.'],
  [
    'climate',
    'payload.temperature.value',
    'warning',
    'NO_FIELDS',
    25,
    'payload.temperature.value: there are no fields in payload.temperature, which is number',
    'Leave value out, or check the value before it.',
  ],
  [
    'climate',
    '(payload.temperature)(3)',
    'error',
    'NOT_A_FUNCTION',
    22,
    'This is called as a function, but it is number',
    'Call a function, such as $round(…).',
  ],
  [
    'plug',
    'payload.power * 2',
    'warning',
    'MAYBE_NOT_A_NUMBER',
    15,
    'The left side of * may be null, not a number',
    'Check it first: $type(x) = "number" ? … : ….',
  ],
  [
    'plug',
    '$round(payload.power)',
    'warning',
    'MAYBE_WRONG_ARGUMENT',
    20,
    'Argument 1 of $round may be null; it must be a number',
    'Check it first: $type(x) = … ? $round(x) : ….',
  ],
  [
    'climate',
    '$sum(payload.device)',
    'error',
    'WRONG_ARGUMENT',
    19,
    'Argument 1 of $sum is payload.device (string); it must be an array of numbers',
    'Write $sum(numbers).',
  ],
  [
    'climate',
    '$uppercase(payload.temperature)',
    'error',
    'WRONG_ARGUMENT',
    30,
    'Argument 1 of $uppercase is payload.temperature (number); it must be a string',
    'Write $uppercase(text).',
  ],
  [
    'climate',
    'qos = 3',
    'warning',
    'NEVER_EQUAL',
    5,
    'qos (0 | 1 | 2) = 3 is always false',
    'The values are 0 | 1 | 2.',
  ],
  [
    'gateway',
    'payload.readings^(tags)',
    'warning',
    'UNKNOWN_FIELD',
    22,
    'tags: no such field',
    'The fields are sensor, temp, at.',
  ],
  [
    'gateway',
    'payload.readings^($)',
    'error',
    'NOT_SORTABLE',
    17,
    'The values to sort by are { sensor: string, temp: number, at?: time }, which have no order',
    'Sort by numbers or by strings.',
  ],
  [
    'mixed',
    '[payload, 1]^($)',
    'warning',
    'MAYBE_NOT_SORTABLE',
    13,
    'The values to sort by may be a number or a string; only numbers, or only strings, have an order',
    'Convert them with $number(…) or $string(…).',
  ],
  [
    'climate',
    'payload ~> |$|5|',
    'error',
    'NOT_AN_OBJECT',
    15,
    'The update of a transform is 5, not an object',
    'Write |place|{"field": value}|.',
  ],
]

describe('a suspicious expression', () => {
  const texts = new Set(rows.map(([payload, text]) => `${payload}: ${text}`))
  for (const key of texts) {
    it(`is told what is wrong in it: ${key}`, () => {
      const wanted = rows.filter(([payload, text]) => `${payload}: ${text}` === key)
      const [first] = wanted
      if (first === undefined) throw new Error('There is no such row.')
      const found = warningsOf(first[1], messageOf(first[0]))
      expect(found).toEqual(
        wanted.map(([, , level, code, position, text, hint]) => ({ level, code, position, text, hint })),
      )
    })
  }

  it('is told the path of an unknown field', () => {
    const { warnings } = inferType(compile('payload.temprature').ast, messageOf('climate'))
    expect(warnings).toMatchObject([{ code: 'UNKNOWN_FIELD', path: 'payload.temprature' }])
  })
})

describe('one value or many', () => {
  const notes = (text: string) =>
    inferType(compile(text).ast, messageOf('gateway')).warnings.filter(({ code }) => code === 'ONE_OR_MANY')

  it('is noted where it becomes the result or a field, with what to write instead', () => {
    expect(notes('payload.readings.temp')).toEqual([
      {
        code: 'ONE_OR_MANY',
        level: 'note',
        text: 'payload.readings.temp goes over an array: it gives nothing, one value or an array',
        hint: 'Write payload.readings.temp[] for always an array, or (payload.readings.temp)[0] for the first value.',
        position: 16,
        path: 'payload.readings.temp',
      },
    ])
    expect(notes('{"t": payload.readings[temp > 3].temp}')).toHaveLength(1)
    expect(notes('$map(payload.readings, function($r){ $r.temp })')).toHaveLength(1)
  })

  it('is not noted where it does no harm', () => {
    for (const text of [
      '$sum(payload.readings.temp)',
      '[payload.readings.temp]',
      'payload.readings.temp[]',
      'payload.readings[0].temp',
      '(payload.readings.temp)[0]',
      'payload.readings',
      'payload.readings[temp > 3][]',
    ]) {
      expect(notes(text), text).toEqual([])
    }
  })

  it('is mended by what the note says', () => {
    const typeOf = (text: string) => printType(inferType(compile(text).ast, messageOf('gateway')).type)
    expect(typeOf('payload.readings.temp[]')).toBe('missing | array(number)')
    expect(typeOf('(payload.readings.temp)[0]')).toBe('missing | number')
  })
})

describe('nothing is said', () => {
  const fields = ['temperature', 'state', 'readings.temp', 'a.b.c']
  const uses = [
    (path: string) => `payload.${path}`,
    (path: string) => `payload.${path} > 3`,
    (path: string) => `payload.${path} * 2`,
    (path: string) => `payload.${path} = "ON"`,
    (path: string) => `$round(payload.${path})`,
    (path: string) => `{"x": payload.${path}}`,
    (path: string) => `payload.readings[${path} > 3]`,
    (path: string) => `$sum(payload.${path})`,
    (path: string) => `payload.${path} in ["a", 1]`,
    (path: string) => `payload^(${path})`,
  ]

  it('about a payload that may be anything', () => {
    for (const input of [messageType(), ANY, messageType({ payload: openObject({}) })]) {
      for (const path of fields) for (const use of uses) expect(warningsOf(use(path), input), use(path)).toEqual([])
    }
  })

  it('about further fields of a message', () => {
    expect(warningsOf('batch.id = 3', messageOf('climate'))).toEqual([])
  })

  it('about what a condition has ruled out', () => {
    for (const text of [
      '$type(payload.power) = "number" and payload.power > 5',
      'payload.power != null ? payload.power * 2 : 0',
      '$exists(payload.energy) ? payload.energy.today + 1',
      'payload.power = null or payload.power > 5',
      '$not(payload.power = null) and payload.power > 5',
    ]) {
      expect(warningsOf(text, messageOf('plug')), text).toEqual([])
    }
  })

  it('about variables and functions that the host or the expression binds', () => {
    const options = {
      variables: { limit: { kind: 'number' } },
      functions: { scale: { result: { kind: 'number' } } },
    } as const
    expect(inferType(compile('$scale(payload.temperature) > $limit').ast, messageOf('climate'), options)).toEqual({
      type: { kind: 'boolean' },
      warnings: [],
    })
    expect(warningsOf('($f := function($x){ $x + 1 }; $f(payload.temperature))', messageOf('climate'))).toEqual([])
    expect(warningsOf('payload.readings@$r#$i.($r.temp + $i)', messageOf('gateway'))).toEqual([])
  })
})

describe('the table of warnings', () => {
  it('has no entry that no test has met', () => {
    const met = new Set(rows.map(([, , , code]) => code))
    const elsewhere: WarningCode[] = ['ONE_OR_MANY', 'TOO_LARGE']
    expect(Object.keys(warningTable).sort()).toEqual([...met, ...elsewhere].sort())
  })

  it('fills every place of a text', () => {
    const all = deviceExpressions.flatMap(([payload, text]) => warningsOf(text, messageOf(payload)))
    for (const { text, hint } of [...all, ...rows.map(([, , , , , text, hint]) => ({ text, hint }))]) {
      expect(`${text} ${hint}`).not.toMatch(/\{\w+\}|undefined/)
    }
  })
})

function warningsOf(text: string, input: Type) {
  const { warnings } = inferType(compile(text).ast, input)
  return warnings
    .filter(({ level }) => level !== 'note')
    .map(({ level, code, position, text, hint }) => ({ level, code, position, text, hint }))
}
