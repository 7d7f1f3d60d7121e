import { describe, expect, test } from 'vitest'
import { commands } from '../../engine/cli/run.ts'
import { rulewire } from './terminal.ts'

describe('help', () => {
  test('without a command it is shown as an error', async () => {
    const { code, out, err } = await rulewire([])
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain('rulewire COMMAND')
  })

  test.each([['--help'], ['-h'], ['help']])('%s lists all commands', async (word) => {
    const { code, out } = await rulewire([word])
    expect(code).toBe(0)
    for (const { name, summary } of commands)
      expect(out).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'))
  })

  test.each(commands.map((command) => [command.name, command] as const))(
    'of %s shows every option with its variable',
    async (name, command) => {
      const { code, out } = await rulewire([name, '--help'])
      expect(code).toBe(0)
      expect(out).toBe((await rulewire(['help', name])).out)
      expect(out).toBe((await rulewire([name, 'x', '--bogus', '-h'])).out)
      const { borrowed } = command
      const text = out.replaceAll(/\s+/g, ' ')
      for (const [option, { variable, help, shown }] of Object.entries(command.options)) {
        if (Object.hasOwn(borrowed?.options ?? {}, option)) continue
        expect(text).toContain(`--${option}`)
        expect(text).toContain(help)
        if (variable !== undefined) expect(text).toContain(variable)
        if (shown !== undefined) expect(text).toContain(`default ${shown}`)
      }
      if (borrowed !== undefined) expect(text).toContain(`And the options of "rulewire ${borrowed.from}".`)
      for (const line of out.split('\n')) expect(line).toBe(line.trimEnd())
      // one long word or the examples of a command may be wider
      const table = out.slice(out.indexOf('Options:'), out.indexOf('  --version'))
      for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
    },
  )

  test.each([[['--version']], [['-v']], [['start', '--version']], [['check', '--version']]])(
    '%j tells the version',
    async (args) => {
      expect(await rulewire(args)).toEqual({
        code: 0,
        out: expect.stringMatching(/^rulewire \d+\.\d+\.\d+\n$/),
        err: '',
      })
    },
  )
})

describe('a command line that is wrong ends with 2 and says what to write', () => {
  test.each<[string[], string, string]>([
    [['strat'], 'UNKNOWN_COMMAND', 'did you mean "start"?'],
    [['frobnicate'], 'UNKNOWN_COMMAND', 'The commands are: start, check, test, '],
    [['help', 'chekc'], 'UNKNOWN_COMMAND', 'did you mean "check"?'],
    [['config', 'chek'], 'UNKNOWN_COMMAND', 'did you mean "check"?'],
    [['config', 'print', 'x'], 'SURPLUS_ARGUMENT', 'takes no "x"'],
    [['dead-letters', 'lsit'], 'UNKNOWN_COMMAND', 'did you mean "list"?'],
    [['--verison'], 'UNKNOWN_OPTION', 'did you mean "--version"?'],
    [['check', '--tpyes', 'x.json'], 'UNKNOWN_OPTION', 'did you mean "--types"?'],
    [['start', '-p', '1'], 'UNKNOWN_OPTION', '"-p"'],
    [['start', '--constructor'], 'UNKNOWN_OPTION', '--constructor'],
    [['start', '--port'], 'OPTION_NEEDS_VALUE', 'Write --port PORT.'],
    [['start', '--flows', '--port', '1'], 'OPTION_NEEDS_VALUE', '--flows needs a value'],
    [['check', '--types=yes', 'x'], 'OPTION_TAKES_NONE', '"yes"'],
    [['check'], 'MISSING_ARGUMENT', 'Write: rulewire check FILE... [--types] [--json]'],
    [['nodes', 'filter', 'switch'], 'SURPLUS_ARGUMENT', 'takes no "switch"'],
    [['start', 'now'], 'SURPLUS_ARGUMENT', 'takes no "now"'],
    [['dead-letters', 'show'], 'MISSING_ARGUMENT', 'an id'],
    [['dead-letters', 'show', '1', '2'], 'SURPLUS_ARGUMENT', '"2"'],
    [['dead-letters', 'drop', '1', 'x'], 'SURPLUS_ARGUMENT', '"x"'],
    [['dead-letters', 'list', '5'], 'SURPLUS_ARGUMENT', '"5"'],
    [['dead-letters', 'retry', '1', '--payload', '{a}'], 'OPTION_VALUE', 'that is not JSON'],
  ])('%j: %s', async (args, code, part) => {
    const result = await rulewire(args)
    expect(result.code).toBe(2)
    expect(result.out).toBe('')
    expect(result.err).toMatch(new RegExp(`^rulewire: ${code} `))
    expect(result.err).toContain(part)
    expect(result.err).not.toContain('    at ')
  })

  test.each<[string, string[], string]>([
    ['--port', ['65536', '-1', '1.5', '1e3', 'x', ''], 'from 0 to 65535'],
    ['--mqtt-port', ['65536', 'mqtt'], 'from 0 to 65535'],
    ['--broker', ['http://x', 'localhost:1883', 'mqtt:x', 'mqtt://', '127.0.0.1', ''], 'mqtt://127.0.0.1:1883'],
    ['--durability', ['none', 'FULL', ''], 'full, normal'],
    ['--log-level', ['verbose', ''], 'debug, info, warn, error'],
    ['--log-format', ['xml'], 'text, json'],
    ['--allowed-host', ['http://x', 'a b', 'a,/', ''], ''],
    ['--flows', [''], ''],
    ['--data', [''], ''],
  ])('%s is none of %j', async (option, wrong, wanted) => {
    for (const value of wrong) {
      const result = await rulewire(['start', `${option}=${value}`])
      expect(result.code, value).toBe(2)
      expect(result.err).toContain(`rulewire: OPTION_VALUE ${option} is "${value}": `)
      expect(result.err).toContain(wanted)
    }
  })

  test.each<[string, string]>([
    ['RULEWIRE_PORT', '99999'],
    ['RULEWIRE_MQTT_PORT', 'x'],
    ['RULEWIRE_BROKER', 'ftp://x'],
    ['RULEWIRE_DURABILITY', 'some'],
    ['RULEWIRE_WITHOUT_LOGIN', 'perhaps'],
    ['RULEWIRE_LOG_LEVEL', 'loud'],
  ])('a wrong %s is named as the variable that it is', async (variable, value) => {
    const { code, err } = await rulewire(['start'], { [variable]: value })
    expect(code).toBe(2)
    expect(err).toContain(`rulewire: OPTION_VALUE ${variable} is "${value}": `)
  })

  test.each([['0.0.0.0'], ['::'], ['192.168.1.5'], ['rules.example']])(
    'C2: --host %s is refused unless told in words',
    async (host) => {
      const { code, err } = await rulewire(['start', '--host', host])
      expect(code).toBe(2)
      expect(err).toContain('rulewire: INSECURE_HTTP ')
      expect(err).toContain('--without-login')
      const open = await rulewire(['start', '--host', host, '--insecure-http'])
      expect(open.err).toContain('rulewire: INSECURE_MQTT The MQTT broker')
    },
  )
})

describe('nodes', () => {
  test('are listed with their summaries, and one is shown whole', async () => {
    const list = await rulewire(['nodes'])
    expect(list.code).toBe(0)
    expect(list.out).toMatch(/^ {2}mqtt-in +Receives /m)
    const one = await rulewire(['nodes', 'filter'])
    expect(one.out).toContain('Filter (filter)')
    expect(one.out).toContain('Outputs')
  })

  test('an unknown one is an error that names the nearest', async () => {
    const { code, err } = await rulewire(['nodes', 'fliter'])
    expect(code).toBe(1)
    expect(err).toContain('did you mean "filter"?')
  })
})
