import { describe, expect, it } from 'vitest'
import { copyText, fitIn, readPart } from '../../editor/core/clipboard.ts'
import { deleteNodes, insertOnWire, renameNode } from '../../editor/core/commands.ts'
import { nodeOf } from '../../editor/core/document.ts'
import { fuzzyFilter } from '../../editor/core/fuzzy.ts'
import { type Box, freePlace, headHeight, nearest, nodeHeight, portPlace } from '../../editor/core/geometry.ts'
import { historyOf, run } from '../../editor/core/history.ts'
import { freeId, slug } from '../../editor/core/ids.ts'
import { getAt, parsePath, setAt } from '../../editor/core/path.ts'
import { placeProblems, problemsAt } from '../../editor/core/problems.ts'
import {
  ageText,
  expectedPaths,
  lineText,
  messageOf,
  numericLeaves,
  paramsOf,
  rateText,
  seenPaths,
} from '../../editor/core/samples.ts'
import { search } from '../../editor/core/search.ts'
import { saveDraft, storedDrafts, type TextStore } from '../../editor/core/storage.ts'
import { tidy } from '../../editor/core/tidy.ts'
import { addTopic, allTopics, filterChoices, filterFault, topicRows, topicTree } from '../../editor/core/topics.ts'
import { fridgeFlow } from './examples.ts'

describe('commands', () => {
  it('delete and heal wires every source to every target', () => {
    const document = run(
      historyOf(fridgeFlow()),
      deleteNodes(fridgeFlow(), ['celsius', 'too-warm'], { heal: true }),
      0,
    ).document
    expect(document.wires).toEqual([{ from: 'fridges.out', to: 'notify.in' }])
    expect(document.layout).not.toHaveProperty('celsius')
  })

  it('delete without healing leaves no wire in the air', () => {
    expect(run(historyOf(fridgeFlow()), deleteNodes(fridgeFlow(), ['celsius']), 0).document.wires).toEqual([
      { from: 'too-warm.event', to: 'notify.in' },
    ])
  })

  it('insert a node into a wire', () => {
    const node = { id: 'only-hot', type: 'filter', config: {} }
    const wire = { from: 'celsius.out', to: 'too-warm.in' }
    const command = insertOnWire(wire, node, { input: 'in', output: 'pass', place: { x: 1, y: 2 } })
    const { wires } = run(historyOf(fridgeFlow()), command, 0).document
    expect(wires).not.toContainEqual(wire)
    expect(wires).toContainEqual({ from: 'celsius.out', to: 'only-hot.in' })
    expect(wires).toContainEqual({ from: 'only-hot.pass', to: 'too-warm.in' })
  })

  it('rename a node with its wires and its place', () => {
    const celsius = nodeOf(fridgeFlow(), 'celsius')
    if (!celsius) throw new Error('no node')
    const { wires, layout } = run(historyOf(fridgeFlow()), renameNode(celsius, 'c'), 0).document
    expect(wires[0]).toEqual({ from: 'fridges.out', to: 'c.in' })
    expect(wires[1]).toEqual({ from: 'c.out', to: 'too-warm.in' })
    expect(layout?.c).toEqual([320, 120])
  })
})

describe('the clipboard', () => {
  it('carries nodes with the wires between them, and pastes them with free ids', () => {
    const text = copyText(fridgeFlow(), new Set(['celsius', 'too-warm']))
    const read = readPart(text)
    if ('fault' in read) throw new Error(read.fault)
    const part = fitIn(read.part, fridgeFlow(), { x: 10, y: 20 })
    expect(part.nodes.map((node) => node.id)).toEqual(['celsius-2', 'too-warm-2'])
    expect(part.wires).toEqual([{ from: 'celsius-2.out', to: 'too-warm-2.in' }])
    expect(part.layout).toEqual({ 'celsius-2': [10, 20], 'too-warm-2': [250, 20] })
  })

  it('takes nothing else for nodes', () => {
    expect(readPart('hello')).toEqual({ fault: 'notJson' })
    expect(readPart('[1]')).toEqual({ fault: 'notNodes' })
    expect(readPart('{"nodes":[{"id":"../x","type":"filter"}]}')).toEqual({ fault: 'notNodes' })
    expect(readPart('x'.repeat(6_000_000))).toEqual({ fault: 'tooLarge' })
    const odd = readPart(
      '{"nodes":[{"id":"a","type":"b","__proto__":{"x":1},"more":2}],"wires":[7],"layout":{"a":["x",1]}}',
    )
    expect(odd).toEqual({ part: { nodes: [{ id: 'a', type: 'b', config: {} }], wires: [], layout: {} } })
  })
})

describe('places', () => {
  const box = (x: number, y: number): Box => ({ x, y, width: 184, height: 40 })
  const boxes = new Map([
    ['a', box(0, 0)],
    ['b', box(240, 0)],
    ['c', box(240, 100)],
    ['d', box(0, 200)],
  ])

  it('the nearest node in each direction', () => {
    expect(nearest(boxes, 'a', 'right')).toBe('b')
    expect(nearest(boxes, 'c', 'up')).toBe('b')
    expect(nearest(boxes, 'a', 'down')).toBe('d')
    expect(nearest(boxes, 'a', 'left')).toBeUndefined()
  })

  it('a new node covers none', () => {
    expect(freePlace(boxes, { x: 230, y: 10 })).toEqual({ x: 230, y: 164 })
  })

  it('ports lie within their node, and below its head where several inputs show their names', () => {
    for (const [inputs, outputs] of [
      [0, 1],
      [1, 1],
      [1, 3],
      [2, 1],
      [3, 3],
    ] as const) {
      const height = nodeHeight(inputs, outputs)
      const places = Array.from(
        { length: Math.max(inputs, outputs) },
        (_, index) => portPlace('input', index, inputs).y,
      )
      expect(Math.max(...places)).toBeLessThanOrEqual(height - 12)
      expect(Math.min(...places) > headHeight).toBe(inputs > 1)
    }
  })

  it('tidying puts layers from left to right and keeps the corner', () => {
    const node = (id: string, x: number, y: number) => ({ id, x, y, width: 184, height: nodeHeight(1, 1) })
    const places = tidy({
      nodes: [node('c', 40, 40), node('a', 300, 300), node('b', 80, 90)],
      wires: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c' },
      ],
    })
    expect(Math.min(...Object.values(places).map((place) => place.x))).toBe(40)
    expect(
      Object.entries(places)
        .sort((p, q) => p[1].x - q[1].x)
        .map(([id]) => id),
    ).toEqual(['a', 'b', 'c'])
  })
})

describe('finding', () => {
  it('starts of words count more', () => {
    const names = ['Time window', 'MQTT in', 'Minimum', 'Comment']
    expect(fuzzyFilter('mi', names, (name) => [name])[0]).toBe('Minimum')
    expect(fuzzyFilter('mqin', names, (name) => [name])).toEqual(['MQTT in'])
    expect(fuzzyFilter('zzz', names, (name) => [name])).toEqual([])
    expect(fuzzyFilter('', names, (name) => [name])).toEqual(names)
  })

  it('searches names, types and configs', () => {
    expect(search([fridgeFlow()], 'HOOK')[0]).toMatchObject({ node: 'notify', field: 'url' })
    expect(search([fridgeFlow()], 'alarm')[0]).toMatchObject({ node: 'too-warm', field: '' })
    expect(search([fridgeFlow()], '  ')).toEqual([])
  })

  it('ids are made of titles and are free', () => {
    expect(slug('Kühlschrank zu warm!', 'flow')).toBe('kuhlschrank-zu-warm')
    expect(slug('冰箱', 'flow')).toBe('flow')
    expect(freeId('a', new Set(['a', 'a-2']))).toBe('a-3')
  })
})

describe('paths', () => {
  it('are read, set and taken away without touching what was', () => {
    const config = { cases: [{ id: 'a' }, { id: 'b' }] }
    expect(parsePath('nodes[2].config.cases[1].id')).toEqual(['nodes', 2, 'config', 'cases', 1, 'id'])
    expect(getAt(config, ['cases', 1, 'id'])).toBe('b')
    expect(setAt(config, ['cases', 0], undefined)).toEqual({ cases: [{ id: 'b' }] })
    expect(setAt(config, ['x', 'y'], 1)).toEqual({ ...config, x: { y: 1 } })
    expect(config).toEqual({ cases: [{ id: 'a' }, { id: 'b' }] })
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(Object.getPrototypeOf(setAt({}, ['__proto__', 'x'], 1))).toBe(Object.prototype)
  })

  it('problems belong to the node and the field that they name', () => {
    const problem = {
      code: 'WRONG_VALUE',
      severity: 'warning',
      text: 'a',
      hint: 'b',
      at: 'nodes[2].config.raise',
    } as const
    const [placed] = placeProblems(fridgeFlow(), [problem])
    expect(placed).toMatchObject({ node: 'too-warm', field: ['raise'] })
    expect(problemsAt(placed ? [placed] : [], ['raise'])).toHaveLength(1)
    expect(problemsAt(placed ? [placed] : [], ['key'])).toHaveLength(0)
  })
})

describe('topics', () => {
  it('make a tree that opens level by level', () => {
    const tree = topicTree()
    for (const topic of ['a/b/1', 'a/b/10', 'a/b/2', 'c']) expect(addTopic(tree, topic)).toBe(true)
    expect(addTopic(tree, 'c')).toBe(false)
    expect(tree.topics).toBe(4)
    expect(topicRows(tree, new Set()).map((row) => row.node.topic)).toEqual(['a', 'c'])
    const rows = topicRows(tree, new Set(['a', 'a/b']))
    expect(rows.map((row) => row.node.level)).toEqual(['a', 'b', '1', '2', '10', 'c'])
    expect(topicRows(tree, new Set(), '10').map((row) => row.node.level)).toEqual(['a', 'b', '10'])
    expect(filterChoices(allTopics(tree), 'a/')).toContain('a/b/+')
  })

  it('"#" by itself is not asked for', () => {
    expect(filterFault('#')).toBe('everything')
    expect(filterFault('a/#/b')).toBe('hash')
    expect(filterFault('a+/b')).toBe('plus')
    expect(filterFault('a/+/#')).toBeUndefined()
  })
})

describe('messages', () => {
  it('are seen by expressions as the engine gives them', () => {
    const value = { text: '{"f":50}', topic: 'fridges/bar/climate', time: 7 }
    expect(messageOf(value, ['fridges/{fridge}/climate'])).toMatchObject({
      payload: { f: 50 },
      params: { fridge: 'bar' },
      key: 'fridges/bar/climate',
    })
    expect(messageOf({ ...value, text: '{"f":5' })).toBeUndefined()
    expect(paramsOf('a/{x}/#', 'a/1/2/3')).toEqual({ x: '1' })
    expect(paramsOf('a/{x}', 'b/1')).toBeUndefined()
  })

  it('that have not come yet are completed by what the topic filter names', () => {
    const paths = expectedPaths(['rooms/{room}/climate']).map(({ path, value }) => [path, value])
    expect(paths).toContainEqual(['params.room', '"{room}"'])
    expect(paths).toContainEqual(['payload', ''])
  })

  it('are told in short', () => {
    expect(lineText('{"temperature":21.5,"ok":true}')).toBe('{temperature: 21.5, ok: true}')
    expect(lineText('20.833333333')).toBe('20.8333')
    expect(lineText('"warm"')).toBe('warm')
    expect(ageText(3_600_000 * 5)).toBe('5h')
    expect([rateText(0), rateText(0.42), rateText(12.4), rateText(5123)]).toEqual(['0/s', '0.4/s', '12/s', '5.1k/s'])
    expect(seenPaths([{ a: { 'b c': [{ d: 1 }] } }]).map((seen) => seen.path)).toEqual(['a', 'a.`b c`', 'a.`b c`.d'])
    expect(numericLeaves({ a: { b: 1 }, c: 'x', d: 2 })).toEqual([
      ['a.b', 1],
      ['d', 2],
    ])
  })
})

it('drafts come back from a store in which other things stand, too', () => {
  const texts = new Map([
    ['other', 'x'],
    ['rulewire:draft:broken', '{'],
    ['rulewire:draft:odd', '{"draft":1}'],
  ])
  const store: TextStore = {
    getItem: (name) => texts.get(name) ?? null,
    setItem: (name, text) => texts.set(name, text),
    removeItem: (name) => texts.delete(name),
    key: (index) => [...texts.keys()][index] ?? null,
    get length() {
      return texts.size
    },
  }
  const draft = { draft: fridgeFlow(), hash: 'h', saved: 1 }
  expect(saveDraft(store, 'cold-chain', draft)).toBeUndefined()
  expect([...storedDrafts(store)]).toEqual([['cold-chain', draft]])
  const full = {
    ...store,
    length: 0,
    setItem: () => {
      throw new Error('The quota has been exceeded.')
    },
  }
  expect(saveDraft(full, 'cold-chain', draft)).toBe('The quota has been exceeded.')
})
