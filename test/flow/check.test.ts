import { describe, expect, test } from 'vitest'
import type { Problem } from '../../engine/errors.ts'
import { checkFlow, checkText } from '../../engine/flow/check.ts'
import { flowOf, specs } from './specs.ts'

function shown(problems: readonly Problem[]): string[] {
  return problems.map(({ code, severity, at, text }) => `${severity} ${code} ${at}: ${text}`)
}

const climate = flowOf(
  { sensors: ['source', { topic: 'sensors/+' }], some: ['pass', { limit: 2 }], out: ['sink', { topic: 'alerts' }] },
  ['sensors.out -> some.in', 'some.out -> out.in', 'sensors.error -> out.in'],
)

describe('the plan', () => {
  test('holds parsed configs, ports with "error", and targets by output', () => {
    const { plan, problems } = checkFlow({ ...climate, title: 'Climate' }, { specs })
    expect(problems).toEqual([])
    expect(plan).toMatchObject({ flow: 'test', title: 'Climate', disabled: false })
    expect(plan?.nodes.map(({ id, type, title, config, wires }) => ({ id, type, title, config, wires }))).toEqual([
      {
        id: 'sensors',
        type: 'source',
        title: 'sensors',
        config: { topic: 'sensors/+', qos: 1 },
        wires: { out: [{ node: 'some', port: 'in' }], error: [{ node: 'out', port: 'in' }] },
      },
      {
        id: 'some',
        type: 'pass',
        title: 'some',
        config: { limit: 2 },
        wires: { out: [{ node: 'out', port: 'in' }], error: [] },
      },
      { id: 'out', type: 'sink', title: 'out', config: { topic: 'alerts' }, wires: { error: [] } },
    ])
    expect(plan?.nodes[0]?.spec).toBe(specs.get('source'))
  })

  test('has the ports that a config makes', () => {
    const config = {
      cases: [
        { id: 'hot', when: 'true' },
        { id: 'cold', when: 'false' },
      ],
    }
    const { plan, problems } = checkFlow(flowOf({ a: ['branch', config], b: ['pass'] }, ['a.cold -> b.in']), { specs })
    expect(problems).toEqual([])
    expect(Object.keys(plan?.nodes[0]?.outputs ?? {})).toEqual(['hot', 'cold', 'error'])
  })

  test('leaves a node of an unknown type out with its wires, and the rest runs', () => {
    const flow = flowOf({ a: ['source', { topic: 'x' }], b: ['pas', { any: 1 }], c: ['sink', { topic: 'y' }] }, [
      'a.out -> b.in',
      'b.whatever -> c.in',
      'a.out -> c.in',
    ])
    const { plan, problems } = checkFlow(flow, { specs })
    expect(shown(problems)).toEqual([
      'warning UNKNOWN_NODE_TYPE nodes[1].type: There is no node type "pas"; did you mean "pass"?',
    ])
    expect(plan?.nodes.map(({ id, wires }) => [id, wires.out])).toEqual([
      ['a', [{ node: 'c', port: 'in' }]],
      ['c', undefined],
    ])
  })

  test('leaves a disabled node out with its wires; what is wrong in it is a warning', () => {
    const flow = structuredClone(climate)
    Object.assign(flow.nodes[1] ?? {}, { disabled: true, config: { limit: 99 } })
    const { plan, problems } = checkFlow(flow, { specs })
    expect(shown(problems)).toEqual(['warning WRONG_VALUE nodes[1].config.limit: "limit" is 99: that is above 9.'])
    expect(plan?.nodes.map(({ id, wires }) => [id, wires])).toEqual([
      ['sensors', { out: [], error: [{ node: 'out', port: 'in' }] }],
      ['out', { error: [] }],
    ])
  })

  test('is there for a disabled flow, and says so', () => {
    expect(checkFlow({ ...climate, disabled: true }, { specs }).plan?.disabled).toBe(true)
  })

  test('is not there when anything is an error, and all problems are', () => {
    const flow = flowOf({ a: ['source', {}], b: ['pass', { limit: 0 }] }, ['a.out -> b.inn', 'a.out -> nowhere.in'])
    const { plan, problems } = checkFlow({ ...flow, colour: 1 }, { specs })
    expect(plan).toBeUndefined()
    expect(problems.map(({ code }) => code)).toEqual([
      'UNKNOWN_FIELD',
      'MISSING_FIELD',
      'WRONG_VALUE',
      'WIRE_NOWHERE',
      'WIRE_NOWHERE',
    ])
  })

  test('names flow and file in every problem', () => {
    const { problems } = checkFlow(flowOf({ a: ['nothing'] }), { specs, file: 'test.json' })
    expect(problems).toEqual([expect.objectContaining({ flow: 'test', file: 'test.json', node: 'a' })])
  })

  test('does not care what else is handed over as a document', () => {
    for (const value of [null, undefined, 3, 'flow', [], [{}]]) {
      expect(checkFlow(value, { specs }).problems.map(({ code }) => code)).toEqual(['NOT_A_FLOW'])
    }
    const deep = JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`)
    expect(checkFlow({ flow: 'a', nodes: deep, wires: [] }, { specs }).problems.map(({ code }) => code)).toEqual([
      'TOO_LARGE',
    ])
  })
})

describe('hashes', () => {
  const hashes = (flow: unknown) => {
    const { plan } = checkFlow(flow, { specs })
    return { plan: plan?.hash, nodes: plan?.nodes.map((node) => node.configHash) }
  }
  const before = hashes(climate)

  test('stay the same when layout, titles, or the order of nodes and fields change', () => {
    const [first, second, third] = climate.nodes
    const turned = {
      layout: { some: [1, 2] },
      title: 'Other',
      wires: climate.wires,
      nodes: [{ ...first, title: 'Sensors', config: { topic: 'sensors/+' } }, second, third],
      flow: 'test',
    }
    expect(hashes(turned)).toEqual(before)
    expect(hashes({ ...climate, nodes: [third, first, second] }).plan).toBe(before.plan)
  })

  test('change with a config, a type, a wire, and with the order of wires at one port', () => {
    const changed = structuredClone(climate)
    Object.assign(changed.nodes[1]?.config ?? {}, { limit: 3 })
    expect(hashes(changed).plan).not.toBe(before.plan)
    expect(hashes(changed).nodes?.map((hash, index) => hash === before.nodes?.[index])).toEqual([true, false, true])
    expect(hashes({ ...climate, wires: climate.wires.slice(1) }).plan).not.toBe(before.plan)
    expect(hashes({ ...climate, disabled: true }).plan).not.toBe(before.plan)
    const both = (...wires: string[]) => hashes(flowOf({ a: ['pass'], b: ['pass'], c: ['pass'] }, wires)).plan
    expect(both('a.out -> b.in', 'a.out -> c.in')).not.toBe(both('a.out -> c.in', 'a.out -> b.in'))
    expect(both('a.out -> b.in', 'b.out -> c.in')).toBe(both('b.out -> c.in', 'a.out -> b.in'))
  })

  test('are the same in every process', () => {
    expect(before.plan).toBe('333eff55343c0c2d0ecda02ed813feccac6459e56c85f27042d1d195222ec832')
  })
})

describe('wires', () => {
  const nodes: Parameters<typeof flowOf>[0] = {
    sensors: ['source', { topic: 'x' }],
    some: ['pass'],
    cases: ['branch', { cases: [{ id: 'hot', when: 'true' }] }],
    broken: ['branch', {}],
  }
  const cases: [wire: string, ...wanted: string[]][] = [
    ['sensors.out -> some.in'],
    ['some.error -> some.in', 'CYCLE'],
    [
      'sensor.out -> some.in',
      'The wire end "sensor.out" leads nowhere: there is no node "sensor"; did you mean "sensors"? The nodes are: sensors, some, cases, broken.',
    ],
    [
      'sensors.outt -> some.in',
      'The wire end "sensors.outt" leads nowhere: "sensors" has no output "outt"; did you mean "out"? The outputs of "sensors" are: out, error.',
    ],
    [
      'some.in -> some.in',
      'The wire end "some.in" leads nowhere: "in" of "some" is an input, and a wire begins at an output. The outputs of "some" are: out, error.',
    ],
    [
      'sensors.out -> some.out',
      'The wire end "some.out" leads nowhere: "out" of "some" is an output, and a wire ends at an input. The inputs of "some" are: in.',
    ],
    [
      'sensors.out -> sensors.in',
      'The wire end "sensors.in" leads nowhere: "sensors" has no input "in". Node "sensors" has no inputs.',
    ],
    [
      'sensors -> some.in',
      'The wire end "sensors" leads nowhere: it names no port. The outputs of "sensors" are: out, error.',
    ],
    [
      'cases.cold -> some.in',
      'The wire end "cases.cold" leads nowhere: "cases" has no output "cold". The outputs of "cases" are: hot, error.',
    ],
    [
      'some.toString -> some.in',
      'The wire end "some.toString" leads nowhere: "some" has no output "toString". The outputs of "some" are: out, error.',
    ],
    ['broken.anything -> some.in'],
    ['sensors.out -> broken.in'],
  ]
  test.each(cases)('%s', (wire, ...wanted) => {
    const { problems } = checkFlow(flowOf(nodes, [wire]), { specs })
    const about = problems.filter(({ node, code }) => node !== 'broken' || code === 'WIRE_NOWHERE')
    expect(about.map(({ code, text, hint }) => (code === 'CYCLE' ? code : `${text} ${hint}`))).toEqual(wanted)
  })

  test('to a node with a wrong shape are not called wrong too', () => {
    const flow = { flow: 'a', nodes: [{ id: 'x' }, { id: 'y', type: 'pass' }], wires: [{ from: 'x.out', to: 'y.in' }] }
    expect(checkFlow(flow, { specs }).problems.map(({ code }) => code)).toEqual(['MISSING_FIELD'])
  })

  test('mean the first of two nodes with one id', () => {
    const flow = flowOf({ a: ['source', { topic: 'x' }] }, ['a.out -> b.in'])
    flow.nodes.push({ id: 'b', type: 'pass', config: {} }, { id: 'b', type: 'source', config: { topic: 'x' } })
    expect(checkFlow(flow, { specs }).problems.map(({ code }) => code)).toEqual(['DUPLICATE_ID'])
  })
})

describe('circles', () => {
  test('are an error that lists the nodes in order and names the closing wire', () => {
    const flow = flowOf({ s: ['source', { topic: 'x' }], a: ['pass'], b: ['pass'], c: ['pass'], d: ['pass'] }, [
      's.out -> a.in',
      'a.out -> b.in',
      'b.out -> c.in',
      'c.out -> a.in',
      'c.out -> d.in',
    ])
    expect(shown(checkFlow(flow, { specs }).problems)).toEqual([
      'error CYCLE wires[3]: The nodes a -> b -> c -> a form a circle that no durable edge breaks.',
    ])
  })

  test('are broken by an output that answers later', () => {
    const flow = flowOf({ a: ['pass'], b: ['wait'] }, ['a.out -> b.in', 'b.out -> a.in'])
    expect(checkFlow(flow, { specs }).problems).toEqual([])
  })

  test('are not broken by the error output of a node that answers later', () => {
    const flow = flowOf({ a: ['pass'], b: ['wait'] }, ['a.out -> b.in', 'b.error -> a.in'])
    expect(shown(checkFlow(flow, { specs }).problems)).toEqual([
      'error CYCLE wires[1]: The nodes a -> b -> a form a circle that no durable edge breaks.',
    ])
  })

  test('over disabled nodes are none', () => {
    const flow = flowOf({ a: ['pass'], b: ['pass'] }, ['a.out -> b.in', 'b.out -> a.in'])
    Object.assign(flow.nodes[1] ?? {}, { disabled: true })
    expect(checkFlow(flow, { specs }).problems).toEqual([])
  })

  test('each get one problem', () => {
    const flow = flowOf({ a: ['pass'], b: ['pass'], c: ['pass'], d: ['pass'] }, [
      'a.out -> a.in',
      'b.out -> c.in',
      'c.out -> b.in',
      'c.out -> d.in',
      'd.out -> c.in',
    ])
    expect(shown(checkFlow(flow, { specs }).problems).sort()).toEqual([
      'error CYCLE wires[0]: The nodes a -> a form a circle that no durable edge breaks.',
      'error CYCLE wires[2]: The nodes b -> c -> b form a circle that no durable edge breaks.',
    ])
  })

  test('are found in a chain of 5,000 nodes', () => {
    const nodes = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`n${index}`, ['pass'] as [string]]))
    const chain = Array.from({ length: 4999 }, (_, index) => `n${index}.out -> n${index + 1}.in`)
    expect(checkFlow(flowOf(nodes, chain), { specs }).problems).toEqual([])
    const [problem] = checkFlow(flowOf(nodes, [...chain, 'n4999.out -> n0.in']), { specs }).problems
    expect(problem).toMatchObject({ code: 'CYCLE', at: 'wires[4999]' })
    expect(problem?.text).toContain(
      'n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> n8 -> n9 -> n10 -> … 4988 more -> n4999 -> n0',
    )
  })
})

describe('a text', () => {
  test('is read and checked at once, problems in the order of the file with line and column', () => {
    const text = `{
  "flow": "test",
  "nodes": [
    { "id": "a", "type": "source", "config": { "topc": "x" } },
    { "id": "b", "type": "pas" }
  ],
  "wires": [
    { "from": "a.out", "to": "b.in" },
    { "from": "a.oot", "to": "b.in" }
  ],
  "flow": "test"
}`
    const { problems, plan, document } = checkText(text, { specs, file: 'flows/test.json' })
    expect(problems.map(({ line, column, code, file }) => `${file}:${line}:${column} ${code}`)).toEqual([
      'flows/test.json:4:36 MISSING_FIELD',
      'flows/test.json:4:48 UNKNOWN_FIELD',
      'flows/test.json:5:18 UNKNOWN_NODE_TYPE',
      'flows/test.json:9:7 WIRE_NOWHERE',
      'flows/test.json:11:3 DUPLICATE_FIELD',
    ])
    expect(plan).toBeUndefined()
    expect(document).toBeUndefined()
  })

  test('with a sound shape gives its document even when it cannot be deployed', () => {
    const { plan, document } = checkText(JSON.stringify(flowOf({ a: ['source', {}] })), { specs })
    expect(plan).toBeUndefined()
    expect(document?.nodes).toEqual([{ id: 'a', type: 'source', config: {} }])
  })

  test('that is not JSON gives the place', () => {
    const { problems } = checkText('{', { specs, file: 'a.json' })
    expect(problems.map(({ code, line, file }) => [code, line, file])).toEqual([['BROKEN_JSON', 1, 'a.json']])
  })
})

describe('a file made to be slow is checked all the same', () => {
  const check = (text: string) => checkText(text, { specs }).problems
  const nodes = (make: (index: number) => unknown) =>
    JSON.stringify(Array.from({ length: 4000 }, (_, index) => make(index)))
  const cases: [name: string, text: () => string, code: string][] = [
    [
      'the same field again and again',
      () => `{ "flow": "a", ${'"a":1,'.repeat(160_000)} "nodes": [], "wires": [] }`,
      'DUPLICATE_FIELD',
    ],
    [
      'very many unknown fields',
      () =>
        `{ "flow": "a", ${Array.from({ length: 70_000 }, (_, index) => `"f${index}":1`).join()}, "nodes": [], "wires": [] }`,
      'UNKNOWN_FIELD',
    ],
    [
      'a field with a very long name',
      () => `{ "flow": "a", "${'x'.repeat(900_000)}": 1, "nodes": [], "wires": [] }`,
      'UNKNOWN_FIELD',
    ],
    [
      'wires to nodes that are all unknown',
      () =>
        `{ "flow": "a", "nodes": ${nodes((index) => ({ id: `node-${index}`, type: 'pass' }))}, "wires": [${Array.from({ length: 15_000 }, (_, index) => `{"from":"nod-${index}.out","to":"x"}`).join()}] }`,
      'WIRE_NOWHERE',
    ],
    [
      'the same wire again and again',
      () =>
        `{ "flow": "a", "nodes": [], "wires": [${Array.from({ length: 20_000 }, () => '{"from":"a.b","to":"c.d"}').join()}] }`,
      'DUPLICATE_WIRE',
    ],
    [
      'a layout of nodes that are all gone',
      () =>
        `{ "flow": "a", "nodes": ${nodes((index) => ({ id: `node-${index}`, type: 'pass' }))}, "wires": [], "layout": {${Array.from({ length: 30_000 }, (_, index) => `"x${index}":[1,2]`).join()}} }`,
      'UNKNOWN_FIELD',
    ],
    [
      'configs that are all wrong',
      () =>
        `{ "flow": "a", "nodes": ${nodes((index) => ({ id: `n${index}`, type: 'fields', config: { nmae: 1 } }))}, "wires": [] }`,
      'MISSING_FIELD',
    ],
    [
      'every node wired to every other',
      () => {
        const names = Array.from({ length: 140 }, (_, index) => `n${index}`)
        const wires = names.flatMap((from) => names.map((to) => ({ from: `${from}.out`, to: `${to}.in` })))
        return JSON.stringify({ flow: 'a', nodes: names.map((id) => ({ id, type: 'pass' })), wires })
      },
      'CYCLE',
    ],
  ]
  test.each(cases)('%s', (_name, text, code) => {
    const problems = check(text())
    expect(problems.map((problem) => problem.code)).toContain(code)
    expect(problems.every((problem) => problem.text.length < 1000)).toBe(true)
  })
})
