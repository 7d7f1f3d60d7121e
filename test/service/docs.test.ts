import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from '../../engine/cli/parse.ts'
import { commands } from '../../engine/cli/run.ts'
import { readConfig } from '../../engine/config/index.ts'
import { flowOf, startEngine } from '../engine/start.ts'
import { readExposition } from '../observe/exposition.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'engine', 'docs')
const operations = readFileSync(join(folder, 'operations.md'), 'utf8')

test('the metrics of the page for operators are those that there are, with their labels', async () => {
  const tick = flowOf('tick', [['start', 'inject', { every: '1h', payload: '1' }]], [])
  const { engine, close } = await startEngine(
    { tick },
    { telemetry: { url: 'http://127.0.0.1:9/v1/traces', sample: 0, service: 'x', headers: {} } },
  )
  const families = readExposition((await engine.operations.metrics()).text)
  await close()
  const documented = new Map(
    [...operations.matchAll(/^\| `(rulewire_\w+)` \|([^|]*)\|/gm)].map(([, name = '', labels = '']) => [
      name,
      labels
        .split(',')
        .map((label) => label.trim())
        .filter((label) => label !== ''),
    ]),
  )
  const own = [...families.values()].filter(({ name }) => name.startsWith('rulewire_'))
  expect([...documented.keys()].sort()).toEqual(own.map(({ name }) => name).sort())
  for (const { name, samples } of own) {
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== 'le'))
    expect(documented.get(name), name).toEqual(expect.arrayContaining([...labels]))
  }
})

test('the reasons of the page for operators are those of the engine', () => {
  const source = readFileSync(join(root, 'engine', 'server', 'protocol-operations.ts'), 'utf8')
  const codes = [...source.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(5)
  for (const code of codes) expect(operations).toContain(`\`${code}\``)
})

test('the config files of the page for operators have no problems', () => {
  const blocks = [...operations.matchAll(/```jsonc\n([\s\S]*?)```/g)].map(([, text = '']) => text)
  expect(blocks.length).toBeGreaterThan(1)
  for (const text of blocks) expect(readConfig(text, 'rulewire.json').problems).toEqual([])
})

test('the commands of the pages and of the unit are there, and take these options and so many words', () => {
  const places = [
    ...readdirSync(folder).map((name) => join(folder, name)),
    join(folder, '..', 'service', 'rulewire.service'),
  ]
  let count = 0
  for (const place of places) {
    for (const [line, name = '', rest = ''] of readFileSync(place, 'utf8').matchAll(
      /\brulewire ([a-z][a-z-]+)((?: [^`\n#|&;"]+)?)[`\n#]/g,
    )) {
      const found = commands.find((command) => command.name === name)
      if (found === undefined) {
        expect(line.startsWith('`'), `${place}: ${line}`).toBe(false)
        continue
      }
      const given = rest.split(/ +/).filter((word) => word !== '' && !/[[\]…]|\.\.\./.test(word))
      const { words } = parse({ command: name, options: found.options, arguments: given, env: {} })
      expect(words.length, `${place}: ${line}`).toBeLessThanOrEqual(found.words.most)
      count++
    }
  }
  expect(count).toBeGreaterThan(20)
})

test('every link between the pages leads somewhere', () => {
  for (const page of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(join(folder, page), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
      const file = join(folder, target)
      expect(readdirSync(dirname(file)), `${page}: ${target}`).toContain(file.slice(dirname(file).length + 1))
    }
  }
})
