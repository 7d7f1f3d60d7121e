import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowLimits } from '../../engine/flow/limits.ts'
import { readFlow } from '../../engine/flow/read.ts'

/** Problems as `line:column CODE text`. */
function found(text: string, file?: string): string[] {
  return readFlow(text, file).problems.map(({ line, column, code, text }) => `${line}:${column} ${code} ${text}`)
}

const sound = `{
  "flow": "cold-chain",
  "nodes": [
    { "id": "fridges", "type": "mqtt-in", "config": { "topic": "fridges/#" } },
    { "id": "log", "type": "debug" }
  ],
  "wires": [
    { "from": "fridges.out", "to": "log.in" }
  ],
  "layout": { "fridges": [80, 120] }
}
`

test('a sound file gives its document; a config that is left out is empty', () => {
  const { document, problems } = readFlow(sound, 'flows/cold-chain.json')
  expect(problems).toEqual([])
  expect(document).toEqual({
    flow: 'cold-chain',
    nodes: [
      { id: 'fridges', type: 'mqtt-in', config: { topic: 'fridges/#' } },
      { id: 'log', type: 'debug', config: {} },
    ],
    wires: [{ from: 'fridges.out', to: 'log.in' }],
    layout: { fridges: [80, 120] },
  })
})

test('a byte order mark and any line ends are accepted and do not move places', () => {
  const text = `\uFEFF${sound.replaceAll('\n', '\r\n')}`
  const { document, problems, locate } = readFlow(text)
  expect(problems).toEqual([])
  expect(document).toEqual(readFlow(sound).document)
  expect(locate('nodes[1].type')).toEqual({ line: 5, column: 20 })
  expect(readFlow(sound.replaceAll('\n', '\r')).locate('nodes[1].type')).toEqual({ line: 5, column: 20 })
})

test('the place of a path is where its field begins, or what is nearest', () => {
  const { locate } = readFlow(sound)
  expect(locate('flow')).toEqual({ line: 2, column: 3 })
  expect(locate('nodes[0]')).toEqual({ line: 4, column: 5 })
  expect(locate('nodes[0].config.topic')).toEqual({ line: 4, column: 55 })
  expect(locate('nodes[0].config.qos')).toEqual({ line: 4, column: 43 })
  expect(locate('wires[7].from')).toEqual({ line: 7, column: 3 })
  expect(locate('nothing')).toEqual({ line: 1, column: 1 })
})

describe('text that is not JSON', () => {
  const cases: [name: string, text: string, ...wanted: string[]][] = [
    ['nothing', ' \n', '1:1 the text is empty'],
    ['a comma before a closing brace', '{ "flow": "a", }', '1:14 there is a comma before the closing "}"'],
    [
      'comments and commas that are too many, all at once',
      '{ "flow": "a", // name\n  "nodes": [1,], /* x */\n  "wires": [], }',
      '1:16 a comment stands here, and JSON has none',
      '2:14 there is a comma before the closing "]"',
      '2:18 a comment stands here, and JSON has none',
      '3:14 there is a comma before the closing "}"',
    ],
    ['a missing comma', '{ "flow": "a"\n  "nodes": [] }', '1:14 a comma is missing before the next text'],
    [
      'a missing quote',
      '{ "flow": "a,\n  "nodes": [] }',
      '1:11 the text that begins here has no closing quote in its line',
    ],
    ['a name without quotes', '{ flow: "a" }', '1:3 the field name flow needs double quotes: "flow"'],
    ['single quotes', "{ 'flow': 'a' }", '1:3 text stands in double quotes, not in single ones'],
    ['a missing colon', '{ "flow" "a" }', '1:3 a ":" is missing after this field name'],
    ['a missing value', '{ "flow": }', '1:11 a value is needed here, not "}"'],
    ['two commas', '{ "nodes": [1,,2] }', '1:15 a value is missing before this comma'],
    ['a bracket that is not closed', '{\n "nodes": [\n {}\n', '4:1 it ends too early; the "[" of line 2 is not closed'],
    ['the wrong bracket', '{ "nodes": [1 } ', '1:15 "}" does not fit here; the "[" of line 1 is not closed'],
    [
      'a word of another language',
      '{ "disabled": True }',
      '1:15 "True" is no value; text needs double quotes, and the words are true, false and null',
    ],
    [
      'a tab inside text',
      '{ "flow": "a\tb" }',
      '1:11 this text holds a control character; write "\\t" for a tab and "\\n" for a line end',
    ],
    [
      'a backslash',
      '{ "flow": "a\\q" }',
      '1:11 this text holds a "\\" that begins no escape of JSON; a backslash itself is written "\\\\"',
    ],
    ['more after the end', '{} 1', '1:4 it goes on with "1" after its end'],
    [
      'a merge that was not finished',
      '{\n<<<<<<< HEAD\n "flow": "a"\n=======\n "flow": "b"\n>>>>>>> other\n}',
      '2:1 a merge conflict was left here',
    ],
  ]
  test.each(cases)('%s', (_name, text, ...wanted) => {
    expect(found(text)).toEqual(wanted.map((each) => each.replace(' ', ' BROKEN_JSON This is not JSON: ').concat('.')))
  })

  test('a text is called broken exactly when JSON.parse refuses it, and then it has a place', () => {
    const mutation = fc.record({ at: fc.nat(sound.length), length: fc.nat(3), put: fc.string({ maxLength: 3 }) })
    const json = fc.json().map((text) => text.slice(0, 200))
    const texts = fc.oneof(
      fc
        .array(mutation, { maxLength: 3 })
        .map((changes) =>
          changes.reduce((text, { at, length, put }) => text.slice(0, at) + put + text.slice(at + length), sound),
        ),
      fc
        .tuple(
          json,
          fc.nat(200),
          fc.constantFrom(',', '"', "'", '}', ']', ':', '\\', '//', 'x', '0', '-', '\n', '\u0001'),
        )
        .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at)),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const problems = readFlow(text).problems.filter((problem) => problem.code === 'BROKEN_JSON')
        expect(problems.length > 0).toBe(!parses(text))
        for (const { line, column } of problems) {
          expect(line).toBeGreaterThan(0)
          expect(column).toBeGreaterThan(0)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the frame', () => {
  test('what is no object is no flow', () => {
    for (const [text, what] of [
      ['[]', 'an empty list'],
      ['[1]', 'a list of 1'],
      ['null', 'null'],
      ['"x"', '"x"'],
    ]) {
      expect(found(text ?? '')[0]).toContain(`this holds ${what}.`)
    }
  })

  test('all problems come at once, each with its place', () => {
    const text = `{
  "flow": "Cold Chain",
  "nods": [],
  "disabled": "no",
  "nodes": [
    { "id": "a", "type": 3 },
    { "id": "a", "type": "x", "confg": {} },
    { "id": "Ä", "type": "x", "config": [] },
    7
  ],
  "wires": [
    { "from": "a.b" },
    { "from": "a.b", "to": "a.c", "colour": 1 },
    { "from": "a.b", "to": "a.c" }
  ],
  "layout": { "b": [1, 2], "a": [1] }
}`
    expect(found(text).sort()).toEqual(
      [
        '2:3 BAD_ID "Cold Chain" cannot be an id.',
        '3:3 UNKNOWN_FIELD There is no field "nods" here; did you mean "nodes"?',
        '4:3 WRONG_VALUE "disabled" is "no": that is text.',
        '6:18 WRONG_VALUE "type" is 3: that is a number.',
        '7:7 DUPLICATE_ID The id "a" is used by 2 nodes.',
        '7:31 UNKNOWN_FIELD There is no field "confg" here; did you mean "config"?',
        '8:7 BAD_ID "Ä" cannot be an id.',
        '8:31 WRONG_VALUE "config" is an empty list: that is a list.',
        '9:5 WRONG_VALUE "nodes[3]" is 7: that is a number.',
        '12:5 MISSING_FIELD The field "to" is missing.',
        '13:35 UNKNOWN_FIELD There is no field "colour" here.',
        '14:5 DUPLICATE_WIRE The wire from a.b to a.c stands here 2 times.',
        '16:15 UNKNOWN_FIELD There is no field "b" here; did you mean "a"?',
        '16:28 WRONG_VALUE "a" is a list of 1: it has fewer than 2 items.',
      ].sort(),
    )
  })

  test('missing fields say what to add', () => {
    const hints = readFlow('{}').problems.map(({ at, hint }) => `${at}: ${hint}`)
    expect(hints).toEqual([
      'flow: Add it: "flow": "cold-chain".',
      'nodes: Add it: "nodes": [].',
      'wires: Add it: "wires": [].',
    ])
  })

  test('a field that stands twice is a problem, where JSON.parse would drop one in silence', () => {
    const text = '{ "flow": "a", "nodes": [{ "id": "x", "id": "y", "type": "t" }], "wires": [],\n "flow": "b" }'
    expect(found(text)).toEqual([
      '1:39 DUPLICATE_FIELD The field "id" stands 2 times in one object.',
      '2:2 DUPLICATE_FIELD The field "flow" stands 2 times in one object.',
    ])
    expect(readFlow(text).document).toBeUndefined()
  })

  test('a layout of nodes that are gone is a warning only', () => {
    const { document, problems } = readFlow('{ "flow": "a", "nodes": [], "wires": [], "layout": { "x": [1, 2] } }')
    expect(problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning UNKNOWN_FIELD'])
    expect(document?.layout).toEqual({ x: [1, 2] })
  })

  test('the file is named as the flow', () => {
    expect(found(sound, '/some/where/fridges.json')).toEqual([
      '2:3 FLOW_NAME_MISMATCH The file is named "fridges" and the flow in it "cold-chain".',
    ])
    expect(found(sound, 'C:\\flows\\cold-chain.json')).toEqual([])
    expect(found(sound, '<stdin>')).toEqual([])
  })

  test('__proto__ is a field like any other and changes no prototype', () => {
    const text = `{ "flow": "a", "wires": [], "__proto__": { "polluted": 1 }, "layout": { "__proto__": [1, 2] },
      "nodes": [{ "id": "x", "type": "t", "config": { "__proto__": { "polluted": 2 } } }] }`
    const { problems } = readFlow(text)
    expect(problems.map(({ code, at }) => `${code} ${at}`)).toEqual([
      'UNKNOWN_FIELD __proto__',
      'UNKNOWN_FIELD layout.__proto__',
    ])
    expect(Object.keys(Object.prototype)).toEqual([])
    expect('polluted' in {}).toBe(false)
  })
})

describe('limits', () => {
  test('a file that is too large is not read', () => {
    const text = `{ "flow": "${'ä'.repeat(flowLimits.fileBytes / 2)}" }`
    expect(readFlow(text).problems.map(({ text }) => text)).toEqual([
      'The file is 1000014 bytes, the limit is 1000000 bytes.',
    ])
  })

  test('nesting is counted before anything is parsed', () => {
    const nested = (levels: number) => `{ "a": ${'['.repeat(levels - 1)}${']'.repeat(levels - 1)} }`
    expect(found(nested(64)).filter((text) => text.includes('TOO_LARGE'))).toEqual([])
    expect(found(nested(65))).toEqual(['1:71 TOO_LARGE The nesting of the file is deeper, the limit is 64 levels.'])
    expect(found('['.repeat(900_000))).toHaveLength(1)
    expect(
      found('{ "a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"[" }').join(),
    ).not.toContain('TOO_LARGE')
  })

  test('brackets that hide from the count do no harm', () => {
    const brackets = '['.repeat(400_000)
    for (const before of ['/* " */', '"\r', '"\\\n', "'\"'", '"\u0001', '// "']) {
      const codes = readFlow(`${before}${brackets}`).problems.map(({ code }) => code)
      expect(['BROKEN_JSON', 'TOO_LARGE'], before).toContain(codes[0])
    }
  })

  test('nodes and wires are counted', () => {
    const text = JSON.stringify({ flow: 'a', nodes: Array(5001).fill(0), wires: Array(20_001).fill(0) })
    expect(readFlow(text).problems.map(({ text }) => text)).toEqual([
      'The number of nodes is 5001, the limit is 5000.',
      'The number of wires is 20001, the limit is 20000.',
    ])
  })
})

function parses(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
    return true
  } catch (thrown) {
    return !(thrown instanceof SyntaxError)
  }
}
