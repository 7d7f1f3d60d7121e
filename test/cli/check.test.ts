import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../engine/cli/run.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { fakeTerminal, rulewire } from './terminal.ts'

let directory: string
let remove: () => void
beforeEach(() => {
  const made = temporaryDirectory('cli')
  directory = made.path
  remove = made.remove
})
afterEach(() => remove())

const file = (name: string, content: unknown) => {
  const path = join(directory, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const flow = (name: string, nodes: unknown[] = [], wires: unknown[] = []) => ({ flow: name, nodes, wires })
const note = { id: 'note', type: 'comment', config: { text: 'hello' } }

describe('check', () => {
  test('a flow without problems ends with 0 and counts', async () => {
    expect(await rulewire(['check', file('one.json', flow('one', [note]))])).toEqual({
      code: 0,
      out: '1 file, 0 errors, 0 warnings\n',
      err: '',
    })
  })

  test('every problem has file, line, column, code, text and hint', async () => {
    const path = file('one.json', '{\n  "flow": "one",\n  "nods": [],\n  "nodes": [],\n  "wires": []\n}\n')
    const { code, out } = await rulewire(['check', path])
    expect(code).toBe(1)
    const [head = '', hint = '', count] = out.split('\n')
    expect(head).toBe(`${path}:3:3 error UNKNOWN_FIELD There is no field "nods" here; did you mean "nodes"?`)
    expect(hint).toMatch(/^ {2}The fields are: /)
    expect(count).toBe('1 file, 1 error, 0 warnings')
  })

  test('--json gives the same to programs, with the same exit code; with --types the types of all ports', async () => {
    const path = file('one.json', '{\n  "flow": "one",\n  "nods": [],\n  "nodes": [],\n  "wires": []\n}\n')
    const { code, out } = await rulewire(['check', '--json', path])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({
      files: 1,
      errors: 1,
      warnings: 0,
      problems: [expect.objectContaining({ file: path, line: 3, column: 3, code: 'UNKNOWN_FIELD', severity: 'error' })],
    })
    const source = { id: 'in', type: 'mqtt-in', config: { topic: 'a' } }
    const whole = await rulewire(['check', '--json', '--types', file('two.json', flow('two', [source]))])
    expect(whole.code).toBe(0)
    expect(JSON.parse(whole.out)).toMatchObject({
      problems: [],
      types: { [join(directory, 'two.json')]: { 'in.out': expect.any(String) } },
    })
  })

  test('problems of all files come in one go', async () => {
    const { code, out } = await rulewire([
      'check',
      file('a.json', '{'),
      file('b.json', flow('c')),
      file('d.json', flow('d')),
    ])
    expect(code).toBe(1)
    expect(out).toMatch(/a\.json:\d+:\d+ error BROKEN_JSON /)
    expect(out).toMatch(/b\.json:\d+:\d+ error FLOW_NAME_MISMATCH /)
    expect(out).toContain('3 files, 2 errors, 0 warnings')
  })

  test('a directory stands for the flows in it, and not for schema and tests', async () => {
    file('one.json', flow('one'))
    file('flow.schema.json', '{}')
    file('one.test.json', '{}')
    file('.hidden.json', '{')
    file('notes.txt', 'x')
    mkdirSync(join(directory, 'inner.d'))
    expect((await rulewire(['check', directory])).out).toBe('1 file, 0 errors, 0 warnings\n')
  })

  test('one flow in two files is an error', async () => {
    mkdirSync(join(directory, 'other'))
    const { code, out } = await rulewire(['check', file('one.json', flow('one')), file('other/one.json', flow('one'))])
    expect(code).toBe(1)
    expect(out).toContain('error DUPLICATE_FLOW The flow "one" stands in 2 files: ')
  })

  test('warnings alone end with 0', async () => {
    const unknown = { id: 'x', type: 'commnet', config: {} }
    const { code, out } = await rulewire(['check', file('one.json', flow('one', [unknown]))])
    expect(out).toContain('warning UNKNOWN_NODE_TYPE There is no node type "commnet"; did you mean "comment"?')
    expect(out).toContain('1 file, 0 errors, 1 warning')
    expect(code).toBe(0)
  })

  test('a file that is not there is an error, not a clean result', async () => {
    const { code, err } = await rulewire(['check', join(directory, 'missing.json')])
    expect(code).toBe(1)
    expect(err).toMatch(
      /^rulewire: FILE_UNREADABLE The file .*missing\.json cannot be read: it does not exist\.\n {2}\S/,
    )
  })

  test('colours only where the terminal shows them', async () => {
    const path = file('one.json', '{')
    const plain = fakeTerminal()
    const colored = fakeTerminal({}, true)
    await run(['check', path], plain)
    await run(['check', path], colored)
    expect(plain.output).not.toContain('\u001b')
    expect(colored.output).toContain('\u001b[31merror\u001b[39m')
  })

  test('types are printed by file and port', async () => {
    const source = { id: 'in', type: 'mqtt-in', config: { topic: 'fridges/{fridge}/climate' } }
    const path = file('one.json', flow('one', [source]))
    const { out } = await rulewire(['check', path, '--types'])
    expect(out).toMatch(new RegExp(`^${path} in\\.out: .*payload `, 'm'))
  })
})

describe('fmt', () => {
  const printed =
    '{\n  "flow": "one",\n  "nodes": [\n    { "id": "note", "type": "comment", "config": { "text": "hello" } }\n  ],\n  "wires": []\n}\n'

  test('rewrites what is not printed so, and leaves the rest', async () => {
    const path = file('one.json', flow('one', [note]))
    chmodSync(path, 0o640)
    const first = await rulewire(['fmt', path])
    expect(first).toEqual({
      code: 0,
      out: `${path} rewritten\n1 file: 1 rewritten, 0 as they should be, 0 broken\n`,
      err: '',
    })
    expect(readFileSync(path, 'utf8')).toBe(printed)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect((await rulewire(['fmt', path])).out).toBe('1 file: 0 rewritten, 1 as they should be, 0 broken\n')
    expect(readdirSync(directory)).toEqual(['one.json'])
  })

  test('--check writes nothing and ends with 1 when something is to do', async () => {
    const path = file('one.json', flow('one', [note]))
    const before = readFileSync(path, 'utf8')
    const { code, out } = await rulewire(['fmt', path, '--check'])
    expect(code).toBe(1)
    expect(out).toContain(`${path} error NOT_PRINTED `)
    expect(readFileSync(path, 'utf8')).toBe(before)
    writeFileSync(path, printed)
    expect((await rulewire(['fmt', '--check', path])).code).toBe(0)
  })

  test('a broken file is left as it is and the others are printed', async () => {
    const broken = file('a.json', '{ "flow": ')
    const good = file('one.json', flow('one', [note]))
    const { code, out, err } = await rulewire(['fmt', broken, good])
    expect(code).toBe(1)
    expect(err).toMatch(/a\.json:1:\d+ error BROKEN_JSON /)
    expect(out).toContain('2 files: 1 rewritten, 0 as they should be, 1 broken')
    expect(readFileSync(broken, 'utf8')).toBe('{ "flow": ')
  })
})
