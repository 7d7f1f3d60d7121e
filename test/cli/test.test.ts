import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../engine/cli/run.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'
import { fakeTerminal, rulewire } from './terminal.ts'

const { path: root, remove } = temporaryDirectory('rule-tests')
afterAll(remove)

const flow = {
  flow: 'warm',
  nodes: [
    { id: 'in', type: 'mqtt-in', config: { topic: 'rooms/{room}' } },
    { id: 'warm', type: 'filter', config: { when: 'payload > 20' } },
  ],
  wires: [{ from: 'in.out', to: 'warm.in' }],
}

let count = 0
let directory = ''
beforeEach(() => {
  directory = join(root, String(count++))
  mkdirSync(directory)
})

/** Writes the flow and a test that sends 21 and expects a payload. */
function files(expected: unknown): string {
  writeFileSync(join(directory, 'warm.json'), JSON.stringify(flow))
  const steps = [{ publish: 'rooms/a', payload: 21 }, { expect: { 'warm.pass': [{ payload: expected }] } }]
  const text = JSON.stringify({ flow: 'warm', tests: [{ name: 'a <warm> room', steps }] }, null, 2)
  writeFileSync(join(directory, 'warm.test.json'), text)
  return join(directory, 'warm.test.json')
}

describe('rulewire test', () => {
  test('prints a line for each test, and what was reached', async () => {
    const file = files(21)
    const { code, out, err } = await rulewire(['test', directory])
    expect([code, err]).toEqual([0, ''])
    expect(out.replace(/\d+ ms/, 'N ms')).toBe(
      `${file}\n  ✓ a <warm> room +0s\n  nodes 2 of 2, output ports 2 of 3\n  not used: warm.reject\n1 file, 1 test, 0 failed, N ms\n`,
    )
  })

  test('takes the file of the flow for the tests beside it', async () => {
    files(21)
    expect((await rulewire(['test', join(directory, 'warm.json')])).code).toBe(0)
  })

  test('shows place, expected and found, and the calls before, and ends with 1', async () => {
    const file = files(22)
    const { code, out } = await rulewire(['test', file])
    expect(code).toBe(1)
    expect(out).toContain(`  ✗ a <warm> room +0s
    ${file}:13:13
    step 2, at +0s: warm.pass: not as expected
      1   payload  (+0s)
        - 22
        + 21
      last on the wire:
        +0s warm.in 21 → pass 21
`)
    expect(out).toContain('1 file, 1 test, 1 failed, ')
  })

  test('colours expected and found where the terminal shows colours', async () => {
    const terminal = fakeTerminal({}, true)
    await run(['test', files(22)], terminal)
    expect(terminal.output).toContain('\u001b[32m    - 22\u001b[39m')
    expect(terminal.output).toContain('\u001b[31m    + 21\u001b[39m')
  })

  test('writes JUnit XML', async () => {
    const junit = join(directory, 'out.xml')
    await rulewire(['test', files(22), '--junit', junit])
    const xml = readFileSync(junit, 'utf8')
    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="rulewire" tests="1" failures="1" errors="0">/,
    )
    expect(xml).toContain(
      '<testcase classname="warm" name="a &lt;warm&gt; room">\n      <failure message="warm.pass: not as expected" type="unexpected">',
    )
    const { code, err } = await rulewire(['test', files(21), '--junit', join(directory, 'not', 'there.xml')])
    expect(code).toBe(1)
    expect(err).toContain('FILE_UNWRITABLE')
  })

  test('tells problems of a file like check, which reads it too when it is named', async () => {
    const file = files(21)
    writeFileSync(file, readFileSync(file, 'utf8').replace('warm.pass', 'warm.pas'))
    const { code, out } = await rulewire(['test', file, '--junit', join(directory, 'out.xml')])
    const wanted = `${file}:13:13 error TEST_TARGET The flow "warm" has no output "warm.pas" in this test; did you mean "warm.pass"?\n`
    expect(out).toContain(wanted)
    expect(out).toContain('1 file, 0 tests, 0 failed, 1 file with problems, ')
    expect(code).toBe(1)
    expect(readFileSync(join(directory, 'out.xml'), 'utf8')).toContain('<error message="The flow &quot;warm&quot;')
    const checked = await rulewire(['check', file, directory])
    expect(checked.out).toContain(wanted)
    expect(checked.out).toContain('2 files, 1 error, 0 warnings')
  })

  test('tells a flow that is not there at its name, and a directory without tests', async () => {
    const file = join(directory, 'x.test.json')
    writeFileSync(file, JSON.stringify({ flow: 'gone', tests: [{ name: 'a', steps: [{ forget: true }] }] }))
    expect((await rulewire(['test', file])).out).toMatch(/x\.test\.json:1:2 error FILE_UNREADABLE .*gone\.json /)
    mkdirSync(join(directory, 'empty'))
    const { code, err } = await rulewire(['test', join(directory, 'empty')])
    expect([code, err]).toEqual([1, expect.stringContaining('NO_RULE_TESTS There are no rule tests in ')])
  })

  test('with --watch runs again after a change, and goes on over a file that is broken', async () => {
    const file = files(22)
    const terminal = fakeTerminal()
    const ended = run(['test', directory, '--watch'], terminal)
    const waits = () => terminal.output.split('Waiting for changes').length - 1
    await until(() => waits() === 1, 'the first run')
    expect(terminal.output).toContain('1 failed')
    writeFileSync(file, '{')
    await until(() => terminal.output.includes('BROKEN_JSON'), 'the second run')
    files(21)
    await until(() => terminal.output.includes('✓'), 'the third run')
    await until(() => terminal.output.trimEnd().endsWith('Ctrl-C ends.'), 'the end of it')
    terminal.signal('SIGINT')
    expect(await ended).toBe(0)
  })
})
