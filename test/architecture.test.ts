import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ambientAllowed, longAllowed, longestFile, violationsOf } from './architecture/rules.ts'
import { readSource, readSources } from './architecture/source.ts'

const root = join(import.meta.dirname, '..')
const folders = ['engine', 'nodes', 'editor']

test('the sources keep to the architecture', () => {
  const sources = readSources(root, folders)
  expect(sources.length).toBeGreaterThan(50)
  expect(violationsOf(sources)).toEqual([])
})

test('every exception is still needed', () => {
  for (const path of Object.keys(longAllowed)) expect(readOne(path).length, path).toBeGreaterThan(longestFile)
  for (const { path, names } of ambientAllowed) {
    const used = readOne(path).ambient.map(({ name }) => name)
    for (const name of names) expect(used, `${path} no longer uses ${name}`).toContain(name)
  }
})

describe('the checker finds', () => {
  const bad: [path: string, text: string, ...wanted: string[]][] = [
    ['engine/flow/a.ts', `import { x } from '../run/x.ts'`, 'imports engine/run/x.ts, which stands above it'],
    [
      'engine/flow/a.ts',
      `import type { X } from '../server/protocol.ts'`,
      'imports engine/server/protocol.ts, which stands above it',
    ],
    [
      'engine/types/a.ts',
      `export { x } from '../flow/index.ts'`,
      'imports engine/flow/index.ts, which stands above it',
    ],
    ['engine/types/a.ts', `export * from '../flow/index.ts'`, 'imports engine/flow/index.ts, which stands above it'],
    ['engine/spec/a.ts', `const x = await import('../node.ts')`, 'imports engine/node.ts, which stands above it'],
    ['engine/spec/a.ts', `type X = import('../node.ts').X`, 'imports engine/node.ts, which stands above it'],
    ['engine/http/a.ts', `import { x } from '../mqtt/x.ts'`, 'imports engine/mqtt/x.ts, which stands beside it'],
    [
      'engine/run/a.ts',
      `import { type X, y } from '../mqtt/contract.ts'`,
      'imports engine/mqtt/contract.ts, which stands above it',
    ],
    ['engine/run/a.ts', `import type { X } from '../store/x.ts'`, 'imports engine/store/x.ts, which stands above it'],
    [
      'engine/flow/a.ts',
      `import filter from '../../nodes/filter.ts'`,
      'imports nodes/filter.ts; only the command line names node types',
    ],
    [
      'engine/flow/a.ts',
      `import { x } from '../../test/x.ts'`,
      'imports test/x.ts; the engine knows neither editor nor tests',
    ],
    ['engine/fresh/a.ts', 'export const x = 1', 'stands in no layer; give it one'],
    ['engine/run/a.ts', `import express from 'express'`, 'imports express, which only engine/server/ may'],
    ['engine/server/a.ts', `import { connect } from 'mqtt'`, 'imports mqtt, which only engine/mqtt/ may'],
    [
      'engine/server/a.ts',
      `import type { Database } from 'better-sqlite3'`,
      'imports better-sqlite3, which only engine/store/ may',
    ],
    [
      'editor/core/a.ts',
      `import { useReactFlow } from '@xyflow/react'`,
      'imports @xyflow/react, which only editor/view/canvas/ may',
    ],
    [
      'editor/view/a.css.ts',
      `import '@xyflow/react/dist/base.css'`,
      'imports @xyflow/react, which only editor/view/canvas/ may',
    ],
    [
      'nodes/a.ts',
      `import { x } from '../engine/errors.ts'`,
      'imports engine/errors.ts; a node imports engine/node.ts and nodes/lib/ only',
    ],
    ['nodes/a.ts', `import { z } from 'zod'`, 'imports zod; a node imports engine/node.ts and nodes/lib/ only'],
    ['nodes/a.ts', `import fs from 'node:fs'`, 'imports node:fs; a node imports engine/node.ts and nodes/lib/ only'],
    [
      'nodes/a.ts',
      `import other from './other.ts'`,
      'imports nodes/other.ts; a node imports engine/node.ts and nodes/lib/ only',
    ],
    [
      'editor/core/a.ts',
      `import { suggestion } from '../../engine/errors.ts'`,
      'imports engine/errors.ts; types only, with "import type"',
    ],
    [
      'editor/core/a.ts',
      `import type { Plan } from '../../engine/run/plan.ts'`,
      'imports types of engine/run/plan.ts, which the editor may not know',
    ],
    [
      'editor/core/a.ts',
      `import x from '../../nodes/index.ts'`,
      "imports nodes/index.ts; the editor knows node types from the engine's answers",
    ],
    ['nodes/a.ts', 'const f = () => Date.now()', 'uses Date.now; time and chance are handed in'],
    ['nodes/a.ts', "const f = () => Date['now']()", 'uses Date.now; time and chance are handed in'],
    ['nodes/a.ts', 'const now = Date.now', 'uses Date.now; time and chance are handed in'],
    ['engine/run/a.ts', 'const f = () => new Date()', 'uses new Date(); time and chance are handed in'],
    ['engine/run/a.ts', 'const f = () => new Date', 'uses new Date(); time and chance are handed in'],
    ['engine/run/a.ts', 'const f = () => Date()', 'uses Date(); time and chance are handed in'],
    ['engine/flow/a.ts', 'setTimeout(() => undefined, 1)', 'uses setTimeout; time and chance are handed in'],
    ['engine/flow/a.ts', 'globalThis.setInterval(f, 1)', 'uses setInterval; time and chance are handed in'],
    ['engine/flow/a.ts', 'const later = { wait: setTimeout }', 'uses setTimeout; time and chance are handed in'],
    ['engine/types/a.ts', 'const f = () => Math.random()', 'uses Math.random; time and chance are handed in'],
    [
      'engine/jsonata/a.ts',
      'const f = (clock = performance.now) => clock()',
      'uses performance.now; time and chance are handed in',
    ],
    ['nodes/a.ts', 'let count = 0', 'keeps count at module level, where it can change'],
    ['nodes/a.ts', 'export let count = 0', 'keeps count at module level, where it can change'],
    ['nodes/a.ts', 'var count = 0', 'keeps count at module level, where it can change'],
    [
      'nodes/a.ts',
      'const seen = new Map(); const f = () => seen.set(1, 2)',
      'keeps seen at module level, where it can change',
    ],
    [
      'nodes/a.ts',
      'const seen: string[] = []; const f = () => { seen.push("x") }',
      'keeps seen at module level, where it can change',
    ],
    [
      'nodes/a.ts',
      'const last = { at: 0 }; const f = () => { last.at = 1 }',
      'keeps last at module level, where it can change',
    ],
    [
      'nodes/a.ts',
      'const last = { at: 0 }; const f = () => last.at++',
      'keeps last at module level, where it can change',
    ],
    [
      'nodes/a.ts',
      'const last = {}; const f = () => Object.assign(last, { at: 1 })',
      'keeps last at module level, where it can change',
    ],
    [
      'nodes/a.ts',
      'const last = {}; const f = () => delete last["at"]',
      'keeps last at module level, where it can change',
    ],
    ['nodes/a.ts', 'export const seen = new Set<string>()', 'keeps seen at module level, where it can change'],
    ['editor/core/a.ts', '\n'.repeat(401), 'is 401 lines long; split it, or give a reason'],
  ]
  test.each(bad)('%s: %s', (path, text, ...wanted) => {
    const found = violationsOf([readSource(path, text)])
    expect(found.map((violation) => violation.replace(/^\S+ /, ''))).toEqual(wanted)
    expect(found.every((violation) => violation.startsWith(`${path}:`))).toBe(true)
  })

  test('the line of each', () => {
    const text = `import { a } from '../errors.ts'\n\nimport { x } from '../run/x.ts'\nconst f = () => [\n  Date.now(),\n]\n`
    expect(violationsOf([readSource('engine/flow/a.ts', text)]).map((each) => each.split(' ')[0])).toEqual([
      'engine/flow/a.ts:3',
      'engine/flow/a.ts:5',
    ])
  })
})

describe('the checker lets pass', () => {
  const good: [path: string, text: string][] = [
    ['engine/run/a.ts', `import type { X } from '../mqtt/contract.ts'\nimport { type Y } from '../mqtt/contract.ts'`],
    ['engine/server/a.ts', `import express from 'express'\nimport { x } from '../flow/index.ts'\nimport './b.ts'`],
    ['engine/main.ts', `import { nodeSpecs } from '../nodes/index.ts'\nimport { createEngine } from './engine.ts'`],
    ['engine/engine.ts', `import { systemClock } from './clock.ts'`],
    ['nodes/a.ts', `import { z } from '../engine/node.ts'\nimport { x } from './lib/x.ts'`],
    ['nodes/index.ts', `import a from './a.ts'`],
    [
      'editor/core/a.ts',
      `import type { Problem } from '../../engine/errors.ts'\nimport { fits } from '../../engine/types/index.ts'`,
    ],
    ['editor/view/canvas/a.ts', `import { Handle } from '@xyflow/react'`],
    ['nodes/a.ts', 'const f = (at: number) => new Date(at) // Date.now() and setTimeout are not used here'],
    ['nodes/a.ts', 'const text = "Date.now()"; const g = (o: { setTimeout: number }) => o.setTimeout'],
    ['nodes/a.ts', 'const known = new Set(["a"]); const f = () => known.has("a")'],
    ['nodes/a.ts', 'export const known: ReadonlySet<string> = new Set(["a"])'],
    ['nodes/a.ts', 'const known: ReadonlyMap<string, number> = new Map(); const f = () => { let x = 0; return x }'],
    ['engine/server/a.ts', 'setTimeout(() => Date.now(), 1)'],
    ['editor/core/a.ts', 'let count = 0'],
  ]
  test.each(good)('%s: %s', (path, text) => {
    expect(violationsOf([readSource(path, text)])).toEqual([])
  })
})

function readOne(path: string) {
  expect(existsSync(join(root, path)), `${path} is listed as an exception and is gone`).toBe(true)
  const [source] = readSources(root, [path.split('/')[0] ?? '']).filter((each) => each.path === path)
  if (source === undefined) throw new Error(`${path} is no source`)
  return source
}
