import { type CommandLineSetting, checkSetting, commandLineSettings, type Given } from '../config/index.ts'
import { choice, flag, integer, type Option, OptionFault, type Options, text, texts } from './option.ts'
import type { Source } from './parse.ts'

/** The options that the table of settings asks for. */
export function settingOptions(): Options {
  return Object.fromEntries(commandLineSettings().map((setting) => [setting.line.flag, optionOf(setting)]))
}

/** What was written on the command line or in the environment, by its place in the file. */
export function givenSettings(
  values: Readonly<Record<string, unknown>>,
  sources: Readonly<Record<string, Source>>,
): Given[] {
  return commandLineSettings().flatMap(({ path, line }) => {
    const source = sources[line.flag]
    if (source === undefined || source === 'fallback') return []
    const from = source === 'option' ? `--${line.flag}` : line.variable
    const value = values[line.flag]
    if (line.pairs === undefined) return [{ path, value, from }]
    // the option's check has let through NAME=VALUE only
    return (value as readonly string[]).map((pair) => {
      const at = pair.indexOf('=')
      return { path: [...path, pair.slice(0, at), line.pairs ?? ''], value: pair.slice(at + 1), from }
    })
  })
}

function optionOf({ path, schema, line }: CommandLineSetting): Option<unknown> {
  const { variable, value = 'TEXT' } = line
  const help = line.help ?? schema.description ?? ''
  const about = { help, variable, ...(line.shown === undefined ? {} : { shown: line.shown }) }
  const fallback = schema.default
  if (line.pairs !== undefined)
    return texts({ ...about, value, check: (pair) => checkPair(pair, path, line.pairs ?? '') })
  if (schema.enum !== undefined) {
    const words = schema.enum.map(String)
    return choice({ ...about, words, fallback: String(fallback) })
  }
  switch (schema.type) {
    case 'boolean':
      return flag(about)
    case 'integer': {
      const { minimum: least = 0, maximum: most = Number.MAX_SAFE_INTEGER } = schema
      return integer({ ...about, value, least, most, fallback: fallback as number | undefined }) // an integer by its schema
    }
    case 'array':
      return texts({ ...about, value, check: (entry) => refuse(checkSetting(path, [entry])) })
    default:
      return checkedText(text({ ...about, value, fallback: fallback as string | undefined }), path) // text by its schema
  }
}

function checkedText(option: Option<string | undefined>, path: readonly string[]): Option<unknown> {
  return {
    ...option,
    read: (given) => {
      // its own check tells more of an empty text than that it is empty
      refuse(checkSetting(path, given.at(-1) ?? ''))
      return option.read(given)
    },
  }
}

/** The entry `default` has options of its own. */
function checkPair(pair: string, path: readonly string[], field: string): void {
  const at = pair.indexOf('=')
  const [name, value] = [pair.slice(0, Math.max(at, 0)), pair.slice(at + 1)]
  if (at > 0 && name !== 'default' && checkSetting([...path, name, field], value) === undefined) return
  throw new OptionFault('that is no name with a URL', 'Write it as plant=mqtt://10.0.0.5:1883; "default" is --broker.')
}

function refuse(fault: { detail: string; wanted: string } | undefined): void {
  if (fault !== undefined) throw new OptionFault(fault.detail, fault.wanted)
}
