import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FlowDocument } from '../../engine/flow/model.ts'
import { printFlow } from '../../engine/flow/print.ts'
import { readFlow } from '../../engine/flow/read.ts'

test('a flow is printed with a node or wire a line, fields in order, configs in the order of their author', () => {
  const document: FlowDocument = {
    wires: [{ to: 'log.in', from: 'fridges.out' }],
    layout: { fridges: [80, 120], log: [320, 120] },
    nodes: [
      { config: { topic: 'fridges/{fridge}/climate', qos: 1 }, type: 'mqtt-in', id: 'fridges' },
      {
        id: 'log',
        type: 'store',
        config: {
          table: 'climate',
          columns: { fridge: 'params.fridge', celsius: '$round((payload.f - 32) / 1.8, 1)', at: 'time' },
          keep: '90d',
          tags: [],
        },
        disabled: true,
      },
    ],
    description: 'What fridges measure',
    flow: 'cold-chain',
    $schema: './flow.schema.json',
  }
  expect(printFlow(document)).toBe(`{
  "$schema": "./flow.schema.json",
  "flow": "cold-chain",
  "description": "What fridges measure",
  "nodes": [
    { "id": "fridges", "type": "mqtt-in", "config": { "topic": "fridges/{fridge}/climate", "qos": 1 } },
    {
      "id": "log",
      "type": "store",
      "disabled": true,
      "config": {
        "table": "climate",
        "columns": { "fridge": "params.fridge", "celsius": "$round((payload.f - 32) / 1.8, 1)", "at": "time" },
        "keep": "90d",
        "tags": []
      }
    }
  ],
  "wires": [
    { "from": "fridges.out", "to": "log.in" }
  ],
  "layout": { "fridges": [80, 120], "log": [320, 120] }
}
`)
})

test('an empty flow is short', () => {
  expect(printFlow({ flow: 'a', nodes: [], wires: [] })).toBe(`{\n  "flow": "a",\n  "nodes": [],\n  "wires": []\n}\n`)
})

test('no line with parts is longer than 120 characters, and none is broken that would fit', () => {
  const node = (length: number): FlowDocument => ({
    flow: 'a',
    nodes: [{ id: 'a', type: 't', config: { x: 'y'.repeat(length) } }],
    wires: [],
  })
  const longest = printFlow(node(66))
    .split('\n')
    .find((line) => line.includes('yyy'))
  expect(longest).toHaveLength(119)
  expect(printFlow(node(66)).split('\n')).toHaveLength(8)
  expect(printFlow(node(67)).split('\n')).toHaveLength(12)
})

const id = fc.stringMatching(/^[a-z0-9-]{1,64}$/)
const documents: fc.Arbitrary<FlowDocument> = fc
  .record(
    {
      $schema: fc.string(),
      flow: id,
      title: fc.string({ unit: 'binary' }),
      description: fc.string(),
      disabled: fc.boolean(),
      nodes: fc.uniqueArray(
        fc.record(
          {
            id,
            type: fc.string({ minLength: 1 }),
            title: fc.string(),
            disabled: fc.boolean(),
            config: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
          },
          { requiredKeys: ['id', 'type', 'config'] },
        ),
        { selector: (node) => node.id },
      ),
      wires: fc.uniqueArray(fc.record({ from: fc.string(), to: fc.string() }), {
        selector: ({ from, to }) => JSON.stringify([from, to]),
      }),
      layout: fc.dictionary(id, fc.tuple(number(), number())),
    },
    { requiredKeys: ['flow', 'nodes', 'wires'] },
  )
  .map((document) => JSON.parse(JSON.stringify(document)))

test('printing what was read from a print gives the same text, and nothing is lost', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const text = printFlow(document)
      const read = readFlow(text)
      expect(read.problems.filter((problem) => problem.severity === 'error')).toEqual([])
      expect(read.document).toEqual(document)
      expect(printFlow(read.document ?? { flow: '', nodes: [], wires: [] })).toBe(text)
    }),
    { numRuns: 500 },
  )
})

test('the order of fields in the source does not change the print', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const turned = Object.fromEntries(Object.entries(document).reverse())
      expect(printFlow({ ...document, ...turned })).toBe(printFlow(document))
    }),
  )
})

test('fields that do not belong there are kept', () => {
  const odd = JSON.parse(
    '{ "colour": "red", "flow": "a", "wires": [], "nodes": [{ "x": 1, "id": "a" }, 3], "__proto__": 1 }',
  )
  expect(JSON.parse(printFlow(odd))).toEqual(odd)
})

function number() {
  return fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
}
