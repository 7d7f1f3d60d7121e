import { Failure } from '../errors.ts'
import type { State } from '../state.ts'
import { stringify } from '../text.ts'
import { number, optional, text, texts } from './arguments.ts'
import { define } from './define.ts'
import type { BuiltIn } from './table.ts'

/** Makes a function of one string that leaves a missing one missing. */
function ofText(name: string, type: 's' | 'n', calculate: (value: string) => string | number): BuiltIn {
  return define([name, `<s-:${type}>`, 1], ([value], _input, _frame, state) => {
    if (value === undefined) return undefined
    const source = text(value)
    state.charge(source.length >> 4)
    const result = calculate(source)
    if (typeof result === 'string') state.text(result.length)
    return result
  })
}

export const stringFunctions: readonly BuiltIn[] = [
  define(
    ['string', '<x-b?:s>', 1],
    ([value, isPretty], _input, _frame, state) => stringify(value, isPretty === true, state),
    { parameters: 2 },
  ),
  define(['substring', '<s-nn?:s>', 3], ([source, start, length], _input, _frame, state) => {
    if (source === undefined) return undefined
    state.charge(text(source).length >> 4)
    return substring(text(source), start === undefined ? Number.NaN : number(start), optional(number, length))
  }),
  define(['substringBefore', '<s-s:s>', 2], ([source, chars], _input, _frame, state) =>
    source === undefined ? undefined : splitOnce(text(source), chars, state)[0],
  ),
  define(['substringAfter', '<s-s:s>', 2], ([source, chars], _input, _frame, state) =>
    source === undefined ? undefined : splitOnce(text(source), chars, state)[1],
  ),
  ofText('lowercase', 's', (value) => value.toLowerCase()),
  ofText('uppercase', 's', (value) => value.toUpperCase()),
  ofText('length', 'n', characters),
  ofText('trim', 's', (value) =>
    value
      .replaceAll(/[ \t\n\r]+/g, ' ')
      .replace(/^ /, '')
      .replace(/ $/, ''),
  ),
  define(['pad', '<s-ns?:s>', 3], ([source, width, char], _input, _frame, state) =>
    source === undefined
      ? undefined
      : pad(text(source), Math.trunc(optional(number, width) ?? Number.NaN), { char: optional(text, char), state }),
  ),
  define(['join', '<a<s>s?:s>', 2], ([items, separator], _input, _frame, state) =>
    items === undefined ? undefined : join(texts(items), optional(text, separator) ?? '', state),
  ),
  ofText('base64encode', 's', (value) => Buffer.from(value, 'latin1').toString('base64')),
  ofText('base64decode', 's', (value) => Buffer.from(value, 'base64').toString('latin1')),
  ofUrl('encodeUrlComponent', encodeURIComponent),
  ofUrl('encodeUrl', encodeURI),
  ofUrl('decodeUrlComponent', decodeURIComponent),
  ofUrl('decodeUrl', decodeURI),
]

function ofUrl(functionName: string, convert: (value: string) => string): BuiltIn {
  return ofText(functionName, 's', (value) => {
    try {
      return convert(value)
    } catch (cause) {
      throw new Failure('D3140', { value, functionName, cause })
    }
  })
}

const surrogate = /[\ud800-\udfff]/

/** Code points of a string, of which a character can have two code units. */
export function characters(value: string): number {
  if (!surrogate.test(value)) return value.length
  let count = 0
  for (const _ of value) count++
  return count
}

/** Part of a string, counted in characters; a negative start counts from the end. */
export function substring(source: string, start: number, length: number | undefined): string {
  const chars: { length: number; slice(from: number, to?: number): string | string[] } = surrogate.test(source)
    ? [...source]
    : source
  const from = chars.length + start < 0 ? 0 : start
  if (length !== undefined && length <= 0) return ''
  const to = length === undefined ? undefined : from >= 0 ? from + length : chars.length + from + length
  const part = chars.slice(from, to)
  return typeof part === 'string' ? part : part.join('')
}

/** What stands before and after the first occurrence; both the whole string when there is none. */
function splitOnce(source: string, chars: unknown, state: State): [string, string] {
  state.charge(source.length >> 4)
  const wanted = chars === undefined ? 'undefined' : text(chars)
  const at = source.indexOf(wanted)
  return at < 0 ? [source, source] : [source.slice(0, at), source.slice(at + wanted.length)]
}

interface PadOptions {
  readonly char: string | undefined
  readonly state: State
}

/** Fills up to a width: behind the string, or before it when the width is negative. */
function pad(source: string, width: number, { char, state }: PadOptions): string {
  const missing = Math.abs(width) - characters(source)
  if (!(missing > 0)) return source
  const unit = [...(char === undefined || char === '' ? ' ' : char)]
  state.text(source.length + Math.ceil((missing * unit.join('').length) / unit.length))
  const whole = Math.floor(missing / unit.length)
  const padding = unit.join('').repeat(whole) + unit.slice(0, missing - whole * unit.length).join('')
  return width > 0 ? source + padding : padding + source
}

/** Joins strings; looks at the length first. */
function join(items: readonly string[], separator: string, state: State): string {
  let length = separator.length * Math.max(0, items.length - 1)
  for (const item of items) length += item.length
  state.charge(items.length >> 3)
  state.text(length)
  return items.join(separator)
}
