import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../engine/flow/model.ts'
import { RuleTestDesk } from '../../engine/host/rule-tests.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const examples = fileURLToPath(new URL('../../flows/', import.meta.url))
const worker = new URL('../../engine/cli/rule-tests-worker.ts', import.meta.url)
const directories: string[] = []

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function deskWith(options: { worker?: URL } = {}) {
  const flows = mkdtempSync(join(tmpdir(), 'rulewire-rules-'))
  directories.push(flows)
  return { flows, desk: new RuleTestDesk({ flows, specs: nodeSpecs, ...options }) }
}

function coldChain(): FlowDocument {
  return JSON.parse(readFileSync(join(examples, 'cold-chain.json'), 'utf8'))
}

/** Fridges in degrees Celsius; too warm above 8 for five seconds. */
function fridges(raise = '> 8'): FlowDocument {
  return {
    flow: 'fridges',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'fridges/{fridge}' } },
      {
        id: 'warm',
        type: 'alarm',
        config: { key: 'params.fridge', value: 'payload.c', raise, deadband: 1, onDelay: '5s' },
      },
      { id: 'tell', type: 'mqtt-out', config: { topic: 'alarms/{fridge}', qos: 1 } },
    ],
    wires: [
      { from: 'in.out', to: 'warm.in' },
      { from: 'warm.event', to: 'tell.in' },
    ],
  }
}

describe('a file of rule tests', () => {
  it('is offered as a first text when there is none, is written, and is not overwritten by who has an older one', async () => {
    const { desk, flows } = deskWith()
    const first = await desk.get('fridges')
    expect(first).toMatchObject({ exists: false, file: 'fridges.test.json' })
    const text = JSON.stringify({ flow: 'fridges', tests: [{ name: 'a', steps: [{ at: '+1s' }] }] })
    const saved = await desk.put('fridges', text, '')
    expect(saved).toMatchObject({ exists: true, text })
    expect(readFileSync(join(flows, 'fridges.test.json'), 'utf8')).toBe(text)
    await expect(desk.put('fridges', `${text}\n`, '')).rejects.toMatchObject({ code: 'CHANGED_MEANWHILE' })
    await expect(desk.put('fridges', `${text}\n`, saved.hash)).resolves.toMatchObject({ exists: true })
  })

  it('is refused with the place of all that cannot be read in it', async () => {
    const { desk } = deskWith()
    const text = '{ "flow": "fridges", "tests": [{ "name": "a", "steps": [{ "publsh": "a/b" }] }] }'
    await expect(desk.put('fridges', text)).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      problems: [
        { code: 'UNKNOWN_FIELD', line: 1 },
        { code: 'WRONG_VALUE', line: 1 },
      ],
    })
    await expect(desk.put('other', text.replace('publsh', 'publish'))).rejects.toMatchObject({
      code: 'FLOW_NAME_MISMATCH',
    })
  })
})

describe('a run of rule tests on a draft', () => {
  it('tells in a thread of its own which test fails, at which port, and what was expected and found', async () => {
    const { desk, flows } = deskWith({ worker })
    cpSync(join(examples, 'cold-chain.test.json'), join(flows, 'cold-chain.test.json'))
    const good = await desk.run('cold-chain', { document: coldChain() })
    expect(good.problems).toEqual([])
    expect(good.tests.map(({ passed }) => passed)).toEqual(good.tests.map(() => true))
    expect(good.coverage?.nodes.missed).toEqual([])
    expect(good.coverage?.left).toContain('sim-kitchen')

    const draft = coldChain()
    const alarm = draft.nodes.find(({ id }) => id === 'too-warm')
    if (alarm === undefined) throw new Error('The example has no alarm.')
    alarm.config = { ...alarm.config, onDelay: '7s' }
    const { tests } = await desk.run('cold-chain', { document: draft, tests: [0] })
    expect(tests).toHaveLength(1)
    expect(tests[0]).toMatchObject({ place: 0, passed: false })
    const failure = tests[0]?.failures.find(({ port }) => port === 'event')
    expect(failure).toMatchObject({ node: 'too-warm', port: 'event', text: 'too-warm.event: 0 instead of 1' })
    expect(failure?.lines[0]).toMatchObject({ kind: 'missing', place: 1 })
    expect(failure?.line).toBeGreaterThan(8)
    expect(failure?.calls.at(-1)).toContain('too-warm.in')
  }, 20_000)

  it('says the problems of the draft and of the tests, and runs nothing', async () => {
    const { desk } = deskWith()
    const text = JSON.stringify({
      flow: 'fridges',
      tests: [{ name: 'a', steps: [{ nothing: ['worm.event'], for: '1s' }] }],
    })
    const wrong = await desk.run('fridges', { document: fridges(), text })
    expect(wrong).toMatchObject({ ran: false, problems: [{ code: 'TEST_TARGET', line: 1 }] })
    const broken = await desk.run('fridges', { document: fridges('8 <'), text })
    expect(broken.ran).toBe(false)
    expect(broken.problems[0]).toMatchObject({ at: expect.stringContaining('nodes[1]') })
    expect(broken.problems[0]).not.toHaveProperty('line')
  })
})

describe('a test from recorded messages', () => {
  const messages = [
    { after: 0, topic: 'fridges/bar', payload: { c: 4 } },
    { after: 60_000, topic: 'fridges/bar', payload: { c: 9.5 } },
    { after: 120_000, topic: 'fridges/bar', payload: { c: 5 } },
  ]

  it('expects what came of them, without times and ids, passes, and fails when the rule changes', async () => {
    const { desk } = deskWith()
    const made = await desk.record('fridges', { document: fridges(), name: 'bar', messages, advance: '1m' })
    expect(made).toMatchObject({ problems: [], unstable: [] })
    const test = JSON.parse(made.text ?? '')
    expect(test.name).toBe('bar')
    expect(test.steps.slice(0, 2)).toEqual([
      { publish: 'fridges/bar', payload: { c: 4 } },
      { at: '+1m', publish: 'fridges/bar', payload: { c: 9.5 } },
    ])
    const [raised] = test.steps[2].expect.alarms
    expect(raised).toMatchObject({ at: '+1m5s', node: 'warm', key: 'bar', transition: 'RAISED', value: 9.5 })
    expect(test.steps[2].expect.published).toHaveLength(2)
    expect(made.text).not.toMatch(/\d{13}/)

    const text = JSON.stringify({ flow: 'fridges', tests: [test] })
    expect((await desk.run('fridges', { document: fridges(), text })).tests[0]?.passed).toBe(true)
    const changed = await desk.run('fridges', { document: fridges('> 10'), text })
    expect(changed.tests[0]?.passed).toBe(false)
    expect(changed.tests[0]?.failures).toContainEqual(expect.objectContaining({ node: 'warm' }))
  })

  it('expects nothing for a time when nothing comes, and leaves out the nodes that are named', async () => {
    const { desk } = deskWith()
    const first = messages.slice(0, 1)
    const quiet = await desk.record('fridges', { document: fridges(), name: 'quiet', messages: first, advance: '10m' })
    expect(quiet.expected).toBe(0)
    expect(JSON.parse(quiet.text ?? '').steps.at(-1)).toMatchObject({ nothing: expect.any(Array), for: '10m' })
    expect(quiet.unstable).toEqual([])
    const without = { document: fridges(), name: 'no alarm', messages, disable: ['warm'] }
    const made = JSON.parse((await desk.record('fridges', without)).text ?? '')
    expect(made.disable).toEqual(['warm'])
  })

  it('takes messages straight to input ports, and keeps what the file says for all its tests', async () => {
    const { desk, flows } = deskWith()
    const file = { flow: 'fridges', disable: ['tell'], tests: [{ name: 'a', steps: [{ at: '+1s' }] }] }
    writeFileSync(join(flows, 'fridges.test.json'), JSON.stringify(file))
    const sent = { after: 0, topic: 'fridges/bar', payload: { c: 9 }, to: ['warm.in'] }
    const made = await desk.record('fridges', { document: fridges(), name: 'sent', messages: [sent], advance: '6s' })
    expect(made.problems).toEqual([])
    const test = JSON.parse(made.text ?? '')
    expect(test).not.toHaveProperty('disable')
    expect(test.steps[0].send).toEqual({ 'warm.in': { topic: 'fridges/bar', payload: { c: 9 }, key: 'fridges/bar' } })
    expect(made.unstable).toEqual([])
  })
})
