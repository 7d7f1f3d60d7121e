import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const specification = readFileSync(join(import.meta.dirname, '../../../nodes/lib/alarm-SPEC.md'), 'utf8')
const rules = [...specification.matchAll(/^- \[([A-Z]\d+)\]/gm)].map(([, rule]) => rule)
const tests = ['alarm-machine.test.ts', 'alarm-model.test.ts']
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  .join('\n')
const named = new Set([...tests.matchAll(/\[([A-Z]\d+)\]/g)].map(([, rule]) => rule))

it('every rule of an alarm has a test that names it, and no test names another', () => {
  expect(rules.length).toBeGreaterThan(35)
  expect(rules.filter((rule) => !named.has(rule))).toEqual([])
  expect([...named].filter((rule) => !rules.includes(rule))).toEqual([])
})
