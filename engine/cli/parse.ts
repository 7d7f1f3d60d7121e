import { parseArgs } from 'node:util'
import { rulewireError, suggestion } from '../errors.ts'
import { withoutLogin } from '../flow/words.ts'
import { type Option, OptionFault, type Options, type Values } from './option.ts'

/** Where a value came from: the command line, the environment, or the table. */
export type Source = 'option' | 'variable' | 'fallback'

export interface Parsed<Given extends Options> {
  values: Values<Given>
  sources: Readonly<Record<string, Source>>
  /** What stood there beside the options. */
  words: string[]
}

export interface ParseInput<Given extends Options> {
  /** For the hints: `start`. */
  command: string
  options: Given
  arguments: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}

/**
 * Reads the options of a command from its arguments and the environment. Throws UNKNOWN_OPTION, OPTION_NEEDS_VALUE,
 * OPTION_TAKES_NONE and OPTION_VALUE, which names the option or the variable that the value came from.
 */
export function parse<Given extends Options>(input: ParseInput<Given>): Parsed<Given> {
  const { given, words } = readArguments(input)
  const values: Record<string, unknown> = {}
  const sources: Record<string, Source> = {}
  for (const [name, option] of Object.entries(input.options)) {
    const found = given.get(name)
    const variable = option.variable === undefined ? undefined : input.env[option.variable]
    if (found !== undefined) {
      values[name] = readValue(option, `--${name}`, found)
      sources[name] = 'option'
    } else if (variable !== undefined && variable !== '') {
      values[name] = readValue(option, option.variable ?? '', [variable])
      sources[name] = 'variable'
    } else {
      values[name] = option.fallback
      sources[name] = 'fallback'
    }
  }
  // every option of the table was just read by itself
  return { values: values as Values<Given>, sources, words }
}

function readArguments({ command, options, arguments: args }: ParseInput<Options>) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      { type: option.value === undefined ? 'boolean' : 'string' } as const,
    ]),
  )
  const { tokens } = parseArgs({ args: [...args], options: config, strict: false, tokens: true })
  const given = new Map<string, string[]>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined || !token.rawName.startsWith('--')) throw unknownOption(token.rawName, command, options)
    const text = token.inlineValue === false && isOption(token.value) ? undefined : token.value
    given.set(token.name, [...(given.get(token.name) ?? []), textOf(option, token.rawName, text)])
  }
  return { given, words }
}

/** A value that looks like an option was meant as one: `--flows --port 1`. */
function isOption(value: string | undefined): boolean {
  return value !== undefined && /^--?[a-z]/i.test(value)
}

function textOf(option: Option<unknown>, name: string, value: string | undefined): string {
  if (option.value === undefined) {
    if (value === undefined) return '1'
    throw rulewireError('OPTION_TAKES_NONE', { option: name, found: value })
  }
  if (value === undefined) throw rulewireError('OPTION_NEEDS_VALUE', { option: name, value: option.value })
  return value
}

function readValue(option: Option<unknown>, name: string, given: readonly string[]): unknown {
  try {
    return option.read(given)
  } catch (cause) {
    if (!(cause instanceof OptionFault)) throw cause
    const values = {
      option: name,
      found: withoutLogin(given.at(-1) ?? ''),
      detail: cause.message,
      wanted: cause.wanted,
    }
    throw rulewireError('OPTION_VALUE', values, { cause })
  }
}

function unknownOption(found: string, command: string, options: Options) {
  const names = Object.keys(options).map((name) => `--${name}`)
  return rulewireError('UNKNOWN_OPTION', { option: found, suggestion: suggestion(found, names), command })
}
