import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { prepareFlows } from '../../engine/cli/first-start.ts'
import { parse } from '../../engine/cli/parse.ts'
import { serve } from '../../engine/cli/serve.ts'
import { readSettings } from '../../engine/cli/settings.ts'
import { firstSignal } from '../../engine/cli/signal.ts'
import { startOptions } from '../../engine/cli/start-options.ts'
import { aFlow, fakeEngine } from '../server/fake.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until } from '../tools/wait.ts'
import { fakeTerminal } from './terminal.ts'

const begin = (engine = fakeEngine(), port = '0') => {
  const terminal = fakeTerminal()
  const { settings } = readSettings(
    parse({ command: 'start', options: startOptions, arguments: ['--port', port], env: {} }),
  )
  const signal = firstSignal(terminal)
  const lines: string[] = []
  const log = (_: string, text: string) => void lines.push(text)
  const code = serve({ engine, settings, terminal, log, examples: [], signal })
  return { engine, terminal, code, lines }
}

const greeted = (terminal: { output: string }) => until(() => terminal.output.includes('Ctrl-C'), 'the greeting')

describe('start', () => {
  test('says where things are, which flows run and what to try next', async () => {
    const engine = fakeEngine()
    engine.engineNow = { version: '9.9.9', mqtt: { host: '127.0.0.1', port: 11883 } }
    const failed = {
      code: 'BAD_ID' as const,
      severity: 'error' as const,
      text: 'Bad.',
      hint: 'Mend.',
      file: 'b.json',
      line: 2,
      column: 3,
    }
    engine.flows.list = () => [aFlow, { ...aFlow, flow: 'b', title: 'b', status: 'failed', problems: [failed] }]
    const { terminal, code } = begin(engine)
    await greeted(terminal)
    const url = /API +(http:\/\/127\.0\.0\.1:\d+)\/api\/v1\n/.exec(terminal.output)?.[1]
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ ok: true, reasons: [] })
    expect(terminal.output).toContain('Rulewire 9.9.9 runs 1 flow.\n')
    expect(terminal.output).toContain('mqtt://127.0.0.1:11883 (embedded')
    expect(terminal.output).toMatch(/^ {2}cold-chain {2}running {2}Cold chain$/m)
    expect(terminal.output).toMatch(/^ {2}b {11}failed {3}\(1 error\)$/m)
    expect(terminal.output).toContain('b.json:2:3 error BAD_ID Bad.\n  Mend.\n')
    expect(terminal.output).toContain("mosquitto_sub -p 11883 -t '#' -v")
    terminal.signal('SIGTERM')
    expect(await code).toBe(0)
  })

  test('a signal ends requests, then the engine, with 0', async () => {
    const { engine, terminal, code, lines } = begin()
    await greeted(terminal)
    terminal.signal('SIGINT')
    expect(await code).toBe(0)
    expect(engine.calls.map((call) => call.name)).toEqual(['close'])
    expect(lines).toContain('SIGINT: finishing what has begun')
    expect(terminal.exits).toEqual([])
  })

  test('a second signal ends at once with 130', async () => {
    const engine = fakeEngine()
    const closing = Promise.withResolvers<void>()
    engine.close = () => closing.promise
    const { terminal, code } = begin(engine)
    await greeted(terminal)
    terminal.signal('SIGTERM')
    terminal.signal('SIGTERM')
    expect(terminal.exits).toEqual([130])
    closing.resolve()
    expect(await code).toBe(0)
  })

  test('a signal before all is started ends it as well', async () => {
    const { engine, terminal, code } = begin()
    terminal.signal('SIGTERM')
    expect(await code).toBe(0)
    expect(engine.calls.map((call) => call.name)).toEqual(['close'])
  })

  test('a taken port is an error, and the engine is closed', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await nextEvent(other, 'listening')
    const address = other.address()
    const { engine, code } = begin(undefined, String(typeof address === 'object' ? address?.port : 0))
    await expect(code).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    expect(engine.calls.map((call) => call.name)).toEqual(['close'])
    other.close()
  })
})

describe('the first start', () => {
  const examples = temporaryDirectory('examples').path
  writeFileSync(join(examples, 'cold-chain.json'), '{}')
  writeFileSync(join(examples, 'flow.schema.json'), '{}')

  test('makes the default flows directory with the examples and names them', () => {
    const { path } = temporaryDirectory('first')
    const made = prepareFlows(join(path, 'flows'), 'default', examples)
    expect(made).toEqual(['cold-chain.json', 'flow.schema.json'])
    expect(readFileSync(join(path, 'flows', 'cold-chain.json'), 'utf8')).toBe('{}')
    expect(readdirSync(path)).toEqual(['flows'])
  })

  test('leaves a directory that is there as it is, even when it is empty', () => {
    const { path } = temporaryDirectory('first')
    mkdirSync(join(path, 'flows'))
    expect(prepareFlows(join(path, 'flows'), 'default', examples)).toEqual([])
    expect(readdirSync(join(path, 'flows'))).toEqual([])
  })

  test('a file where the directory should be is an error that says where it was named', () => {
    const file = join(temporaryDirectory('first').path, 'flows.json')
    writeFileSync(file, '{}')
    expect(() => prepareFlows(file, '--flows', examples)).toThrow(
      expect.objectContaining({ code: 'FLOWS_NO_DIRECTORY', hint: expect.stringContaining('--flows') }),
    )
  })

  test.each([['--flows'], ['RULEWIRE_FLOWS'], ['rulewire.json:2:3']])(
    'a directory that was named by %s and is not there is an error',
    (name) => {
      const { path } = temporaryDirectory('first')
      const call = () => prepareFlows(join(path, 'flwos'), name, examples)
      expect(call).toThrow(expect.objectContaining({ code: 'FLOWS_MISSING', hint: expect.stringContaining(name) }))
      expect(existsSync(join(path, 'flwos'))).toBe(false)
    },
  )
})
