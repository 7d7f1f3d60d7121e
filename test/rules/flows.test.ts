import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTests } from '../../engine/cli/test-files.ts'
import { failureText, runRuleFile } from '../../engine/rules/index.ts'
import { openStore } from '../../engine/store/index.ts'

const folder = join(import.meta.dirname, '../../flows')
const flows = globSync('*.json', { cwd: folder }).filter((file) => !/\.(schema|test)\.json$/.test(file))

it('every example flow has rule tests', () => {
  expect(flows.length).toBeGreaterThan(0)
  const tests = globSync('*.test.json', { cwd: folder })
  expect(tests.toSorted()).toEqual(flows.map((file) => file.replace('.json', '.test.json')).toSorted())
})

describe.each(flows.map((file) => file.replace('.json', '.test.json')))('flows/%s', (file) => {
  const { loaded, problems } = loadTests(join(folder, file))

  it('has no problem', () => {
    expect(problems).toEqual([])
    expect(loaded?.tests.length).toBeGreaterThan(0)
  })

  let ran: ReturnType<typeof runRuleFile> | undefined
  /** The whole file, which is run once for all that is said of it. */
  const run = () => {
    if (loaded === undefined) throw new Error('has problems')
    ran ??= runRuleFile(loaded, () => openStore(':memory:'))
    return ran
  }

  it.each(loaded?.tests.map(({ test }) => test.name) ?? [])('%s', (name) => {
    const result = run().tests.find((test) => test.name === name)
    if (result === undefined) throw new Error('did not run')
    const texts = result.failures.flatMap((one) => failureText(one, result.start).map(({ text }) => text))
    expect(texts).toEqual([])
  })

  it('reaches every node and every output port', () => {
    const { nodes, ports } = run().coverage
    expect([nodes.missed, ports.missed]).toEqual([[], []])
  })
})
