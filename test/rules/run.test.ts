import { describe, expect, it } from 'vitest'
import { failureText, loadRuleFile, runRuleFile, type TestResult } from '../../engine/rules/index.ts'
import { type EngineStore, openStore } from '../../engine/store/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { flowOf } from '../engine/start.ts'

const flow = flowOf(
  'doors',
  [
    ['doors', 'mqtt-in', { topic: 'doors/{door}', qos: 1 }],
    ['open', 'filter', { when: 'payload.open' }],
    ['long', 'alarm', { key: 'params.door', value: 'payload.width', raise: '> 5', onDelay: '1m' }],
    ['tell', 'mqtt-out', { topic: 'alarms/{door}', payload: '{ "door": payload.key }' }],
    ['keep', 'store', { table: 'opened', columns: { door: 'params.door', width: 'payload.width' } }],
    ['call', 'http-out', { url: 'http://127.0.0.1:1/hook', headers: { Key: { $secret: 'key' } } }],
    ['tick', 'inject', { every: '1h', payload: '$random()' }],
    ['again', 'mqtt-in', { topic: 'alarms/#' }],
  ],
  ['doors.out open.in', 'open.pass long.in', 'open.pass keep.in', 'long.event tell.in', 'long.event call.in'],
)

const opened = { publish: 'doors/front', payload: { open: true, width: 9 } }
const closed = { publish: 'doors/front', payload: { open: false, width: 0 } }

function load(tests: unknown, more: object = {}) {
  const text = JSON.stringify({ flow: 'doors', tests, ...more }, null, 2)
  const files = { file: 'doors.json', text: JSON.stringify(flow) }
  return loadRuleFile(text, 'doors.test.json', { specs: nodeSpecs, flow: () => files })
}

function run(steps: unknown[], fields: object = {}): TestResult {
  const { loaded, problems } = load([{ name: 'one', steps, ...fields }])
  if (loaded === undefined) throw new Error(JSON.stringify(problems))
  const [result] = runRuleFile(loaded, () => openStore(':memory:')).tests
  if (result === undefined) throw new Error('no result')
  return result
}

function report(steps: unknown[], fields: object = {}): string[] {
  const { failures, start } = run(steps, fields)
  return failures.flatMap((one) => failureText(one, start).map(({ tone, text }) => `${tone} ${text}`))
}

/** The report up to the calls. */
function differences(steps: unknown[], fields: object = {}): string[] {
  const lines = report(steps, fields)
  const end = lines.indexOf('dim   last on the wire:')
  return end < 0 ? lines : lines.slice(0, end)
}

describe('a rule test that goes as it should', () => {
  it('sees messages, alarms, rows, and published and posted effects', () => {
    const found = report([
      opened,
      { expect: { 'open.pass': [{ topic: 'doors/front', payload: { width: 9 } }], 'open.reject': 0 } },
      { expect: { rows: { opened: [{ door: 'front', width: 9 }] } } },
      { nothing: ['long.event', 'alarms', 'published', 'posted'], for: '59s' },
      {
        at: '+1s',
        expect: {
          'long.event': [{ at: '+1m', payload: { transition: 'RAISED' }, key: 'front' }],
          alarms: [{ at: '2026-01-01T00:01:00Z', node: 'long', key: 'front', transition: 'RAISED' }],
          published: [{ node: 'tell', topic: 'alarms/front', payload: { door: 'front' }, qos: 1, retain: false }],
          posted: [{ method: 'POST', headers: { Key: 'secret of key' }, body: { transition: 'RAISED' } }],
        },
      },
      { answer: { status: 201, body: { id: 7 } }, expect: { 'call.response': [{ status: 201, payload: { id: 7 } }] } },
      {
        command: { node: 'long', name: 'acknowledge', key: 'front', by: 'anna' },
        expect: { alarms: [{ transition: 'ACKED', by: 'anna' }] },
      },
    ])
    expect(found).toEqual([])
  })

  it('counts each name from where it was last looked at', () => {
    expect(report([opened, opened, { expect: { 'open.pass': 2 } }, opened, { expect: { 'open.pass': 1 } }])).toEqual([])
    expect(report([opened, { forget: true }, opened, { expect: { 'open.pass': 1 } }])).toEqual([])
  })

  it('sends what is not there to a node itself, and gives answers that failed', () => {
    const steps = [
      { send: { 'call.in': { payload: 1, time: '2026-01-01T00:00:00Z' } }, expect: { posted: [{ body: 1 }] } },
      {
        answer: { failed: 'refused' },
        expect: { deadLetters: [{ message: { message: { time: '2026-01-01T00:00:00Z' } } }] },
      },
    ]
    expect(report(steps)).toEqual([])
  })

  it('has values that are only described', () => {
    const payload = { width: { $between: [8, 10] }, height: { $missing: true } }
    expect(report([opened, { expect: { 'open.pass': [{ topic: { $matches: '^doors/' }, payload }] } }])).toEqual([])
    expect(differences([opened, { expect: { 'open.pass': [{ payload: { width: { $between: [1, 2] } } }] } }])).toEqual([
      'head step 2, at +0s: open.pass: not as expected',
      'plain   1   payload.width  (+0s)',
      'expected     - { "$between": [1, 2] }',
      'found     + 9',
    ])
  })

  it('is the same for the same seed', () => {
    const found = (seed: number) => differences([{ at: '+1h', expect: { 'tick.out': [{ payload: -1 }] } }], { seed })
    expect(found(1)).toHaveLength(4)
    expect(found(1)).toEqual(found(1))
    expect(found(1)).not.toEqual(found(2))
  })

  it('hears what the flow publishes when it asks for that', () => {
    const steps = [opened, { at: '+1h', expect: { 'again.out': 1 } }]
    expect(report(steps, { echo: true })).toEqual([])
    expect(differences(steps)).toEqual(['head step 2, at +1h: again.out: 0 instead of 1'])
  })

  it('leaves nodes out', () => {
    const result = run([{ at: '+1d', expect: { 'doors.out': 0 } }], { disable: ['tick'] })
    expect([result.failures, result.lasted]).toEqual([[], 86_400_000])
    expect([...result.reach.nodes]).toEqual([])
  })
})

describe('a rule test that goes wrong', () => {
  it('tells step, time and port, expected and found, and the calls before', () => {
    const wrong = { expect: { 'open.pass': [{ payload: { width: 8, open: true } }] } }
    const [failure] = run([{ at: '+10s', ...opened }, wrong]).failures
    expect(failure?.at).toBe('tests[0].steps[1].expect["open.pass"]')
    expect(report([{ at: '+10s', ...opened }, wrong])).toEqual([
      'head step 2, at +10s: open.pass: not as expected',
      'plain   1   payload.width  (+10s)',
      'expected     - 8',
      'found     + 9',
      'dim   last on the wire:',
      'dim     +10s open.in { "open": true, "width": 9 } → pass { "open": true, "width": 9 }',
    ])
  })

  it('shows one message too many as that, and one that did not come', () => {
    const front = { topic: 'doors/front' }
    const back = { topic: 'doors/back' }
    const steps = [opened, { ...opened, publish: 'doors/back' }, opened]
    expect(differences([...steps, { expect: { 'open.pass': [front, front] } }])).toEqual([
      'head step 4, at +0s: open.pass: 3 instead of 2',
      'dim   1   { "topic": "doors/front", "payload": { "open": true, "width": 9 } }  (+0s)',
      'found   2 + { "topic": "doors/back", "payload": { "open": true, "width": 9 } }  (+0s, not expected)',
      'dim   2   { "topic": "doors/front", "payload": { "open": true, "width": 9 } }  (+0s)',
    ])
    expect(differences([opened, { expect: { 'open.pass': [back, front] } }])).toEqual([
      'head step 2, at +0s: open.pass: 1 instead of 2',
      'expected   1 - { "topic": "doors/back" }  (did not come)',
      'dim   2   { "topic": "doors/front", "payload": { "open": true, "width": 9 } }  (+0s)',
    ])
  })

  it('calls of a number of messages only those too many that are beyond it, and shows the last ones of too few', () => {
    const shown = (count: number) =>
      report([opened, opened, closed, { expect: { 'doors.out': count } }]).filter((line) => /^\w+ {3}\d/.test(line))
    const [one, two, three] = shown(4)
    expect(shown(4)).toHaveLength(3)
    expect([one, two, three].every((line) => line?.startsWith('dim '))).toBe(true)
    expect(shown(2)).toEqual([two, three?.replace('dim   3  ', 'found   3 +').replace('(+0s)', '(+0s, not expected)')])
  })

  it('shows where the messages went instead when nothing reached the node, ports before what came of them', () => {
    expect(
      report([closed, { at: '+2m', expect: { published: [{ topic: 'alarms/front' }], 'long.event': 1 } }]),
    ).toEqual([
      'head step 2, at +2m: long.event: 0 instead of 1',
      'dim   last on the wire:',
      'dim     nothing reached long',
      'dim     +0s open.in { "open": false, "width": 0 } → reject { "open": false, "width": 0 }',
      'head step 2, at +2m: published: 0 instead of 1',
      'expected   1 - { "topic": "alarms/front" }  (did not come)',
      'dim   last on the wire:',
      'dim     +0s doors.packet doors/front { "open": false, "width": 0 } → out { "open": false, "width": 0 }',
      'dim     +0s open.in { "open": false, "width": 0 } → reject { "open": false, "width": 0 }',
    ])
  })

  it('ends at the first step that is not as expected', () => {
    expect(run([{ expect: { 'open.pass': 1 } }, { expect: { 'open.reject': 1 } }]).failures).toHaveLength(1)
  })

  it('tells a wrong time, a wrong row and a wrong status', () => {
    expect(differences([opened, { at: '+2m', expect: { alarms: [{ at: '+2m' }] } }])).toEqual([
      'head step 2, at +2m: alarms: not as expected',
      'plain   1   at  (+1m)',
      'expected     - "+2m"',
      'found     + "+1m"',
    ])
    expect(differences([opened, { expect: { rows: { opened: [{ width: '9' }] } } }])[0]).toBe(
      'head step 2, at +0s: rows of opened: not as expected',
    )
    expect(differences([{ expect: { status: { tell: 'x' } } }])).toEqual([
      'head step 1, at +0s: status of tell: not as expected',
      'plain   1     (+0s)',
      'expected     - "x"',
      'found     + nothing',
    ])
  })

  it('fails when a node cannot take a message, unless the test expects that', () => {
    const broken = { publish: 'doors/front', payload: { open: true, width: 'wide' } }
    const found = report([{ at: '+1s', ...broken }, broken, { at: '+1m' }])
    expect(found[0]).toMatch(
      /^head step 1, at \+1s: long\.in could not take a message, which is now a dead letter: .* If that is meant, expect "deadLetters"\. There are 1 more\.$/,
    )
    expect(found.at(-1)).toMatch(/^dim {5}\+1s long\.in .* failed: /)
    expect(report([broken, { expect: { deadLetters: [{ node: 'long', port: 'in' }] } }])).toEqual([])
  })

  it('says what a step could not do', () => {
    const first = (steps: unknown[]) => run(steps).failures[0]?.text
    expect(first([{ publish: 'windows/front', payload: 1 }])).toBe(
      'No node subscribes to "windows/front". What the flow subscribes to: doors/+, alarms/#.',
    )
    expect(first([{ answer: { status: 200 } }])).toBe('There is no request that waits for an answer.')
    expect(first([{ command: { node: 'long', name: 'dance', key: 'front' } }])).toMatch(/^long refused "dance": /)
  })

  it('ends when time stands still', () => {
    const circle = flowOf(
      'circle',
      [
        ['in', 'mqtt-in', { topic: 'a' }],
        ['out', 'mqtt-out', { topic: 'a' }],
      ],
      ['in.out out.in'],
    )
    const test = { name: 'one', echo: true, steps: [{ publish: 'a', payload: 1 }] }
    const files = { file: 'circle.json', text: JSON.stringify(circle) }
    const text = JSON.stringify({ flow: 'circle', tests: [test] })
    const { loaded } = loadRuleFile(text, 'circle.test.json', { specs: nodeSpecs, flow: () => files })
    if (loaded === undefined) throw new Error('has problems')
    const [result] = runRuleFile(loaded, () => openStore(':memory:')).tests
    expect(result?.failures[0]?.text).toBe('Nodes were called more than 100000 times at one moment.')
  })
})

describe('a file of rule tests', () => {
  it('gives each test a store of its own and closes it', () => {
    const { loaded } = load([
      { name: 'one', steps: [opened] },
      { name: 'two', steps: [{ at: '+1h', expect: { alarms: 0 } }] },
    ])
    if (loaded === undefined) throw new Error('has problems')
    const stores: EngineStore[] = []
    const { tests } = runRuleFile(loaded, () => {
      const store = openStore(':memory:')
      stores.push(store)
      return store
    })
    expect(tests.map(({ failures }) => failures.length)).toEqual([0, 0])
    expect(stores).toHaveLength(2)
    for (const store of stores) expect(() => store.timers.all()).toThrow('not open')
  })

  it('adds up which nodes and ports its tests reached', () => {
    const { loaded } = load(
      [
        { name: 'one', steps: [opened] },
        { name: 'two', steps: [closed] },
      ],
      { disable: ['tick'] },
    )
    if (loaded === undefined) throw new Error('has problems')
    expect(runRuleFile(loaded, () => openStore(':memory:')).coverage).toEqual({
      nodes: { reached: ['doors', 'open', 'long', 'keep'], missed: ['tell', 'call', 'again'] },
      ports: {
        used: ['doors.out', 'open.pass', 'open.reject', 'long.state'],
        missed: ['long.event', 'long.notify', 'call.response', 'again.out'],
      },
      left: ['tick'],
    })
  })

  it.each<[string, unknown, string]>([
    [
      'is no object',
      [],
      'undefined:undefined NOT_RULE_TESTS A file of rule tests holds one object with "flow" and "tests"; this holds an empty list.',
    ],
    [
      'has an unknown field',
      { flow: 'doors', test: [] },
      '3:3 UNKNOWN_FIELD There is no field "test" here; did you mean "tests"?',
    ],
    ['has no tests', { flow: 'doors', tests: [] }, '3:3 WRONG_VALUE "tests" is an empty list: that is empty.'],
  ])('that %s is told with its place', (_, value, wanted) => {
    const { problems } = loadRuleFile(JSON.stringify(value, null, 2), 'x.test.json', {
      specs: nodeSpecs,
      flow: () => ({ file: 'doors.json', text: JSON.stringify(flow) }),
    })
    expect(problems.map(({ line, column, code, text }) => `${line}:${column} ${code} ${text}`)).toContain(wanted)
    expect(problems.every(({ file }) => file === 'x.test.json')).toBe(true)
  })

  it.each<[object, string, string]>([
    [{}, 'WRONG_VALUE', 'the step does nothing'],
    [{ publish: 'a', answer: { status: 200 } }, 'WRONG_VALUE', '"publish" is in this step too'],
    [{ payload: 1 }, 'WRONG_VALUE', 'it belongs to a message that is published'],
    [{ publish: 'doors/#' }, 'WRONG_VALUE', 'that is no topic of a message'],
    [{ for: '1m' }, 'WRONG_VALUE', 'it says how long nothing comes'],
    [{ at: 'soon' }, 'WRONG_VALUE', 'it is neither a time nor "+" and a duration'],
    [{ at: '2025-12-31T00:00:00Z' }, 'WRONG_VALUE', 'the step before ends at 2026-01-01T00:00:00.000Z'],
    [{ expct: {} }, 'UNKNOWN_FIELD', 'did you mean "expect"?'],
    [{ expect: { 'open.pas': 1 } }, 'TEST_TARGET', 'has no output "open.pas" in this test; did you mean "open.pass"?'],
    [{ expect: { 'call.error': 1 } }, 'TEST_TARGET', 'has no output "call.error"'],
    [{ nothing: ['alarm'] }, 'TEST_TARGET', 'did you mean "alarms"?'],
    [{ send: { 'open.inn': {} } }, 'TEST_TARGET', 'has no input "open.inn"'],
    [{ command: { node: 'lang', name: 'reset', key: '' } }, 'TEST_TARGET', 'did you mean "long"?'],
    [{ expect: { status: { lang: '' } } }, 'TEST_TARGET', 'did you mean "long"?'],
    [{ expect: { alarms: [{ at: 5 }] } }, 'WRONG_VALUE', 'since the start'],
    [{ expect: { alarms: [{ value: { $about: 5 } }] } }, 'WRONG_VALUE', '"$about" is not known'],
    [{ expect: { alarms: [{ key: { $matches: '(' } }] } }, 'WRONG_VALUE', '"$matches" needs a regular expression'],
    [{ expect: { alarms: -1 } }, 'WRONG_VALUE', 'below 0'],
  ])('with the step %j is told: %s, %s', (step, code, part) => {
    const { problems, loaded } = load([{ name: 'one', steps: [step] }])
    expect(loaded).toBeUndefined()
    expect(problems.map((one) => one.code)).toContain(code)
    expect(problems.map(({ text }) => text).join('\n')).toContain(part)
    for (const one of problems) expect([one.file, one.line]).toEqual(['doors.test.json', expect.any(Number)])
  })

  it('that leaves out what is not there, or names a port of a node that is left out, is told', () => {
    const steps = [{ expect: { 'tick.out': 0 } }]
    expect(load([{ name: 'one', steps, disable: ['tick', 'tock'] }]).problems.map(({ at }) => at)).toEqual([
      'tests[0].disable[1]',
      'tests[0].steps[0].expect["tick.out"]',
    ])
  })

  it('tells the problems of its flow', () => {
    const { problems } = loadRuleFile(
      '{ "flow": "x", "tests": [{ "name": "a", "steps": [{ "forget": true }] }] }',
      'x.test.json',
      {
        specs: nodeSpecs,
        flow: () => ({
          file: 'x.json',
          text: '{ "flow": "x", "nodes": [], "wires": [{ "from": "a.out", "to": "b.in" }] }',
        }),
      },
    )
    expect(problems.map(({ file, code }) => [file, code])).toContainEqual(['x.json', 'WIRE_NOWHERE'])
  })
})
