import { describe, expect, test } from 'vitest'
import { flag, integer, text, texts } from '../../engine/cli/option.ts'
import { parse } from '../../engine/cli/parse.ts'
import { strayVariables } from '../../engine/cli/variables.ts'

const options = {
  name: text({ value: 'NAME', variable: 'T_NAME', fallback: 'none', help: '' }),
  count: integer({ value: 'N', variable: 'T_COUNT', fallback: 3, least: 1, most: 9, help: '' }),
  quick: flag({ variable: 'T_QUICK', help: '' }),
  host: texts({ value: 'HOST', variable: 'T_HOSTS', help: '' }),
}

const read = (args: string[], env: Record<string, string> = {}) =>
  parse({ command: 'test', options, arguments: args, env })

describe('values', () => {
  test('come from the command line before the environment, and from the environment before the table', () => {
    const parsed = read(['--count', '5'], { T_COUNT: '7', T_NAME: 'env' })
    expect(parsed.values).toEqual({ name: 'env', count: 5, quick: false, host: [] })
    expect(parsed.sources).toEqual({ name: 'variable', count: 'option', quick: 'fallback', host: 'fallback' })
  })

  test('an empty variable counts as none', () => {
    expect(read([], { T_NAME: '', T_QUICK: '' }).values).toMatchObject({ name: 'none', quick: false })
  })

  test('the last of several counts, unless they are collected', () => {
    const { values } = read(['--count=1', '--count', '2', '--host', 'a', '--host=b,c'])
    expect(values).toMatchObject({ count: 2, host: ['a', 'b', 'c'] })
  })

  test.each([
    ['1', true],
    ['TRUE', true],
    ['yes', true],
    ['0', false],
    ['no', false],
  ])('a switch in the environment is on or off: %s', (word, on) => {
    expect(read([], { T_QUICK: word }).values.quick).toBe(on)
  })

  test('everything behind -- is a word', () => {
    expect(read(['a', '--quick', '--', '--name', 'b']).words).toEqual(['a', '--name', 'b'])
  })

  test('a value may begin with a dash when it is no option', () => {
    expect(read(['--name=-x']).values.name).toBe('-x')
    expect(read(['--name', '-']).values.name).toBe('-')
  })
})

test('variables of ours that nothing reads are named with what was meant', () => {
  const env = { RULEWIRE_PROT: '1', RULEWIRE_PORT: '2', RULEWIRE_SECRET_SMTP: 'x', PATH: '/bin' }
  expect(strayVariables(env, ['RULEWIRE_PORT', 'RULEWIRE_HOST'])).toEqual([
    'The variable RULEWIRE_PROT is set and nothing reads it; did you mean "RULEWIRE_PORT"?',
  ])
})
